//! The exact number of paths where decisions tie row to row, as searched widths do.
//!
//! Such a graph has no node that all paths pass, so that it does not fall into segments. Where a row
//! opens, though, every path passes one of a few nodes: a layer. The costs of all ways from the start to
//! these are listed as far as they stay few, and so are those of all ways from these to the end. What lies
//! between makes a third list for every pair of nodes, and each three are swept as segments are.

use num_bigint::BigUint;

use super::exact::{compare_lists, padded, sweep_lists};
use super::segment::{Reduced, Sums, Tally, coalesce, plus};
use super::{Graph, Limits, TooManySums, Window};

impl Graph {
    /// The exact number of paths inside binding windows, layer by layer.
    ///
    /// # Errors
    /// When the limits do not allow it, or nothing is shared.
    pub(super) fn count_layers(
        &self,
        windows: &[Window],
        limits: Limits,
    ) -> Result<BigUint, TooManySums> {
        match *windows {
            [] => Ok(self.count()),
            [a] => self.layers_along(&[a], limits),
            [a, b] => self.layers_along(&[a, b], limits),
            [a, b, c] => self.layers_along(&[a, b, c], limits),
            [a, b, c, d] => self.layers_along(&[a, b, c, d], limits),
            ref more => self.layers_along(&padded(more), limits),
        }
    }

    fn layers_along<const D: usize>(
        &self,
        windows: &[Window; D],
        limits: Limits,
    ) -> Result<BigUint, TooManySums> {
        if self.cores.is_empty() {
            return Err(TooManySums);
        }
        let reduced = &Reduced::new(self, windows);
        let ways = Ways {
            graph: self,
            reduced,
            layers: layers(self),
            // A list of ways before and one of ways behind are held at once.
            limit: limits.sums / 2,
        };
        match self.count().bits() < 128 {
            true => ways.count::<u128>(limits.steps),
            false => ways.count::<BigUint>(limits.steps),
        }
    }
}

/// The nodes where each row opens, and the end: of each, every path passes one.
fn layers(graph: &Graph) -> Vec<Vec<usize>> {
    let mut layers: Vec<Vec<usize>> = Vec::new();
    for (node, (row, block)) in graph.places().into_iter().enumerate() {
        if block == 0 {
            layers.resize(layers.len().max(row + 1), Vec::new());
            layers[row].push(node);
        }
    }
    layers
}

/// The ways through a graph, cut at its layers.
struct Ways<'g, const D: usize> {
    graph: &'g Graph,
    reduced: &'g Reduced<D>,
    layers: Vec<Vec<usize>>,
    /// The most sums that are held, on one side.
    limit: usize,
}

/// The sums of ways to or from every node of a layer.
type Lists<const D: usize, N> = Vec<Sums<D, N>>;

