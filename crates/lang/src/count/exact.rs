//! The exact number of paths inside windows.
//!
//! Every segment's distinct costs are listed, the lists are merged into three, and for
//! every sum of the short one a sweep over the other two counts the pairs that end
//! inside the window.

use std::fmt;
use std::thread;

use num_bigint::BigUint;

use super::segment::{Bounds, Reduced, Sums, Tally, deal, segments};
use super::{Graph, Window};
use crate::space::{Metric, TABLES};

/// How much work an exact count may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most sums one list may hold while it is made.
    pub sums: usize,
    /// The most steps of the last sweep.
    pub steps: u64,
}

impl Default for Limits {
    /// About ten seconds and one gigabyte.
    fn default() -> Limits {
        Limits {
            sums: 1 << 24,
            steps: 10_000_000_000,
        }
    }
}

impl Limits {
    /// About a second.
    pub(crate) fn moderate() -> Limits {
        Limits {
            sums: 1 << 21,
            steps: 1 << 29,
        }
    }

    fn at_most(self, other: Limits) -> Limits {
        Limits {
            sums: self.sums.min(other.sums),
            steps: self.steps.min(other.steps),
        }
    }

    /// What is left for each of several counts.
    pub(super) fn for_one_of(self, counts: usize) -> Limits {
        Limits {
            steps: self.steps / counts.max(1) as u64,
            ..self
        }
    }

    /// A few milliseconds.
    pub(super) fn small() -> Limits {
        Limits {
            sums: 1 << 14,
            steps: 1 << 21,
        }
    }
}

/// The paths have too many different costs to count them exactly within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManySums;

impl fmt::Display for TooManySums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the paths have too many different costs to count them exactly")
    }
}

impl std::error::Error for TooManySums {}

/// Metrics that can have a window.
const METRICS: usize = Metric::COUNTED.len() + TABLES;

impl Graph {
    /// The exact number of paths inside every window.
    ///
    /// # Errors
    /// When the limits do not allow it; [`Graph::count_interval`] always answers.
    pub fn count_exact(&self, windows: &[Window], limits: Limits) -> Result<BigUint, TooManySums> {
        let Some(binding) = self.binding(windows) else {
            return Ok(BigUint::ZERO);
        };
        if let Some(graphs) = self.resolutions() {
            let limits = limits.for_one_of(graphs.len());
            let counts = graphs.iter();
            return counts
                .map(|(_, graph)| graph.count_exact(windows, limits))
                .sum();
        }
        let whole = |limits| match *binding.as_slice() {
            [] => Ok(self.count()),
            [a] => self.count_along(&[a], limits),
            [a, b] => self.count_along(&[a, b], limits),
            [a, b, c] => self.count_along(&[a, b, c], limits),
            [a, b, c, d] => self.count_along(&[a, b, c, d], limits),
            // A window twice asks no more than once.
            ref more => self.count_along(&padded(more), limits),
        };
        if self.cores.is_empty() {
            return whole(limits);
        }
        // Blocks far from each other that share a decision make the whole much more than its parts.
        whole(limits.at_most(Limits::small()))
            .or_else(|TooManySums| self.count_parts(windows, limits))
            .or_else(|TooManySums| whole(limits))
            .or_else(|TooManySums| self.count_layers(&binding, limits))
    }

    fn count_along<const D: usize>(
        &self,
        windows: &[Window; D],
        limits: Limits,
    ) -> Result<BigUint, TooManySums> {
        let reduced = Reduced::new(self, windows);
        if self.count().bits() < 128 {
            count_with::<D, u128>(self, &reduced, limits)
        } else {
            count_with::<D, BigUint>(self, &reduced, limits)
        }
    }
}

/// Windows on all metrics there can be, the last one repeated.
pub(super) fn padded(windows: &[Window]) -> [Window; METRICS] {
    std::array::from_fn(|at| windows[at.min(windows.len() - 1)])
}

fn count_with<const D: usize, N: Tally>(
    graph: &Graph,
    reduced: &Reduced<D>,
    limits: Limits,
) -> Result<BigUint, TooManySums> {
    let (lists, factor) = segments::<D, N>(graph, reduced, limits.sums)?;
    let bounds = &reduced.bounds;
    let inside = if D == 1 {
        let lists = deal(lists, bounds, limits.sums, |[long, middle, short]| {
            short * (long + middle)
        })?;
        sweep_lists(lists.each_ref(), bounds, limits.steps)
    } else {
        // Sums along several metrics have no order to sweep along; they are compared.
        let lists = deal(lists, bounds, limits.sums, |[one, other]| one * other)?;
        compare_lists(lists.each_ref(), bounds, limits.steps)
    }?;
    Ok(inside * factor.big())
}

