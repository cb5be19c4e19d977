//! The paths that two graphs have in common, as a graph.

use std::collections::BTreeMap;

use super::twins::Twins;
use crate::cost::Cost;
use crate::count::{Edge, Graph, Node, Step};

/// The most pairs of nodes that are followed; spaces alike have about as many as one of them has nodes.
const MOST_PAIRS: usize = 400_000;

/// A step that both take, with what it costs in each.
#[derive(Debug, Clone)]
struct Common {
    to: usize,
    step: Step,
    weight: f64,
    costs: [Cost; 2],
}

/// The common paths: nodes in topological order, the first the start, the last the end.
#[derive(Debug, Clone)]
pub(super) struct Product(Vec<Vec<Common>>);

/// A pair of nodes with the steps both can take from there.
type Expanded = ((usize, usize), Vec<((usize, usize), Common)>);

impl Product {
    /// Walks both graphs side by side; `None` when they have too many pairs of nodes.
    ///
    /// In either graph a path is one walk, so a common path is one walk here.
    pub(super) fn of(before: &Graph, after: &Graph, twins: &Twins) -> Option<Product> {
        let end = (before.nodes.len() - 1, after.nodes.len() - 1);
        // Blocks that the open row has; edges go up in both graphs, so pairs come in order.
        let mut pending = BTreeMap::from([((0, 0), 0)]);
        let mut expanded: Vec<Expanded> = Vec::new();
        while let Some((pair, placed)) = pending.pop_first() {
            let edges = match pair == end {
                true => continue,
                false => steps(before, after, pair, placed, twins),
            };
            for (to, common) in &edges {
                let placed = match common.step {
                    Step::Block { .. } => placed + 1,
                    Step::EndRow | Step::Resolution { .. } => 0,
                };
                pending.insert(*to, placed);
            }
            expanded.push((pair, edges));
            if expanded.len() > MOST_PAIRS {
                return None;
            }
        }
        Some(Product(pruned(expanded, end)))
    }

    /// No path at all.
    pub(super) fn none() -> Product {
        Product(vec![Vec::new(), Vec::new()])
    }

    /// As a graph to count in, its costs made of those of both.
    pub(super) fn graph(&self, cost: impl Fn([Cost; 2]) -> Cost) -> Graph {
        let edge = |common: &Common| Edge {
            to: common.to,
            step: common.step,
            cost: cost(common.costs),
            weight: common.weight,
        };
        let nodes = self.0.iter().map(|edges| Node {
            edges: edges.iter().map(edge).collect(),
        });
        Graph::of_nodes(nodes.collect())
    }

    /// Whether something holds of the costs of every step.
    pub(super) fn all(&self, holds: impl Fn([Cost; 2]) -> bool) -> bool {
        self.0.iter().flatten().all(|common| holds(common.costs))
    }
}

fn steps(
    before: &Graph,
    after: &Graph,
    pair: (usize, usize),
    placed: usize,
    twins: &Twins,
) -> Vec<((usize, usize), Common)> {
    let others = after.nodes[pair.1].edges.iter();
    let others: BTreeMap<Step, &Edge> = others.map(|edge| (edge.step, edge)).collect();
    let edges = before.nodes[pair.0].edges.iter().filter_map(|edge| {
        let wanted = match edge.step {
            Step::Block { row, candidate } => Step::Block {
                row,
                candidate: twins.of_candidate(row, placed, candidate)?,
            },
            step => step,
        };
        let other = others.get(&wanted)?;
        let to = (edge.to, other.to);
        let common = Common {
            to: 0,
            step: edge.step,
            weight: edge.weight,
            costs: [edge.cost, other.cost],
        };
        Some((to, common))
    });
    edges.collect()
}

/// Numbers the pairs from which the end is reached; the start stays where it is not.
fn pruned(expanded: Vec<Expanded>, end: (usize, usize)) -> Vec<Vec<Common>> {
    let start = (0, 0);
    let mut alive = BTreeMap::from([(end, Vec::new())]);
    for (pair, mut edges) in expanded.into_iter().rev() {
        edges.retain(|(to, _)| alive.contains_key(to));
        if !edges.is_empty() || pair == start {
            alive.insert(pair, edges);
        }
    }
    let numbers: BTreeMap<(usize, usize), usize> = alive.keys().copied().zip(0..).collect();
    let edges = alive.into_values().map(|edges| {
        let numbered = edges.into_iter().map(|(to, common)| Common {
            to: numbers[&to],
            ..common
        });
        numbered.collect()
    });
    edges.collect()
}