impl<const D: usize> Ways<'_, D> {
    fn count<N: Tally>(&self, steps: u64) -> Result<BigUint, TooManySums> {
        let before = self.ways_before::<N>();
        let behind = self.ways_behind::<N>();
        let first_behind = self.layers.len() - behind.len();
        let behind_at = |layer: usize| &behind[self.layers.len() - 1 - layer];
        let both = first_behind..before.len();
        match both.min_by_key(|&layer| total(&before[layer]) + total(behind_at(layer))) {
            Some(layer) => self.count_at(&before[layer], behind_at(layer), steps),
            None => {
                let last = before.len() - 1;
                let ends = (last, first_behind);
                self.count_between(ends, &before[last], behind_at(first_behind), steps)
            }
        }
    }

    /// Where ways from the start and ways to the end meet.
    fn count_at<N: Tally>(
        &self,
        before: &Lists<D, N>,
        behind: &Lists<D, N>,
        steps: u64,
    ) -> Result<BigUint, TooManySums> {
        let both = before.iter().zip(behind);
        let inside = both.map(|(before, behind)| match D {
            1 => self.sweep([before, behind, &vec![([0; D], N::one())]], steps),
            _ => compare_lists([before, behind], &self.reduced.bounds, steps),
        });
        inside.sum()
    }

    /// Where ways from one layer to another lie between them.
    fn count_between<N: Tally>(
        &self,
        (from, to): (usize, usize),
        before: &Lists<D, N>,
        behind: &Lists<D, N>,
        steps: u64,
    ) -> Result<BigUint, TooManySums> {
        if D > 1 {
            return Err(TooManySums);
        }
        let (mut inside, mut left) = (BigUint::ZERO, steps);
        for (&end, behind) in self.layers[to].iter().zip(behind) {
            let between = self.between::<N>(from, end)?;
            for (before, between) in before.iter().zip(&between) {
                let sweep = between.len().saturating_mul(before.len() + behind.len());
                left = left.checked_sub(sweep as u64).ok_or(TooManySums)?;
                inside += self.sweep([before, behind, between], steps)?;
            }
        }
        Ok(inside)
    }

    fn sweep<N: Tally>(&self, lists: [&Sums<D, N>; 3], steps: u64) -> Result<BigUint, TooManySums> {
        match lists.iter().any(|list| list.is_empty()) {
            true => Ok(BigUint::ZERO),
            false => sweep_lists(lists, &self.reduced.bounds, steps),
        }
    }

    /// The first layers with the ways to each of their nodes, as far as these stay few.
    fn ways_before<N: Tally>(&self) -> Vec<Lists<D, N>> {
        let mut reached: Lists<D, N> = vec![Vec::new(); self.graph.nodes.len()];
        reached[0] = vec![([0; D], N::one())];
        let mut done: Vec<Lists<D, N>> = Vec::new();
        let mut held = 0;
        for (layer, nodes) in self.layers.iter().enumerate() {
            let lists = nodes.iter().map(|&node| {
                reached[node] = coalesce(std::mem::take(&mut reached[node]));
                reached[node].clone()
            });
            done.push(lists.collect());
            // Those of the layer are held twice: kept, and open.
            held += 2 * total(&done[layer]);
            let Some(next) = self.layers.get(layer + 1) else {
                break;
            };
            let mut open = 0;
            for at in nodes[0]..next[0] {
                let sums = coalesce(std::mem::take(&mut reached[at]));
                for (index, edge) in self.graph.nodes[at].edges.iter().enumerate() {
                    let longer = self.longer(&sums, at, index);
                    open += longer.len();
                    if held + open > self.limit {
                        return done;
                    }
                    reached[edge.to].extend(longer);
                }
            }
            held -= total(&done[layer]);
        }
        done
    }

    /// The last layers, from the end on, with the ways from each of their nodes.
    fn ways_behind<N: Tally>(&self) -> Vec<Lists<D, N>> {
        let last = self.graph.nodes.len() - 1;
        let mut ways: Lists<D, N> = vec![Vec::new(); self.graph.nodes.len()];
        ways[last] = vec![([0; D], N::one())];
        let mut done: Vec<Lists<D, N>> = vec![vec![ways[last].clone()]];
        let mut held = 1;
        for layer in (0..self.layers.len() - 1).rev() {
            let nodes = self.layers[layer][0]..self.layers[layer + 1][0];
            let Ok(made) = self.step_back(&mut ways, nodes, held) else {
                break;
            };
            let lists = self.layers[layer].iter().map(|&node| ways[node].clone());
            done.push(lists.collect());
            held += made + done.last().map_or(0, total);
        }
        done
    }

    /// The ways from every node of a layer to one node.
    fn between<N: Tally>(&self, from: usize, end: usize) -> Result<Lists<D, N>, TooManySums> {
        let mut ways: Lists<D, N> = vec![Vec::new(); self.graph.nodes.len()];
        ways[end] = vec![([0; D], N::one())];
        self.step_back(&mut ways, self.layers[from][0]..end, 0)?;
        let nodes = self.layers[from].iter();
        Ok(nodes.map(|&node| std::mem::take(&mut ways[node])).collect())
    }

    /// Lists the ways on from each of some nodes, where those of all later ones are listed and so many
    /// sums are held. How many are made.
    fn step_back<N: Tally>(
        &self,
        ways: &mut Lists<D, N>,
        nodes: std::ops::Range<usize>,
        held: usize,
    ) -> Result<usize, TooManySums> {
        let mut made = 0;
        for at in nodes.rev() {
            // The node that ways lead to has its list.
            let mut sums = std::mem::take(&mut ways[at]);
            for (index, edge) in self.graph.nodes[at].edges.iter().enumerate() {
                sums.extend(self.longer(&ways[edge.to], at, index));
                if held + made + sums.len() > self.limit {
                    return Err(TooManySums);
                }
            }
            ways[at] = coalesce(sums);
            made += ways[at].len();
        }
        Ok(made)
    }

    /// Sums with one edge more, those above the bounds left out.
    fn longer<N: Tally>(&self, sums: &Sums<D, N>, node: usize, edge: usize) -> Sums<D, N> {
        let cost = self.reduced.edge(self.graph, node, edge);
        let longer = sums
            .iter()
            .map(|(sum, times)| (plus(sum, &cost), times.clone()));
        let longer = longer.filter(|(sum, _)| self.reduced.bounds.may_grow(sum));
        longer.collect()
    }
}

fn total<const D: usize, N>(lists: &Lists<D, N>) -> usize {
    lists.iter().map(Vec::len).sum()
}
