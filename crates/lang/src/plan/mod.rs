//! A space with every `fit` settled, exact costs and bounds: what is trained, counted and drawn from.
//!
//! In: a lowered space and what the caller adds. Out: a [`Plan`], which holds a path
//! inside every bound, or the messages that say why there is none.

mod bounds;
mod depths;
mod fingerprint;
mod fit;
mod least;
mod miss;
mod report;
mod spread;
mod summary;
#[cfg(test)]
mod tests;
mod values;

pub use fit::Reason;
pub use spread::{Bin, NoSpread, Spread, Spreads};
pub use values::ValueShare;

use crate::cost::{self, Cost, Table};
use crate::count::{EndPath, Graph, TooManyStates, Window, Witness};
use crate::diagnostic::Diagnostic;
use crate::ir::{Ir, Path};
use crate::source::Spanned;
use crate::space::{Metric, Relation, Require, Setting};

/// What the caller adds to a space: the command line, a settings file, an arch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// Bounds beside the file's own; all hold.
    pub requires: Vec<Require>,
    /// Pins a `fit` or a searched resolution to a member of its domain (or repeats a fixed one).
    pub resolution: Option<Spanned<u32>>,
    /// Pins every `fit` depth to that of an arch of the space: its number of blocks, one a row.
    pub depths: Option<Vec<u32>>,
}

/// A settled space. Holds a witness path that meets every bound.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The space; a depth that was to be settled is one number.
    pub ir: Ir,
    /// Side of the image in pixels; the largest where paths decide it.
    pub resolution: u32,
    /// Why this one, where `fit` settled it.
    pub reason: Reason,
    /// Cost of every candidate at that resolution: `costs[row][block][candidate]`.
    pub costs: Table,
    /// The other resolutions that paths decide among, ascending, with the costs at each.
    pub smaller: Vec<(u32, Table)>,
    /// Every bound on a metric, tightened: at most one window a metric.
    pub windows: Vec<Window>,
    /// Every path of the space.
    pub graph: Graph,
    /// Every path that meets the bounds on depths and widths; the windows are not in it.
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
    ///
    /// # Panics
    /// When it is not one.
    pub fn cost(&self, path: &Path) -> Cost {
        let rows = self.costs_at(self.side(path));
        assert_eq!(path.rows.len(), rows.len(), "a path of this space");
        let mut sum = Cost::default();
        // Side by side, not by index: in less than half the time, and evolution asks for millions.
        for (blocks, slots) in path.rows.iter().zip(rows) {
            assert!(blocks.len() <= slots.len(), "a path of this space");
            for (&candidate, costs) in blocks.iter().zip(slots) {
                sum += costs[usize::from(candidate)];
            }
        }
        sum
    }

    /// Side of a path's images in pixels: its own where paths decide it, else the plan's.
    pub fn side(&self, path: &Path) -> u32 {
        path.resolution.unwrap_or(self.resolution)
    }

    /// Every resolution that paths decide among, ascending; the plan's own where they decide none.
    pub fn sides(&self) -> impl Iterator<Item = u32> {
        let smaller = self.smaller.iter().map(|(side, _)| *side);
        smaller.chain([self.resolution])
    }

    /// Cost of every candidate at one of the plan's resolutions.
    ///
    /// # Panics
    /// When it is none of these.
    pub fn costs_at(&self, side: u32) -> &Table {
        let mut smaller = self.smaller.iter();
        match smaller.find(|(other, _)| *other == side) {
            Some((_, costs)) => costs,
            None => {
                assert_eq!(side, self.resolution, "a resolution of the plan");
                &self.costs
            }
        }
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
    let level = match ir.resolution.value {
        Setting::Searched(_) => space.level_over(&listed).map(|level| (level, Reason::Only)),
        Setting::Fixed(_) | Setting::Fitted(_) => fit::settle(&space, &listed),
    };
    let (level, reason) = level.map_err(|one| vec![one])?;
    // Over all depths: an upper bound that settles some leaves no path above it.
    let mut warnings = bounds::never_binding(&space, &listed);
    let settled = depths::settle(&space, &level, request.depths.as_deref());
    let space = Bounded {
        ir: &settled,
        ..space
    };
    let level = match settled == *ir {
        true => level,
        false => space.again(&level).map_err(|one| vec![one])?,
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
        reason,
        costs: level.costs,
        smaller: level.smaller,
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

/// A space at one resolution, or over those that its paths decide among.
struct Level {
    /// The largest.
    resolution: u32,
    costs: Table,
    /// The others, where paths decide.
    smaller: Vec<(u32, Table)>,
    graph: Graph,
    /// The bounds on depths and widths compiled in.
    bounded: Graph,
}

impl Level {
    /// Every resolution, ascending.
    fn sides(&self) -> impl Iterator<Item = u32> {
        let smaller = self.smaller.iter().map(|(side, _)| *side);
        smaller.chain([self.resolution])
    }

    /// The costs at the resolution of a path.
    fn costs_of(&self, path: &Path) -> &Table {
        let mut smaller = self.smaller.iter();
        let own = smaller.find(|(side, _)| path.resolution == Some(*side));
        own.map_or(&self.costs, |(_, costs)| costs)
    }
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

    /// The space at one resolution.
    fn level(&self, resolution: u32) -> Result<Level, Diagnostic> {
        let costs = cost::table(self.ir, resolution);
        let build = |requires: &[Require]| Graph::build(self.ir, &costs, requires);
        let (graph, bounded) = self.graphs(build)?;
        Ok(Level {
            resolution,
            costs,
            smaller: Vec::new(),
            graph,
            bounded,
        })
    }

    /// The space over several resolutions, ascending, among which its paths decide.
    fn level_over(&self, sides: &[u32]) -> Result<Level, Diagnostic> {
        let tables = sides.iter().map(|&side| (side, cost::table(self.ir, side)));
        let mut tables: Vec<(u32, Table)> = tables.collect();
        let build = |requires: &[Require]| Graph::build_over(self.ir, &tables, requires);
        let (graph, bounded) = self.graphs(build)?;
        let (resolution, costs) = tables.pop().expect("a domain has a value");
        Ok(Level {
            resolution,
            costs,
            smaller: tables,
            graph,
            bounded,
        })
    }

    /// The same level of the space as it is now.
    fn again(&self, level: &Level) -> Result<Level, Diagnostic> {
        match level.graph.decides_resolution() {
            true => self.level_over(&level.sides().collect::<Vec<_>>()),
            false => self.level(level.resolution),
        }
    }

    /// The graph of all paths, and that of those inside the bounds on depths and widths.
    fn graphs(
        &self,
        build: impl Fn(&[Require]) -> Result<Graph, TooManyStates>,
    ) -> Result<(Graph, Graph), Diagnostic> {
        let refuse = |TooManyStates| report::too_entangled(self);
        let graph = build(&[]).map_err(refuse)?;
        let bounded = match self.bounds_rows() {
            false => graph.clone(),
            true => build(self.requires).map_err(refuse)?,
        };
        Ok((graph, bounded))
    }

    fn bounds_rows(&self) -> bool {
        self.row_requires().next().is_some()
    }

    /// The bounds on depths and widths.
    fn row_requires(&self) -> impl Iterator<Item = &Require> {
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
