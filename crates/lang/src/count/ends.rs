//! The cheapest and the dearest path inside windows.
//!
//! Without windows one sweep finds them (`extremes`). With windows that is a search: the
//! stretch of costs that may still hold a better path is halved by asking for a witness.

use super::{Graph, Window, Witness};
use crate::ir::Path;
use crate::space::Metric;

/// A path at one end of what windows allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndPath {
    /// The path.
    pub path: Path,
    /// What it costs along the metric asked for.
    pub cost: u64,
    /// Whether it is proven that no path inside is nearer to that end. Where it is not, paths
    /// in some stretch of costs could neither be found nor excluded.
    pub proven: bool,
}

/// Which end is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cheapest,
    Dearest,
}

impl Graph {
    /// The cheapest path inside every window along a metric, from a `known` path inside. A
    /// second or so in ordinary spaces, more where paths near that end are rare.
    ///
    /// # Panics
    /// When the known path is none of the graph.
    pub fn cheapest_inside(&self, windows: &[Window], metric: Metric, known: &Path) -> EndPath {
        self.end_inside(windows, metric, End::Cheapest, known)
    }

    /// The dearest path inside every window along a metric, from a `known` path inside. A
    /// second or so in ordinary spaces, more where paths near that end are rare.
    ///
    /// # Panics
    /// When the known path is none of the graph.
    pub fn dearest_inside(&self, windows: &[Window], metric: Metric, known: &Path) -> EndPath {
        self.end_inside(windows, metric, End::Dearest, known)
    }

    fn end_inside(&self, windows: &[Window], metric: Metric, end: End, known: &Path) -> EndPath {
        if let Some(path) = self.free_end(windows, metric, end) {
            return path;
        }
        let cost = |path: &Path| {
            let cost = self.cost(path).expect("a path of the graph");
            cost.get(metric)
        };
        let (low, high) = self.reachable(windows, metric);
        let distance = |cost: u64| match end {
            End::Cheapest => cost - low,
            End::Dearest => high - cost,
        };
        let stretch = |near: u64, far: u64| match end {
            End::Cheapest => (low + near, low + far),
            End::Dearest => (high - far, high - near),
        };
        let mut best = known.clone();
        let mut proven = true;
        // Nothing is nearer than `from`. The first look is at the very end: where paths lie
        // dense it is enough.
        let mut from = 0;
        let mut until = 0;
        while from < distance(cost(&best)) {
            let (low, high) = stretch(from, until);
            let narrow = Window { metric, low, high };
            match self.witness(&[windows, &[narrow]].concat()) {
                Witness::Found(path) => best = path,
                Witness::Impossible => from = until + 1,
                Witness::Undecided => {
                    proven = false;
                    from = until + 1;
                }
            }
            let nearest = distance(cost(&best));
            until = from + nearest.saturating_sub(from + 1) / 2;
        }
        EndPath {
            cost: cost(&best),
            path: best,
            proven,
        }
    }

    /// The end of all paths, where it lies inside.
    fn free_end(&self, windows: &[Window], metric: Metric, end: End) -> Option<EndPath> {
        let path = match end {
            End::Cheapest => self.smallest(metric),
            End::Dearest => self.largest(metric),
        }?;
        let cost = self.cost(&path)?;
        let inside = windows.iter().all(|window| window.holds(cost));
        inside.then(|| EndPath {
            path,
            cost: cost.get(metric),
            proven: true,
        })
    }

    /// The smallest and the largest number inside the windows of a metric that a path could
    /// cost by the common divisor of all differences, for a graph with paths inside.
    fn reachable(&self, windows: &[Window], metric: Metric) -> (u64, u64) {
        let (least, most) = self.extremes(metric).expect("there is a path");
        let suffix = self.suffix_extremes(metric).least;
        let mut step = 0;
        for (from, node) in self.nodes.iter().enumerate() {
            for edge in &node.edges {
                let above = edge.cost.get(metric) + suffix[edge.to] - suffix[from];
                step = common_divisor(step, above);
            }
        }
        let of_metric = windows.iter().filter(|window| window.metric == metric);
        let (low, high) = of_metric.fold((least, most), |(low, high), window| {
            (low.max(window.low), high.min(window.high))
        });
        let step = step.max(1); // 0 where all paths cost the same
        let above = (low - least).div_ceil(step) * step;
        let below = (high - least) / step * step;
        (least + above, least + below)
    }
}

fn common_divisor(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        b => common_divisor(b, a % b),
    }
}
