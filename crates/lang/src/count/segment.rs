//! Cutting the graph where all paths meet, and the distinct costs between two cuts.

use std::cmp::Reverse;
use std::ops::Range;

use num_bigint::BigUint;

use super::{Graph, TooManySums, Window};
use crate::space::Metric;

/// How often a sum occurs: `u128` where every count of the graph fits, else [`BigUint`].
pub(super) trait Tally: Clone + Send + Sync {
    fn one() -> Self;
    fn add(&mut self, other: &Self);
    fn product(&self, other: &Self) -> Self;
    fn big(&self) -> BigUint;
}

impl Tally for u128 {
    fn one() -> u128 {
        1
    }

    fn add(&mut self, other: &u128) {
        *self += other;
    }

    fn product(&self, other: &u128) -> u128 {
        self * other
    }

    fn big(&self) -> BigUint {
        BigUint::from(*self)
    }
}

impl Tally for BigUint {
    fn one() -> BigUint {
        BigUint::from(1u32)
    }

    fn add(&mut self, other: &BigUint) {
        *self += other;
    }

    fn product(&self, other: &BigUint) -> BigUint {
        self * other
    }

    fn big(&self) -> BigUint {
        self.clone()
    }
}

/// Distinct sums along `D` metrics with their multiplicities, ascending, without doubles.
pub(super) type Sums<const D: usize, N> = Vec<([u64; D], N)>;

/// The windows of a question along `D` metrics, in reduced costs (see [`Reduced`]).
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds<const D: usize> {
    pub low: [u64; D],
    pub high: [u64; D],
}

impl<const D: usize> Bounds<D> {
    pub fn holds(&self, sum: &[u64; D]) -> bool {
        (0..D).all(|at| (self.low[at]..=self.high[at]).contains(&sum[at]))
    }

    /// Costs only grow: past an upper end nothing comes back.
    pub fn may_grow(&self, sum: &[u64; D]) -> bool {
        (0..D).all(|at| sum[at] <= self.high[at])
    }
}

/// Costs of edges above the cheapest way on: the cost of an edge plus the least cost
/// from its target, less the least cost from its source. Along a path they add up to
/// its cost less the smallest cost of all, and an edge without alternative costs 0.
pub(super) struct Reduced<const D: usize> {
    metrics: [Metric; D],
    least: [Vec<u64>; D],
    pub bounds: Bounds<D>,
}

impl<const D: usize> Reduced<D> {
    /// For windows that [`Graph::binding`] has passed.
    pub fn new(graph: &Graph, windows: &[Window; D]) -> Reduced<D> {
        let metrics = windows.map(|window| window.metric);
        let least = metrics.map(|metric| graph.suffix_extremes(metric).least);
        let bounds = Bounds {
            low: std::array::from_fn(|at| windows[at].low.saturating_sub(least[at][0])),
            high: std::array::from_fn(|at| windows[at].high.saturating_sub(least[at][0])),
        };
        Reduced {
            metrics,
            least,
            bounds,
        }
    }

    pub fn edge(&self, graph: &Graph, from: usize, edge: usize) -> [u64; D] {
        let edge = &graph.nodes[from].edges[edge];
        std::array::from_fn(|at| {
            edge.cost.get(self.metrics[at]) + self.least[at][edge.to] - self.least[at][from]
        })
    }
}

/// The distinct sums of every segment that leaves a choice, those above the bounds left
/// out, and how many paths all segments without a choice of cost multiply to.
///
/// # Errors
/// When a segment has more than `limit` sums.
pub(super) fn segments<const D: usize, N: Tally>(
    graph: &Graph,
    reduced: &Reduced<D>,
    limit: usize,
) -> Result<(Vec<Sums<D, N>>, N), TooManySums> {
    let mut lists = Vec::new();
    let mut factor = N::one();
    for range in cuts(graph) {
        let sums = segment(graph, reduced, range, limit)?;
        match sums.as_slice() {
            [(sum, times)] if *sum == [0; D] => factor = factor.product(times),
            _ => lists.push(sums),
        }
    }
    Ok((lists, factor))
}

/// The stretches between nodes that every path passes.
fn cuts(graph: &Graph) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut reach = 0;
    for (at, node) in graph.nodes.iter().enumerate().skip(1) {
        let before = &graph.nodes[at - 1].edges;
        reach = before.iter().map(|edge| edge.to).fold(reach, usize::max);
        if reach <= at {
            ranges.push(start..at);
            start = at;
        }
        debug_assert!(at + 1 == graph.nodes.len() || !node.edges.is_empty());
    }
    ranges
}

