//! A space with every `fit` settled, exact costs and bounds: what is trained, counted and drawn from.

use crate::cost::Cost;
use crate::count::{Graph, Window};
use crate::ir::{Ir, Path};
use crate::source::Spanned;
use crate::space::Require;

/// What the caller adds to a space: the command line, a settings file, an arch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// Bounds beside the file's own; all hold.
    pub requires: Vec<Require>,
    /// Pins a `fit` resolution to a member of its domain (or repeats a fixed one).
    pub resolution: Option<Spanned<u32>>,
}

/// A settled space. Holds a witness path that meets every bound.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The space.
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
}
