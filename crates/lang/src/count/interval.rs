//! A guaranteed interval for the number of paths inside windows, quickly.
//!
//! Where the exact count is cheap, it is the interval. For one window the distinct
//! costs of the segments are put into two dense arrays and one short list, which
//! rounds costs only twice. All other questions go to the tables.

use std::thread;

use num_bigint::BigUint;

use super::segment::{Reduced, Sums, deal, segments};
use super::{Graph, Limits, TooManySums, Window, big};

/// Numbers in the tables where those have to answer.
const TABLE_BUDGET: usize = 1 << 23;

/// Multiplications of the dense count.
const WORK: f64 = 2e8;

impl Graph {
    /// A lower and an upper bound on the number of paths inside every window; the count
    /// lies between them, ends included. Equal where the exact count is cheap.
    pub fn count_interval(&self, windows: &[Window]) -> (BigUint, BigUint) {
        if let Ok(exact) = self.count_exact(windows, Limits::small()) {
            return (exact.clone(), exact);
        }
        match self.resolutions() {
            None => self.interval(windows, 1.0),
            Some(graphs) => {
                let part = 1.0 / graphs.len() as f64;
                let intervals = graphs
                    .iter()
                    .map(|(_, graph)| graph.interval(windows, part));
                let nothing = (BigUint::ZERO, BigUint::ZERO);
                intervals.fold(nothing, |sum, one| (sum.0 + one.0, sum.1 + one.1))
            }
        }
    }

    /// The same at one resolution, with a part of the work.
    fn interval(&self, windows: &[Window], part: f64) -> (BigUint, BigUint) {
        let Some(binding) = self.binding(windows) else {
            return (BigUint::ZERO, BigUint::ZERO);
        };
        let total = self.count();
        if binding.is_empty() {
            return (total.clone(), total);
        }
        let work = WORK * part;
        let dense = |window| {
            let whole = self.dense_shares(window, work);
            whole.or_else(|| self.parts_shares(window, work))
        };
        let dense = binding.iter().map(dense).collect::<Option<Vec<_>>>();
        // No more paths meet all windows than meet any one of them.
        let most = dense.iter().flatten().map(|(_, most)| *most);
        let most = big::share_floor(&total, most.fold(1.0, f64::min)).min(total.clone());
        match dense.as_deref() {
            Some([(least, _)]) => (big::share_floor(&total, *least), most),
            _ => {
                let budget = (TABLE_BUDGET as f64 * part) as usize;
                let (low, high) = self.count_by_table(&binding, budget);
                (low, high.min(most))
            }
        }
    }

    /// Whether at least `threshold` paths surely lie inside every window: by coarse tables where those can tell,
    /// else by ever better counts. `false` where there are fewer, or where a second or so proves no more.
    pub fn surely_has(&self, windows: &[Window], threshold: &BigUint) -> bool {
        let binding = match self.binding(windows) {
            None => return *threshold == BigUint::ZERO,
            Some(binding) if binding.is_empty() => return self.count() >= *threshold,
            Some(binding) => binding,
        };
        for budget in [4_000, 40_000, 400_000] {
            let (low, high) = self.count_by_table(&binding, budget);
            if low >= *threshold || high < *threshold {
                return low >= *threshold;
            }
        }
        self.count_ends(&binding).0 >= *threshold
    }

    /// A lower and an upper bound on the number of paths inside every window; equal where counting takes about a second.
    pub fn count_ends(&self, windows: &[Window]) -> (BigUint, BigUint) {
        let exact = self.count_exact(windows, Limits::moderate());
        let exact = exact.map(|count| (count.clone(), count));
        exact.unwrap_or_else(|TooManySums| self.count_interval(windows))
    }