/// The sums of all ways from the first node of a segment to its last.
fn segment<const D: usize, N: Tally>(
    graph: &Graph,
    reduced: &Reduced<D>,
    range: Range<usize>,
    limit: usize,
) -> Result<Sums<D, N>, TooManySums> {
    let mut from_node: Vec<Sums<D, N>> = vec![Vec::new(); range.len() + 1];
    from_node[range.len()] = vec![([0; D], N::one())];
    let mut size = 0;
    for at in range.clone().rev() {
        let mut sums = Vec::new();
        for (index, edge) in graph.nodes[at].edges.iter().enumerate() {
            let cost = reduced.edge(graph, at, index);
            let ways = &from_node[edge.to - range.start];
            sums.extend(
                ways.iter()
                    .map(|(sum, times)| (plus(sum, &cost), times.clone()))
                    .filter(|(sum, _)| reduced.bounds.may_grow(sum)),
            );
            if size + sums.len() > limit {
                return Err(TooManySums);
            }
        }
        let sums = coalesce(sums);
        size += sums.len();
        from_node[at - range.start] = sums;
    }
    Ok(from_node.swap_remove(0))
}

/// Every sum of one list plus every sum of another, those above the bounds left out.
pub(super) fn merge<const D: usize, N: Tally>(
    left: &Sums<D, N>,
    right: &Sums<D, N>,
    bounds: &Bounds<D>,
) -> Sums<D, N> {
    let mut products = Vec::new();
    for (a, times) in left {
        products.extend(
            right
                .iter()
                .map(|(b, ways)| (plus(a, b), times.product(ways)))
                .filter(|(sum, _)| bounds.may_grow(sum)),
        );
    }
    coalesce(products)
}

/// What one product of a merge costs beside one step of what follows: it is sorted.
const MERGE: f64 = 20.0;

/// Merges lists into `B` of them so that `cost`, a function of their lengths, stays low:
/// from the longest list on, each goes where the cost is likely to grow least.
///
/// # Errors
/// When no merge within `limit` products is left for a list.
pub(super) fn deal<const B: usize, const D: usize, N: Tally>(
    mut lists: Vec<Sums<D, N>>,
    bounds: &Bounds<D>,
    limit: usize,
    cost: impl Fn([f64; B]) -> f64,
) -> Result<[Sums<D, N>; B], TooManySums> {
    lists.sort_by_key(|list| Reverse(list.len()));
    let mut dealt: [Sums<D, N>; B] = std::array::from_fn(|_| vec![([0; D], N::one())]);
    for list in lists {
        let grown = |at: usize| {
            let products = dealt[at].len().saturating_mul(list.len());
            let mut lengths = std::array::from_fn(|other| dealt[other].len() as f64);
            (products <= limit).then(|| {
                lengths[at] = likely_sums(&dealt[at], &list);
                cost(lengths) + MERGE * products as f64
            })
        };
        let options = (0..B).filter_map(|at| grown(at).map(|cost| (cost, at)));
        let best = options.min_by(|a, b| a.0.total_cmp(&b.0));
        let (_, at) = best.ok_or(TooManySums)?;
        dealt[at] = merge(&dealt[at], &list, bounds);
    }
    Ok(dealt)
}

/// About how many distinct sums two lists make: looked at in a thin slice of values.
fn likely_sums<const D: usize, N: Tally>(left: &Sums<D, N>, right: &Sums<D, N>) -> f64 {
    const SLICE: u128 = 4096;
    let (left, right) = if left.len() <= right.len() {
        (left, right)
    } else {
        (right, left)
    };
    let products = left.len() as f64 * right.len() as f64;
    let last = |list: &Sums<D, N>| list.last().map_or(0, |(sum, _)| sum[0]);
    let range = last(left) + last(right);
    let width = u128::from(range) * SLICE / (products as u128).max(1);
    let from = range / 2;
    let mut slice = Vec::new();
    for (a, _) in left {
        let low = from.saturating_sub(a[0]);
        let high = (from + width as u64).saturating_sub(a[0]);
        let start = right.partition_point(|(b, _)| b[0] < low);
        let tail = right[start..].iter().take_while(|(b, _)| b[0] <= high);
        slice.extend(tail.map(|(b, _)| plus(a, b)));
    }
    let seen = slice.len().max(1) as f64;
    slice.sort_unstable();
    slice.dedup();
    products * slice.len().max(1) as f64 / seen
}

/// Sorts and joins equal sums. The stable sort, because it likes the sorted runs it gets.
pub(super) fn coalesce<const D: usize, N: Tally>(mut sums: Sums<D, N>) -> Sums<D, N> {
    sums.sort_by_key(|(sum, _)| *sum);
    sums.dedup_by(|next, kept| {
        let equal = next.0 == kept.0;
        if equal {
            kept.1.add(&next.1);
        }
        equal
    });
    sums
}

pub(super) fn plus<const D: usize>(a: &[u64; D], b: &[u64; D]) -> [u64; D] {
    std::array::from_fn(|at| a[at] + b[at])
}
