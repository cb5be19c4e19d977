//! The cheapest and the dearest path, by one sweep from the end.

use std::collections::BTreeSet;

use super::{Edge, Graph, Window};
use crate::ir::Path;
use crate::space::Metric;

/// For every node, the least and the most that can still be added from there.
pub(super) struct Extremes {
    pub least: Vec<u64>,
    pub most: Vec<u64>,
}

impl Graph {
    /// Smallest and largest cost of any path; `None` when there is no path.
    pub fn extremes(&self, metric: Metric) -> Option<(u64, u64)> {
        self.has_paths().then(|| {
            let suffix = self.suffix_extremes(metric);
            (suffix.least[0], suffix.most[0])
        })
    }

    /// A path of the smallest cost; `None` when there is no path.
    pub fn smallest(&self, metric: Metric) -> Option<Path> {
        let suffix = self.suffix_extremes(metric);
        let key = |edge: &Edge| edge.cost.get(metric).saturating_add(suffix.least[edge.to]);
        self.follow(key, false)
    }

    /// A path of the largest cost; `None` when there is no path.
    pub fn largest(&self, metric: Metric) -> Option<Path> {
        let suffix = self.suffix_extremes(metric);
        let key = |edge: &Edge| edge.cost.get(metric).saturating_add(suffix.most[edge.to]);
        self.follow(key, true)
    }

    /// Whether there is any path.
    pub fn has_paths(&self) -> bool {
        self.nodes.len() == 1 || !self.nodes[0].edges.is_empty()
    }

    /// The windows that exclude some path, one a metric; `None` when one excludes every path.
    /// A window that covers the whole range is dropped.
    pub(super) fn binding(&self, windows: &[Window]) -> Option<Vec<Window>> {
        if !self.has_paths() {
            return None;
        }
        let mut binding = Vec::new();
        for metric in metrics_of(windows) {
            let (least, most) = self.extremes(metric)?;
            let of_metric = windows.iter().filter(|window| window.metric == metric);
            let (low, high) = of_metric.fold((0, u64::MAX), |(low, high), window| {
                (low.max(window.low), high.min(window.high))
            });
            if low > high || low > most || high < least {
                return None;
            }
            if low > least || high < most {
                binding.push(Window { metric, low, high });
            }
        }
        Some(binding)
    }

    pub(super) fn suffix_extremes(&self, metric: Metric) -> Extremes {
        let mut least = vec![0; self.nodes.len()];
        let mut most = vec![0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let reach =
                |bound: &[u64], edge: &Edge| edge.cost.get(metric).saturating_add(bound[edge.to]);
            least[at] = node
                .edges
                .iter()
                .map(|e| reach(&least, e))
                .min()
                .unwrap_or(0);
            most[at] = node
                .edges
                .iter()
                .map(|e| reach(&most, e))
                .max()
                .unwrap_or(0);
        }
        Extremes { least, most }
    }

    /// For every node, the least and the most that can have been spent there.
    pub(super) fn prefix_extremes(&self, metric: Metric) -> Vec<(u64, u64)> {
        let mut spent: Vec<(u64, u64)> = vec![(u64::MAX, 0); self.nodes.len()];
        spent[0] = (0, 0);
        for (at, node) in self.nodes.iter().enumerate() {
            let (least, most) = spent[at];
            for edge in &node.edges {
                let cost = edge.cost.get(metric);
                let to = &mut spent[edge.to];
                let (least, most) = (least.saturating_add(cost), most.saturating_add(cost));
                *to = (to.0.min(least), to.1.max(most));
            }
        }
        spent
    }

    /// Walks from the start, always along the edge of the smallest (or largest) key.
    fn follow(&self, key: impl Fn(&Edge) -> u64, largest: bool) -> Option<Path> {
        let mut edges = Vec::new();
        let mut at = 0;
        while at + 1 < self.nodes.len() {
            let candidates = self.nodes[at].edges.iter();
            let edge = match largest {
                false => candidates.min_by_key(|edge| key(edge)),
                true => candidates.rev().max_by_key(|edge| key(edge)),
            }?;
            edges.push(edge);
            at = edge.to;
        }
        Some(Graph::path(edges))
    }
}

/// The metrics of some windows, each once, in order.
fn metrics_of(windows: &[Window]) -> BTreeSet<Metric> {
    windows.iter().map(|window| window.metric).collect()
}
