//! Bounds that no path meets: which path comes closest, and at which other size of the image none is missed.

use std::collections::BTreeMap;

use super::{Bounded, Level};
use crate::cost;
use crate::count::{Graph, Window};
use crate::ir::{Ir, Path};
use crate::space::{Metric, RESOLUTION, Require};

/// Sizes of images that are proposed are multiples of this: most networks halve five times.
pub(super) const SIZE_STEP: u32 = 32;

/// Where the resolution is the compiler's choice: the end of the list that comes closest.
pub(super) fn telling_level(space: &Bounded, level: Level, listed: &[u32]) -> Level {
    let ends = [listed[0], listed[listed.len() - 1]];
    if ends[0] == ends[1] || level.graph.decides_resolution() {
        return level;
    }
    let misses = |resolution: u32, side: Side| {
        let level = space.level(resolution).ok()?;
        let missed = |window| Miss::of(&level, window).is_some_and(|miss| miss.side == side);
        space.windows.iter().any(missed).then_some(level)
    };
    misses(ends[0], Side::Dear)
        .or_else(|| misses(ends[1], Side::Cheap))
        .unwrap_or(level)
}

/// On which side of a window all paths lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Even the smallest path is above it.
    Dear,
    /// Even the largest path is below it.
    Cheap,
}

/// A window that all paths miss on one side.
pub(super) struct Miss {
    pub(super) window: Window,
    pub(super) side: Side,
    /// The path that comes closest, and its cost.
    pub(super) path: Path,
    pub(super) cost: u64,
}

impl Miss {
    pub(super) fn of(level: &Level, window: &Window) -> Option<Miss> {
        let graph = &level.bounded;
        let (side, cost) = missed(graph, window)?;
        let path = match side {
            Side::Dear => graph.smallest(window.metric)?,
            Side::Cheap => graph.largest(window.metric)?,
        };
        Some(Miss {
            window: *window,
            side,
            path,
            cost,
        })
    }

    /// The bound that sets the end that is missed.
    pub(super) fn require<'a>(&self, space: &'a Bounded) -> &'a Require {
        let of_metric = |(_, window): &(&Require, Window)| window.metric == self.window.metric;
        let mut bounds = space.metric_requires().filter(of_metric);
        let sets_end = |(_, window): &(&Require, Window)| match self.side {
            Side::Dear => window.high == self.window.high,
            Side::Cheap => window.low == self.window.low,
        };
        bounds
            .find(sets_end)
            .expect("a window has the ends of its bounds")
            .0
    }

    /// The nearest other size at which no window is missed, and the closest path's cost there.
    pub(super) fn other_resolution(
        &self,
        space: &Bounded,
        now: u32,
        sizes: &mut OtherSizes,
    ) -> Option<(u32, u64)> {
        if self.window.metric == Metric::Params {
            return None; // there are as many params at any size
        }
        let known = sizes.0.entry((self.side, now));
        let other = known.or_insert_with(|| OtherSize::nearest(space, self.side, now));
        let other = other.as_ref()?;
        let (least, most) = other.graph.extremes(self.window.metric)?;
        let cost = match self.side {
            Side::Dear => least,
            Side::Cheap => most,
        };
        Some((other.resolution, cost))
    }
}

/// On which side of a window all paths lie, and what the closest one costs; `None` where some are inside.
fn missed(graph: &Graph, window: &Window) -> Option<(Side, u64)> {
    let (least, most) = graph.extremes(window.metric)?;
    if least > window.high {
        Some((Side::Dear, least))
    } else if most < window.low {
        Some((Side::Cheap, most))
    } else {
        None
    }
}

/// What was found for the windows that are missed on a side at a size: they share it.
#[derive(Default)]
pub(super) struct OtherSizes(BTreeMap<(Side, u32), Option<OtherSize>>);

/// A size at which no window is missed.
struct OtherSize {
    resolution: u32,
    /// The bounds on depths and widths compiled in.
    graph: Graph,
}

impl OtherSize {
    /// The nearest to `now`, below it where paths are too dear, else above it.
    fn nearest(space: &Bounded, side: Side, now: u32) -> Option<OtherSize> {
        // A table knows the times at the listed sizes only, and those were tried.
        if space.windows.iter().any(|one| one.metric.is_time()) {
            return None;
        }
        let sizes = OtherSize::beside(space.ir, side, now);
        let misses = |graph: &Graph, is_meant: &dyn Fn(Side) -> bool| {
            let mut windows = space.windows.iter();
            windows.any(|window| missed(graph, window).is_some_and(|miss| is_meant(miss.0)))
        };
        // Counts grow with the size: behind the first size with paths near enough others are only farther
        // on the other side.
        let is_far = |&size: &u32| {
            OtherSize::at(space, size).is_some_and(|one| misses(&one.graph, &|miss| miss == side))
        };
        let nearest = sizes.partition_point(is_far);
        let other = OtherSize::at(space, *sizes.get(nearest)?)?;
        (!misses(&other.graph, &|_| true)).then_some(other)
    }

    /// The sizes to try, the nearest first: those of the base where a line of a derived space narrows them.
    fn beside(ir: &Ir, side: Side, now: u32) -> Vec<u32> {
        match (side, &ir.listed_by_base) {
            (Side::Dear, Some(listed)) => {
                let smaller = listed.iter().rev().filter(|size| **size < now);
                smaller.copied().collect()
            }
            (Side::Cheap, Some(listed)) => {
                let larger = listed.iter().filter(|size| **size > now);
                larger.copied().collect()
            }
            (Side::Dear, None) => {
                let steps = (1..now.div_ceil(SIZE_STEP)).rev();
                steps.map(|step| step.saturating_mul(SIZE_STEP)).collect()
            }
            (Side::Cheap, None) => {
                let steps = now / SIZE_STEP + 1..=now / SIZE_STEP + 16;
                let sizes = steps.map(|step| step.saturating_mul(SIZE_STEP));
                sizes.filter(|size| *size <= RESOLUTION).collect()
            }
        }
    }

    /// `None` where costs are beyond all numbers.
    fn at(space: &Bounded, resolution: u32) -> Option<OtherSize> {
        let costs = cost::table(space.ir, resolution);
        if !cost::table_fits(space.ir, &costs) {
            return None;
        }
        let graph = Graph::build(space.ir, &costs, space.requires).ok()?;
        Some(OtherSize { resolution, graph })
    }
}
