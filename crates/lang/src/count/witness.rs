//! Finding one path inside windows, or the proof that there is none.

use num_bigint::BigUint;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::extremes::Extremes;
use super::{Edge, Graph, Limits, Measure, NoSample, Sampler, Window};
use crate::cost::Cost;
use crate::ir::Path;
use crate::space::Metric;

/// Walks made before tables are built.
const TRIES: u32 = 1000;

/// Whether any path lies inside windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// This one does.
    Found(Path),
    /// None does; this is proven.
    Impossible,
    /// Neither a path nor a proof was found.
    Undecided,
}

impl Graph {
    /// A path inside every window, or the proof that there is none; within about a second.
    pub fn witness(&self, windows: &[Window]) -> Witness {
        let Some(binding) = self.binding(windows) else {
            return Witness::Impossible;
        };
        let found = self.extreme_inside(&binding);
        if let Some(path) = found.or_else(|| self.walk_inside(&binding)) {
            return Witness::Found(path);
        }
        // Where an exact count is cheap it spares the tables.
        if self.count_exact(&binding, Limits::small()) == Ok(BigUint::ZERO) {
            return Witness::Impossible;
        }
        match Sampler::new(self, &binding, Measure::Decisions) {
            Ok(sampler) => Witness::Found(sampler.draw(&mut ChaCha8Rng::seed_from_u64(0))),
            Err(NoSample::Empty) => Witness::Impossible,
            // Without a prior none is left out by one.
            Err(NoSample::TooRare | NoSample::LeftOut) => {
                match self.count_exact(&binding, Limits::moderate()) {
                    Ok(count) if count == BigUint::ZERO => Witness::Impossible,
                    _ => Witness::Undecided,
                }
            }
        }
    }

    /// The smallest or the largest path of some metric, if it lies inside.
    fn extreme_inside(&self, windows: &[Window]) -> Option<Path> {
        let counted = Metric::COUNTED.iter().copied();
        let tables = windows.iter().map(|window| window.metric);
        let metrics = counted.chain(tables.filter(|metric| metric.is_time()));
        let ends = metrics.flat_map(|metric| [self.smallest(metric), self.largest(metric)]);
        ends.flatten().find(|path| {
            let cost = self.cost(path).expect("the path was walked here");
            windows.iter().all(|window| window.holds(cost))
        })
    }

    /// Walks at random, never along an edge from which a window is out of reach.
    fn walk_inside(&self, windows: &[Window]) -> Option<Path> {
        let suffixes: Vec<Extremes> = windows
            .iter()
            .map(|window| self.suffix_extremes(window.metric))
            .collect();
        let in_reach = |spent: Cost, edge: &Edge| {
            windows.iter().zip(&suffixes).all(|(window, suffix)| {
                let then = (spent + edge.cost).get(window.metric);
                then + suffix.least[edge.to] <= window.high
                    && then + suffix.most[edge.to] >= window.low
            })
        };
        let mut random = ChaCha8Rng::seed_from_u64(0);
        (0..TRIES).find_map(|_| self.walk_where(&in_reach, &mut random))
    }

    /// One walk along edges that may be taken after what was spent; `None` when it gets stuck.
    fn walk_where(
        &self,
        may_take: &impl Fn(Cost, &Edge) -> bool,
        random: &mut impl Rng,
    ) -> Option<Path> {
        let mut edges = Vec::new();
        let mut spent = Cost::default();
        let mut at = 0;
        while at + 1 < self.nodes.len() {
            let open: Vec<&Edge> = self.nodes[at]
                .edges
                .iter()
                .filter(|edge| may_take(spent, edge))
                .collect();
            if open.is_empty() {
                return None;
            }
            let edge = open[random.random_range(0..open.len())];
            spent += edge.cost;
            at = edge.to;
            edges.push(edge);
        }
        Some(Graph::path(edges))
    }
}