    /// Bounds on the share of paths inside one window; `None` where the graph does not
    /// fall into short lists, or where shares could be too small for an `f64`.
    pub(super) fn dense_shares(&self, window: &Window, work: f64) -> Option<(f64, f64)> {
        let total = self.count();
        if total.bits() > 900 {
            return None;
        }
        let reduced = Reduced::new(self, &[*window]);
        let (lists, kept) = short_lists(self, &reduced).ok()?;
        let bounds = (reduced.bounds.low[0], reduced.bounds.high[0]);
        let last = |list: &Shares| list.last().map_or(0, |(sum, _)| *sum);
        if lists.iter().map(last).sum::<u64>() < bounds.0 {
            return Some((0.0, 0.0)); // no sum between the largest below and the smallest above
        }
        let (least, most) = Dense::new(&lists, bounds, work).shares(&lists[SHORT]);
        let kept = big::ratio(&kept, &total);
        Some((least * kept, most * kept))
    }
}

/// A list of costs with the share of ways that have each.
type Shares = Vec<(u64, f64)>;

/// Five lists: two whose sums fill the first array, two for the second, a short one.
const FIRST: [usize; 2] = [0, 1];
const SECOND: [usize; 2] = [2, 3];
const SHORT: usize = 4;

/// The five lists, and how many paths they stand for.
fn short_lists(graph: &Graph, reduced: &Reduced<1>) -> Result<([Shares; 5], BigUint), TooManySums> {
    let (lists, factor) = segments::<1, BigUint>(graph, reduced, 1 << 16)?;
    // Every product falls into a cell somewhere in memory; the short list passes over
    // arrays of about half a million cells.
    let cost = |[a, b, c, d, short]: [f64; 5]| 4.0 * (a * b + c * d) + 5e5 * short;
    let lists = deal(lists, &reduced.bounds, 1 << 20, cost)?;
    let kept = lists.iter().map(total).fold(factor, |all, list| all * list);
    Ok((lists.each_ref().map(shares), kept))
}

fn total(list: &Sums<1, BigUint>) -> BigUint {
    list.iter().map(|(_, times)| times).sum()
}

fn shares(list: &Sums<1, BigUint>) -> Shares {
    let total = total(list);
    let share = |(sum, times): &([u64; 1], BigUint)| (sum[0], big::ratio(times, &total));
    list.iter().map(share).collect()
}

/// Four of five lists as two dense arrays over cells of costs, rounded down.
///
/// Two costs `a` and `b` fall into cells whose numbers add up to `s`; then `a + b` lies
/// in `s · step ..= s · step + 2 · step - 2`.
struct Dense {
    step: u64,
    /// Smallest and largest sum wanted; the smallest is absent where it excludes nothing.
    low: Option<u64>,
    high: u64,
    /// Shares of the first two lists by cell.
    cells: Vec<f64>,
    /// Most cells of the other two lists.
    others: u64,
    /// By cell `s`, back to front: the share of the other two lists in the cells up to
    /// `s`, as far down as the window reaches; for a superset and a subset.
    outer: Vec<f64>,
    inner: Vec<f64>,
    error: f64,
}

impl Dense {
    fn new(lists: &[Shares; 5], (low, high): (u64, u64), work: f64) -> Dense {
        let last = |at: usize| lists[at].last().map_or(0, |(sum, _)| *sum);
        let all = (0..lists.len()).map(last).sum();
        let high = high.min(all);
        let low = (low > 0).then_some(low);
        let ends = [FIRST, SECOND].map(|[one, other]| last(one) + last(other));
        let step = step(&lists[SHORT], ends, (low.unwrap_or(0), high), work);
        let cells = scatter(lists, FIRST, step, ends[0].min(high));
        let others = scatter(lists, SECOND, step, ends[1].min(high));
        let length = (high / step + 1) as usize;
        let width = |slack: i128| low.map(|low| window_cells(high - low, slack, step));
        let slack = 2 * i128::from(step) - 2;
        let products = [FIRST, SECOND].map(|[a, b]| lists[a].len() * lists[b].len());
        let terms = products[0] + products[1] + lists[SHORT].len() + 4 * length + 64;
        Dense {
            step,
            low,
            high,
            others: others.len() as u64,
            outer: windowed(&others, length, width(slack).map(|cells| cells + 1)),
            inner: windowed(&others, length, width(-slack)),
            cells,
            error: terms as f64 * f64::EPSILON,
        }
    }

