//! A space with every `fit` settled, exact costs and bounds: what is trained, counted and drawn from.
//!
//! In: a lowered space and what the caller adds. Out: a [`Plan`], which holds a path
//! inside every bound, or the messages that say why there is none.

mod bounds;
mod depths;
mod fingerprint;
mod fit;
mod report;
mod spread;
mod summary;
#[cfg(test)]
mod tests;
mod values;

pub use spread::{Bin, Spread};
pub use values::ValueShare;

use crate::cost::{self, Cost};
use crate::count::{EndPath, Graph, TooManyStates, Window, Witness};
use crate::diagnostic::Diagnostic;
use crate::ir::{Ir, Path};
use crate::source::Spanned;
use crate::space::{Metric, Relation, Require};

/// What the caller adds to a space: the command line, a settings file, an arch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// Bounds beside the file's own; all hold.
    pub requires: Vec<Require>,
    /// Pins a `fit` resolution to a member of its domain (or repeats a fixed one).
    pub resolution: Option<Spanned<u32>>,
    /// Pins every `fit` depth to that of an arch of the space: its number of blocks, one a row.
    pub depths: Option<Vec<u32>>,
}

/// A settled space. Holds a witness path that meets every bound.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The space; a depth that was to be settled is one number.
    pub ir: Ir,
    /// Side of the image in pixels.
    pub resolution: u32,
    /// Cost of every candidate at that resolution: `costs[row][block][candidate]`.
    pub costs: Vec<Vec<Vec<Cost>>>,
    /// Every bound on a metric, tightened: at most one window a metric.
    pub windows: Vec<Window>,
    /// Every path of the space.
    pub graph: Graph,
    /// Every path that meets the bounds on depths; the windows are not in it.
    pub bounded_graph: Graph,
    /// A path inside every bound.
    pub witness: Path,
    /// Identity of the structure, what checkpoints depend on; 16 hex digits.
    pub weights: String,
    /// Identity of structure, resolution and bounds; 16 hex digits.
    pub fingerprint: String,
}

impl Plan {
    /// Exact cost of a path of this plan's space.
    pub fn cost(&self, path: &Path) -> Cost {
        path.blocks()
            .fold(Cost::default(), |sum, (row, block, candidate)| {
                sum + self.costs[row][block][candidate]
            })
    }

    /// The cheapest path inside every bound along a metric; a second or so in ordinary spaces.
    pub fn cheapest(&self, metric: Metric) -> EndPath {
        let graph = &self.bounded_graph;
        graph.cheapest_inside(&self.windows, metric, &self.witness)
    }

    /// The dearest path inside every bound along a metric; a second or so in ordinary spaces.
    pub fn dearest(&self, metric: Metric) -> EndPath {
        let graph = &self.bounded_graph;
        graph.dearest_inside(&self.windows, metric, &self.witness)
    }
}

/// Settles a space: its resolution, its depths, its bounds, and whether any path meets them.
///
/// Returns the plan with its warnings.
///
/// # Errors
/// The messages, when no path meets every bound, when none was found within about a
/// second, or when the request does not fit the space.
pub fn plan(ir: &Ir, request: &Request) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let requires: Vec<Require> = ir
        .requires
        .iter()
        .chain(&request.requires)
        .cloned()
        .collect();
    let windows = bounds::windows(ir, &requires).map_err(|conflict| vec![conflict])?;
    let space = Bounded {
        ir,
        requires: &requires,
        windows: &windows,
    };
    let listed = space.resolutions(request)?;
    let level = fit::settle(&space, &listed).map_err(|one| vec![one])?;
    // Over all depths: an upper bound that settles some leaves no path above it.
    let mut warnings = bounds::never_binding(&space, &listed);
    let settled = depths::settle(&space, &level, request.depths.as_deref());
    let space = Bounded {
        ir: &settled,
        ..space
    };
    let level = match settled == *ir {
        true => level,
        false => space.level(level.resolution).map_err(|one| vec![one])?,
    };
    let witness = match level.bounded.witness(&windows) {
        Witness::Found(path) => path,
        Witness::Impossible => return Err(report::unreachable(&space, level, &listed)),
        Witness::Undecided => return Err(vec![report::undecided(&space)]),
    };
    warnings.extend(values::never_feasible(&space, &level));
    let weights = fingerprint::weights(&settled.at(level.resolution));
    let plan = Plan {
        fingerprint: fingerprint::plan(&weights, &settled, &level, &windows, &requires),
        ir: settled,
        resolution: level.resolution,
        costs: level.costs,
        graph: level.graph,
        bounded_graph: level.bounded,
        windows,
        witness,
        weights,
    };
    Ok((plan, warnings))
}

/// A space with all bounds gathered.
struct Bounded<'a> {
    ir: &'a Ir,
    /// Those of the file, then those of the request.
    requires: &'a [Require],
    /// The bounds on metrics among them, merged.
    windows: &'a [Window],
}

/// A space at one resolution.
struct Level {
    resolution: u32,
    costs: Vec<Vec<Vec<Cost>>>,
    graph: Graph,
    /// The bounds on depths compiled in.
    bounded: Graph,
}

impl Bounded<'_> {
    /// The resolutions to choose from, ascending; only the pinned one where one is.
    fn resolutions(&self, request: &Request) -> Result<Vec<u32>, Vec<Diagnostic>> {
        let listed = self.ir.resolution.value.values();
        match &request.resolution {
            None => Ok(listed.to_vec()),
            Some(pinned) if listed.contains(&pinned.value) => Ok(vec![pinned.value]),
            Some(pinned) => Err(vec![report::resolution_not_listed(self.ir, pinned)]),
        }
    }

    fn level(&self, resolution: u32) -> Result<Level, Diagnostic> {
        let costs = cost::table(self.ir, resolution);
        let build = |requires| Graph::build(self.ir, &costs, requires);
        let refuse = |TooManyStates| report::too_entangled(self);
        let graph = build(&[]).map_err(refuse)?;
        let bounded = match self.bounds_depths() {
            false => graph.clone(),
            true => build(self.requires).map_err(refuse)?,
        };
        Ok(Level {
            resolution,
            costs,
            graph,
            bounded,
        })
    }

    fn bounds_depths(&self) -> bool {
        self.depth_requires().next().is_some()
    }

    fn depth_requires(&self) -> impl Iterator<Item = &Require> {
        let of_metric = |require: &&Require| matches!(require.relation, Relation::Metric { .. });
        self.requires
            .iter()
            .filter(move |require| !of_metric(require))
    }

    /// The bounds on a metric with their ends.
    fn metric_requires(&self) -> impl Iterator<Item = (&Require, Window)> {
        self.requires.iter().filter_map(bounds::with_window)
    }
}