/// Counts the triples inside a window along one metric.
pub(super) fn sweep_lists<const D: usize, N: Tally>(
    [long, middle, short]: [&Sums<D, N>; 3],
    bounds: &Bounds<D>,
    steps: u64,
) -> Result<BigUint, TooManySums> {
    let ends = 1 + u64::from(bounds.low[0] > 0);
    let sweeps = short.len() as u64 * ends;
    if sweeps.saturating_mul((long.len() + middle.len()) as u64) > steps {
        return Err(TooManySums);
    }
    let bounds = (bounds.low[0], bounds.high[0]);
    let short: Vec<(u64, BigUint)> = short.iter().map(|(sum, n)| (sum[0], n.big())).collect();
    match (Column::narrow(middle), Column::narrow(long)) {
        (Some(middle), Some(long)) => {
            let sweep = FastSweep::new(middle, &long);
            Ok(in_threads(&short, |part| sweep.count(part, bounds)))
        }
        _ => {
            let sweep = WideSweep::new(middle, long);
            Ok(in_threads(&short, |part| sweep.count(part, bounds)))
        }
    }
}

/// Deals the sums of the short list to as many threads as there are cores, in turn so
/// that all have as much to do, and adds up what they count.
fn in_threads(
    short: &[(u64, BigUint)],
    count: impl Fn(&[(u64, BigUint)]) -> BigUint + Sync,
) -> BigUint {
    let threads = thread::available_parallelism().map_or(1, |n| n.get().min(4));
    let deal =
        |part: usize| -> Vec<_> { short.iter().skip(part).step_by(threads).cloned().collect() };
    thread::scope(|scope| {
        let count = &count;
        let others: Vec<_> = (1..threads)
            .map(|part| {
                let part = deal(part);
                scope.spawn(move || count(&part))
            })
            .collect();
        let own = count(&deal(0));
        others
            .into_iter()
            .map(|other| other.join().expect("counting does not panic"))
            .fold(own, |sum, part| sum + part)
    })
}

/// A list whose multiplicities add up to less than 2^64.
struct Column {
    values: Vec<i64>,
    times: Vec<u64>,
}

impl Column {
    fn narrow<const D: usize, N: Tally>(list: &Sums<D, N>) -> Option<Column> {
        let total: BigUint = list.iter().map(|(_, times)| times.big()).sum();
        let largest = list.last().map_or(0, |(sum, _)| sum[0]);
        (total.bits() <= 64 && largest < FAR as u64).then(|| Column {
            values: list.iter().map(|(sum, _)| sum[0] as i64).collect(),
            times: list
                .iter()
                .map(|(_, times)| u64::try_from(times.big()).expect("no part passes the total"))
                .collect(),
        })
    }
}

/// Farther than any cost, and small enough to be added to one.
const FAR: i64 = 1 << 61;

/// How many thresholds one sweep answers side by side: each step waits for the one
/// before it, so several that do not wait for each other keep the core busy.
const LANES: usize = 4;

/// Counts pairs of two lists whose sum is at most a threshold. One list is walked up
/// while the other is walked down; a mark at the end of each keeps the steps without
/// branches: from both starts to both ends they are always as many as the lists are long.
struct FastSweep {
    /// The walked-up list, behind it a mark larger than any threshold.
    up: Vec<(i64, u64)>,
    /// The walked-down list with the multiplicities up to each value added up, before it
    /// a mark smaller than any threshold with nothing below.
    down: Vec<(i64, u64)>,
}

impl FastSweep {
    fn new(up: Column, down: &Column) -> FastSweep {
        let mut marked: Vec<_> = up.values.into_iter().zip(up.times).collect();
        marked.push((2 * FAR, 0));
        let mut total = 0;
        let cumulative = down.values.iter().zip(&down.times).map(|(&value, &times)| {
            total += times;
            (value, total)
        });
        let down = std::iter::once((-FAR, 0)).chain(cumulative).collect();
        FastSweep { up: marked, down }
    }

    /// The triples of `short` and one of each list that add up to `low..=high`.
    fn count(&self, short: &[(u64, BigUint)], (low, high): (u64, u64)) -> BigUint {
        let mut inside = BigUint::ZERO;
        for part in short.chunks(LANES) {
            let below = |end: u64| {
                let limits = std::array::from_fn(|lane| {
                    let sum = part.get(lane).map_or(u64::MAX, |(sum, _)| *sum);
                    threshold(end, sum)
                });
                self.at_most(limits)
            };
            let upper = below(high);
            let lower = if low > 0 { below(low - 1) } else { [0; LANES] };
            for (lane, (_, times)) in part.iter().enumerate() {
                inside += times * (upper[lane] - lower[lane]);
            }
        }
        inside
    }