    /// The least and the largest share of triples with a sum of the short list inside.
    fn shares(&self, short: &Shares) -> (f64, f64) {
        let half = |part: usize| {
            let mut sums = (0.0, 0.0);
            for (sum, share) in short.iter().skip(part).step_by(2) {
                if let Some(left) = self.high.checked_sub(*sum) {
                    let low = self.low.map_or(0, |low| low.saturating_sub(*sum));
                    sums.1 += share * self.pairs(&self.outer, left, low);
                    if let Some(left) = left.checked_sub(2 * self.step - 2) {
                        sums.0 += share * self.pairs(&self.inner, left, low);
                    }
                }
            }
            sums
        };
        let (even, odd) = thread::scope(|scope| {
            let odd = scope.spawn(|| half(1));
            (half(0), odd.join().expect("adding up does not panic"))
        });
        let (least, most) = (even.0 + odd.0, even.1 + odd.1);
        (least * (1.0 - self.error), most * (1.0 + self.error))
    }

    /// The share of pairs whose cells add up to at most `high`, as far down as `window` reaches.
    fn pairs(&self, window: &[f64], high: u64, low: u64) -> f64 {
        let top = (high / self.step) as usize;
        // Below this cell even the dearest of the other lists stays under the window.
        let from = (low / self.step).saturating_sub(self.others + 2) as usize;
        let until = self.cells.len().min(top + 1);
        if from >= until {
            return 0.0;
        }
        let start = window.len() - 1 - top + from;
        dot(&self.cells[from..until], &window[start..])
    }
}

/// Cells from a window's top that surely cover it (`slack` up) or are surely in it (down).
fn window_cells(width: u64, slack: i128, step: u64) -> usize {
    let cells = (i128::from(width) + slack).div_euclid(i128::from(step));
    usize::try_from(cells).unwrap_or(0)
}

/// The finest step that keeps the arrays and the work within limits.
fn step(short: &Shares, ends: [u64; 2], (low, high): (u64, u64), work: f64) -> u64 {
    const LONGEST: u64 = 1 << 20;
    let wanted: f64 = short
        .iter()
        .filter_map(|(sum, _)| {
            let until = high.checked_sub(*sum)?.min(ends[0]);
            let from = low.saturating_sub(*sum).saturating_sub(ends[1]);
            Some(until.saturating_sub(from) as f64 * 2.0)
        })
        .sum();
    ((wanted / work) as u64).max(high / LONGEST).max(1)
}

/// Every sum of two lists up to `end`, by cell.
fn scatter(lists: &[Shares; 5], [one, other]: [usize; 2], step: u64, end: u64) -> Vec<f64> {
    let mut cells = vec![0.0; (end / step + 1) as usize];
    for (a, share) in &lists[one] {
        for (b, other) in &lists[other] {
            if a + b > end {
                break;
            }
            cells[((a + b) / step) as usize] += share * other;
        }
    }
    cells
}

/// For every cell the sum of the `width` cells that end with it (all, without a width),
/// back to front. Without subtraction, so that nothing cancels: a stretch is the tail
/// of one block of `width` cells and the head of the next.
fn windowed(cells: &[f64], length: usize, width: Option<usize>) -> Vec<f64> {
    let width = width.unwrap_or(length).min(length);
    let value = |at: usize| cells.get(at).copied().unwrap_or(0.0);
    let mut sums = vec![0.0; length];
    if width == 0 {
        return sums;
    }
    for block in (0..length).step_by(width) {
        let mut tail = 0.0;
        for at in (block..(block + width).min(length)).rev() {
            tail += value(at);
            // The tail from `at` on belongs to the stretch that ends in the next block.
            let end = at + width - 1;
            if at != block && end < length {
                sums[end] += tail;
            }
        }
        let mut head = 0.0;
        let end = (block + width).min(length);
        for (at, sum) in sums.iter_mut().enumerate().take(end).skip(block) {
            head += value(at);
            *sum += head;
        }
    }
    sums.reverse();
    sums
}

/// Sum of products over the shorter length, in eight partial sums that run side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}
