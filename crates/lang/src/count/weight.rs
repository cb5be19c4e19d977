//! The chance of every edge before any window, from a measure and a prior.

use num_bigint::BigUint;

use super::{Edge, Graph, Measure, Node, Prior, Step, big};

/// Chance of every edge given its node, before any window.
pub(super) struct Weights(pub Vec<Vec<f64>>);

impl Weights {
    pub fn new(graph: &Graph, measure: Measure) -> Weights {
        match measure {
            Measure::Decisions => Weights::of_edges(graph),
            Measure::Paths => Weights(even_weights(graph, &graph.suffix_counts())),
        }
    }

    /// What the edges themselves say.
    pub fn of_edges(graph: &Graph) -> Weights {
        let of_node = |node: &Node| node.edges.iter().map(|edge| edge.weight).collect();
        Weights(graph.nodes.iter().map(of_node).collect())
    }
}

/// The chances that make every path equally likely.
fn even_weights(graph: &Graph, counts: &[BigUint]) -> Vec<Vec<f64>> {
    let of_node = |(at, node): (usize, &Node)| {
        let share = |edge: &Edge| big::ratio(&counts[edge.to], &counts[at]);
        node.edges.iter().map(share).collect()
    };
    graph.nodes.iter().enumerate().map(of_node).collect()
}

impl Graph {
    /// The same paths, every edge's weight its chance under a measure.
    pub(super) fn measured(&self, measure: Measure) -> Graph {
        let mut graph = self.clone();
        for (node, weights) in graph.nodes.iter_mut().zip(Weights::new(self, measure).0) {
            for (edge, weight) in node.edges.iter_mut().zip(weights) {
                edge.weight = weight;
            }
        }
        graph
    }

    /// The paths that a prior can draw, every edge's weight its chance under both.
    ///
    /// The factors of a slot's candidates are 1 on average, also of those alone that agree with any
    /// values of shared decisions, so the chances of depths stay what they were and a block's
    /// are multiplied.
    pub(super) fn with_prior(&self, measure: Measure, prior: &Prior) -> Graph {
        let mut graph = self.measured(measure);
        let places = self.places();
        for (node, (_, block)) in graph.nodes.iter_mut().zip(places) {
            node.edges.retain_mut(|edge| match edge.step {
                Step::EndRow | Step::Resolution { .. } => true,
                Step::Block { row, candidate } => {
                    let factor = prior.factor(row, block, usize::from(candidate));
                    edge.weight *= factor;
                    factor > 0.0
                }
            });
        }
        // What one candidate decides can leave none for a later block.
        match self.sharing.is_empty() {
            true => graph,
            false => Graph::pruned(graph.nodes, graph.sharing),
        }
    }

    /// The same paths, as likely relative to each other, the weights of every node made to add
    /// up to 1: however few paths were left of a graph, their chances are not small.
    pub(super) fn normalised(mut self) -> Graph {
        // Binary logarithms of the weight of all ways to the end, which an f64 may not hold.
        let mut ways = vec![0.0; self.nodes.len()];
        for (at, node) in self.nodes.iter_mut().enumerate().rev() {
            // A chance that rounds to 0 is still one: what is never drawn has no edge.
            let weight = |edge: &Edge| edge.weight.max(f64::MIN_POSITIVE);
            let through = |edge: &Edge| weight(edge).log2() + ways[edge.to];
            let through: Vec<f64> = node.edges.iter().map(through).collect();
            let Some(most) = through.iter().copied().reduce(f64::max) else {
                continue; // the end
            };
            let shares = through.iter().map(|way| (way - most).exp2());
            let sum: f64 = shares.clone().sum();
            for (edge, share) in node.edges.iter_mut().zip(shares) {
                edge.weight = share / sum;
            }
            ways[at] = most + sum.log2();
        }
        self
    }

    /// For every node, the row that is open there and the blocks it has.
    pub(super) fn places(&self) -> Vec<(usize, usize)> {
        let mut places = vec![(0, 0); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            let (row, block) = places[at];
            for edge in &node.edges {
                places[edge.to] = match edge.step {
                    Step::Block { .. } => (row, block + 1),
                    Step::EndRow => (row + 1, 0),
                    Step::Resolution { .. } => (row, block),
                };
            }
        }
        places
    }

    /// Binary logarithm of the chance of the least likely path, by the weights of the edges.
    pub(super) fn least_likely(&self) -> f64 {
        let mut least = vec![0.0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let ways = node.edges.iter();
            let ways = ways.map(|edge| edge.weight.log2() + least[edge.to]);
            least[at] = ways.reduce(f64::min).unwrap_or(0.0);
        }
        least[0]
    }
}
