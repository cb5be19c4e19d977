//! Counting paths and drawing them, exactly, without ever listing them.
//!
//! The paths of a space are the walks through a layered graph: from its start to
//! its end, one edge for every block and one where a row ends. Costs add up along
//! a walk, so counts and conditional draws are dynamic programmes over the nodes.

mod big;
mod decided;
mod ends;
mod evolve;
mod exact;
mod extremes;
mod flow;
mod graph;
mod interval;
mod layers;
mod prior;
mod resolutions;
mod sample;
mod segment;
mod sharing;
mod table;
#[cfg(test)]
mod tests;
mod weight;
mod witness;

pub use ends::EndPath;
pub use evolve::Evolver;
pub use exact::{Limits, TooManySums};
pub use flow::{Decided, Part};
pub use graph::{GraphRow, TooManyStates};
pub use prior::{Prior, PriorError};
pub use sample::{Drawn, NoSample, Sampler};
pub use sharing::Sharing;
pub use witness::Witness;

use std::sync::Arc;

use crate::cost::Cost;
use crate::space::Metric;

/// How paths are weighted when they are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Every path once.
    Paths,
    /// Every decision evenly: the resolution, shared ones, widths and depths first, then one candidate for
    /// each live block among those that agree with the shared ones and the widths.
    Decisions,
}

/// An interval a metric must lie in, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Which metric.
    pub metric: Metric,
    /// Smallest allowed value.
    pub low: u64,
    /// Largest allowed value.
    pub high: u64,
}

impl Window {
    /// Whether a cost lies inside.
    pub fn holds(&self, cost: Cost) -> bool {
        (self.low..=self.high).contains(&cost.get(self.metric))
    }
}

/// All paths of a space, at one resolution unless paths decide it. Nodes are in topological order:
/// node 0 is the start, the last one the end, every edge goes up.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Which candidates stand for values of shared decisions, widths among them.
    sharing: Arc<Sharing>,
    /// For every node, which ones differ from it at most in what they remember of choices: these have the
    /// same number, smaller ones come first. Empty where nothing is shared, and in graphs cut out of others.
    cores: Vec<usize>,
}

/// A point between two steps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// What can come next; empty at the end only.
    pub edges: Vec<Edge>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The node it leads to.
    pub to: usize,
    /// What it does to the path.
    pub step: Step,
    /// What it adds to the cost.
    pub cost: Cost,
    /// Its conditional probability when every decision is made evenly
    /// ([`Measure::Decisions`]), before any bound.
    pub weight: f64,
}

/// What an edge does to the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Adds a block with this candidate to the row that is open.
    Block {
        /// Row index.
        row: usize,
        /// Candidate index in its slot.
        candidate: u16,
    },
    /// Closes the row.
    EndRow,
    /// Decides the resolution, before the first row.
    Resolution {
        /// Side of the images in pixels.
        side: u32,
    },
}
