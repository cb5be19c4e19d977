//! Counts where blocks share decisions, once for every way to decide those.
//!
//! While a choice is remembered the graph does not fall into short segments. Once every choice
//! has one value, or is followed by no block, it does, and the numbers of paths of such
//! graphs add up to that of all: a path of which no block follows a choice of `n` values is in
//! the graphs of all `n`, and is taken away again `n - 1` times.

use num_bigint::BigUint;

use super::{Edge, Graph, Limits, Node, Step, TooManySums, Window, big};

/// The most ways to decide that are counted one after the other.
const MOST: usize = 32;

/// The paths of a graph that agree with one way to decide all choices, and how often they count.
pub(super) struct Part {
    graph: Graph,
    /// How often.
    times: u64,
    /// Whether they are taken away.
    less: bool,
}

impl Graph {
    /// Graphs that share nothing and whose numbers of paths, inside whatever windows, add up to this
    /// one's; `None` where nothing is shared, that would be too many, or the graph was cut out of another.
    pub(super) fn parts(&self) -> Option<Vec<Part>> {
        let sizes = &self.sharing.sizes;
        // A choice that every path follows is never left out.
        let sizes = sizes.iter().copied().zip(&self.sharing.always);
        let ways = sizes
            .clone()
            .map(|(size, always)| usize::from(size) + usize::from(!always));
        let ways = ways.fold(1, usize::saturating_mul);
        if self.cores.is_empty() || ways > MOST {
            return None;
        }
        let mut parts = vec![(Vec::new(), 1, false)];
        for (size, always) in sizes {
            let values = (0..size).map(|value| (Some(value), 1, false));
            let nobody = (!always).then(|| (None, u64::from(size) - 1, true));
            let all: Vec<_> = values.chain(nobody).collect();
            let with = |(decided, times, less): &(Vec<Option<u16>>, u64, bool)| {
                let (decided, times, less) = (decided.clone(), *times, *less);
                let one = all.iter().map(move |&(value, often, taken)| {
                    let decided = [decided.as_slice(), &[value]].concat();
                    (decided, times * often, less != taken)
                });
                one.collect::<Vec<_>>()
            };
            parts = parts.iter().flat_map(with).collect();
        }
        let part = |(decided, times, less): (Vec<Option<u16>>, u64, bool)| Part {
            graph: self.given(&decided),
            times,
            less,
        };
        let parts = parts.into_iter().filter(|(_, times, _)| *times > 0);
        let parts = parts.map(part).filter(|part| part.graph.has_paths());
        Some(parts.collect())
    }

    /// The paths whose blocks follow choices with these values only; `None` for one that no block
    /// may follow. Nothing is shared any more: what is decided needs no remembering.
    fn given(&self, decided: &[Option<u16>]) -> Graph {
        let places = self.places();
        let agrees = |at: usize, edge: &&Edge| {
            let (row, block) = places[at];
            let shared = match edge.step {
                Step::Block { candidate, .. } => self.sharing.candidate(row, block, candidate),
                Step::EndRow | Step::Resolution { .. } => None,
            };
            let values = shared.map(|shared| shared.values.as_slice());
            let mut values = values.unwrap_or_default().iter();
            values.all(|&(choice, value)| decided[usize::from(choice)] == Some(value))
        };
        let last = self.cores[self.cores.len() - 1];
        let mut nodes = vec![Node::default(); last + 1];
        let mut reached = vec![false; self.nodes.len()];
        reached[0] = true;
        for (at, node) in self.nodes.iter().enumerate() {
            if !reached[at] {
                continue;
            }
            let edges: Vec<&Edge> = node.edges.iter().filter(|edge| agrees(at, edge)).collect();
            edges.iter().for_each(|edge| reached[edge.to] = true);
            // Nodes that differ in what is remembered have the same ways on.
            let merged = &mut nodes[self.cores[at]].edges;
            if merged.is_empty() {
                merged.extend(edges.into_iter().map(|edge| Edge {
                    to: self.cores[edge.to],
                    ..edge.clone()
                }));
            }
        }
        Graph::pruned(nodes, Default::default())
    }

    /// The exact number of paths inside every window, part by part.
    ///
    /// # Errors
    /// When the limits do not allow it, or nothing is shared.
    pub(super) fn count_parts(
        &self,
        windows: &[Window],
        limits: Limits,
    ) -> Result<BigUint, TooManySums> {
        let parts = self.parts().ok_or(TooManySums)?;
        let limits = limits.for_one_of(parts.len());
        let (mut more, mut less) = (BigUint::ZERO, BigUint::ZERO);
        for part in &parts {
            let count = part.graph.count_exact(windows, limits)? * part.times;
            match part.less {
                true => less += count,
                false => more += count,
            }
        }
        Ok(more - less)
    }

    /// Bounds on the share of paths inside one window, part by part; `None` where a part has none, or
    /// nothing is shared.
    pub(super) fn parts_shares(&self, window: &Window, work: f64) -> Option<(f64, f64)> {
        let parts = self.parts()?;
        let total = self.count();
        let work = work / parts.len().max(1) as f64;
        let (mut least, mut most, mut size) = (0.0, 0.0, 0.0);
        for part in &parts {
            let (low, high) = part.graph.share_inside(window, work)?;
            let weight = part.times as f64 * big::ratio(&part.graph.count(), &total);
            let (low, high) = (low * weight, high * weight);
            size += high;
            let (up, down) = match part.less {
                false => (low, high),
                true => (-high, -low),
            };
            least += up;
            most += down;
        }
        // Far above what the roundings of so few sums and products make.
        let error = size * 1e-12;
        Some(((least - error).max(0.0), most + error))
    }

    fn share_inside(&self, window: &Window, work: f64) -> Option<(f64, f64)> {
        match self.binding(std::slice::from_ref(window)).as_deref() {
            None => Some((0.0, 0.0)),
            Some([]) => Some((1.0, 1.0)),
            Some([window, ..]) => self.dense_shares(window, work),
        }
    }
}