    /// For each threshold, how many pairs add up to it or less.
    fn at_most(&self, limits: [i64; LANES]) -> [u128; LANES] {
        let mut pairs = [0u128; LANES];
        let mut up = [0usize; LANES];
        let mut down = [self.down.len() - 1; LANES];
        for _ in 0..self.up.len() + self.down.len() - 2 {
            for lane in 0..LANES {
                let (value, times) = self.up[up[lane]];
                let (other, total) = self.down[down[lane]];
                let fits = value + other <= limits[lane];
                let counted = times & u64::from(fits).wrapping_neg();
                pairs[lane] += u128::from(counted) * u128::from(total);
                up[lane] += usize::from(fits);
                down[lane] -= usize::from(!fits);
            }
        }
        pairs
    }
}

/// What is left of an upper end after `sum`; below every cost when nothing is.
fn threshold(end: u64, sum: u64) -> i64 {
    match end.min(FAR as u64 - 1).checked_sub(sum) {
        Some(left) => left as i64,
        None => -1,
    }
}

/// The same for multiplicities of any size.
struct WideSweep<N> {
    up: Vec<(u64, N)>,
    /// Values with the multiplicities up to each added up.
    down: Vec<(u64, N)>,
}

impl<N: Tally> WideSweep<N> {
    fn new<const D: usize>(up: &Sums<D, N>, down: &Sums<D, N>) -> WideSweep<N> {
        let mut cumulative: Vec<(u64, N)> = Vec::with_capacity(down.len());
        for (sum, times) in down {
            let mut total = times.clone();
            if let Some((_, before)) = cumulative.last() {
                total.add(before);
            }
            cumulative.push((sum[0], total));
        }
        WideSweep {
            up: up.iter().map(|(sum, n)| (sum[0], n.clone())).collect(),
            down: cumulative,
        }
    }

    fn count(&self, short: &[(u64, BigUint)], (low, high): (u64, u64)) -> BigUint {
        let below = |end: u64, sum: u64| end.checked_sub(sum).map(|limit| self.at_most(limit));
        let mut inside = BigUint::ZERO;
        for (sum, times) in short {
            let upper = below(high, *sum).unwrap_or_default();
            let lower = low.checked_sub(1).and_then(|end| below(end, *sum));
            inside += times * (upper - lower.unwrap_or_default());
        }
        inside
    }

    fn at_most(&self, limit: u64) -> BigUint {
        let mut pairs = BigUint::ZERO;
        let mut down = self.down.len();
        for (value, times) in &self.up {
            while down > 0 && value + self.down[down - 1].0 > limit {
                down -= 1;
            }
            if down == 0 {
                break;
            }
            pairs += times.product(&self.down[down - 1].1).big();
        }
        pairs
    }
}

/// Counts the pairs of the first two lists inside windows along several metrics: for
/// every sum of the second the stretch of the first that fits the first metric is looked through.
pub(super) fn compare_lists<const D: usize, N: Tally>(
    [long, short]: [&Sums<D, N>; 2],
    bounds: &Bounds<D>,
    steps: u64,
) -> Result<BigUint, TooManySums> {
    let stretch = |sum: u64| {
        let low = bounds.low[0].saturating_sub(sum);
        let start = long.partition_point(|(other, _)| other[0] < low);
        let end = match bounds.high[0].checked_sub(sum) {
            Some(high) => long.partition_point(|(other, _)| other[0] <= high),
            None => start,
        };
        start..end.max(start)
    };
    let wanted = short.iter().map(|(sum, _)| stretch(sum[0]).len() as u64);
    if wanted.fold(0, u64::saturating_add) > steps / 4 {
        return Err(TooManySums);
    }
    let mut inside = BigUint::ZERO;
    for (sum, times) in short {
        let pairs = long[stretch(sum[0])]
            .iter()
            .filter(|(other, _)| bounds.holds(&std::array::from_fn(|at| sum[at] + other[at])))
            .fold(None, |pairs: Option<N>, (_, ways)| match pairs {
                None => Some(ways.clone()),
                Some(mut pairs) => {
                    pairs.add(ways);
                    Some(pairs)
                }
            });
        if let Some(pairs) = pairs {
            inside += times.product(&pairs).big();
        }
    }
    Ok(inside)
}
