//! The share of paths inside windows, by dynamic programming over rounded costs.
//!
//! Costs are rounded to a grid along up to four metrics; of more windows the tightest four are taken. For every node there is a
//! table over what has been spent so far: the probability that a walk from there ends
//! inside the window. All terms are positive, so nothing cancels, and a walk that
//! chooses its edges by these tables is exactly conditioned on the rounded window.

use std::ops::Range;

use num_bigint::BigUint;

use super::weight::Weights;
use super::{Graph, Measure, Window, big};

/// A point of the grid: one number along each axis, 0 on those not in use.
pub(super) type Point = [i64; AXES];

/// Metrics of a grid.
pub(super) const AXES: usize = 4;

/// Whether a rounded window holds every path of the true one, or only such paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// A superset.
    Outer,
    /// A subset.
    Inner,
}

/// One metric rounded to a grid.
struct Axis {
    /// Grid cells of every edge, above the cheapest way on (see `Reduced` in `segment`).
    cells: Vec<Vec<i64>>,
    /// Fewest and most cells from the start to every node.
    before: Vec<(i64, i64)>,
    /// Fewest and most cells from every node to the end.
    after: Vec<(i64, i64)>,
    /// The window in cells, for a superset and a subset.
    outer: (i64, i64),
    inner: (i64, i64),
}

impl Axis {
    fn new(graph: &Graph, window: &Window, step: u64) -> Axis {
        let (cells, errors) = round(graph, window, step);
        let before = from_start(graph, &cells);
        let after = to_end(graph, &cells);
        let suffix = graph.suffix_extremes(window.metric);
        let (least, most) = (i128::from(suffix.least[0]), i128::from(suffix.most[0]));
        // A path's reduced cost is step · cells + error, with `low..=high` for the error.
        let (error_low, error_high) = to_end(graph, &errors)[0];
        let step = i128::from(step);
        let cell = |cost: i128, error: i64| cost - i128::from(error);
        let ends = |low_error: i64, high_error: i64| {
            let low = match i128::from(window.low) {
                low if low <= least => i128::MIN / 4,
                low => cell(low - least, low_error),
            };
            let high = match i128::from(window.high) {
                high if high >= most => i128::MAX / 4,
                high => cell(high - least, high_error),
            };
            let clamp = |cell: i128| cell.clamp(-1, i128::from(after[0].1) + 1) as i64;
            (
                clamp(-(-low).div_euclid(step)),
                clamp(high.div_euclid(step)),
            )
        };
        Axis {
            outer: ends(error_high, error_low),
            inner: ends(error_low, error_high),
            cells,
            before,
            after,
        }
    }

    /// What can have been spent at a node for the window to be in reach; empty when nothing.
    fn extent(&self, node: usize, side: Side) -> (i64, i64) {
        let (low, high) = match side {
            Side::Outer => self.outer,
            Side::Inner => self.inner,
        };
        let (before, after) = (self.before[node], self.after[node]);
        (before.0.max(low - after.1), before.1.min(high - after.0))
    }
}

/// Every edge's reduced cost as cells of `step`, to the nearest, and the errors left.
fn round(graph: &Graph, window: &Window, step: u64) -> (Vec<Vec<i64>>, Vec<Vec<i64>>) {
    let least = graph.suffix_extremes(window.metric).least;
    let split = |from: usize, edge: &super::Edge| {
        let cost = edge.cost.get(window.metric) + least[edge.to] - least[from];
        let cells = (cost + step / 2) / step;
        (cells as i64, cost as i64 - (cells * step) as i64)
    };
    graph
        .nodes
        .iter()
        .enumerate()
        .map(|(from, node)| node.edges.iter().map(|edge| split(from, edge)).unzip())
        .unzip()
}

/// Smallest and largest sum from every node to the end.
fn to_end(graph: &Graph, values: &[Vec<i64>]) -> Vec<(i64, i64)> {
    let mut sums = vec![(0, 0); graph.nodes.len()];
    for (at, node) in graph.nodes.iter().enumerate().rev() {
        let ways = node.edges.iter().zip(&values[at]);
        let ways = ways.map(|(edge, value)| (sums[edge.to].0 + value, sums[edge.to].1 + value));
        sums[at] = ways.reduce(hull).unwrap_or((0, 0));
    }
    sums
}

/// Smallest and largest sum from the start to every node.
fn from_start(graph: &Graph, values: &[Vec<i64>]) -> Vec<(i64, i64)> {
    let mut sums = vec![(i64::MAX, i64::MIN); graph.nodes.len()];
    sums[0] = (0, 0);
    for (at, node) in graph.nodes.iter().enumerate() {
        for (edge, value) in node.edges.iter().zip(&values[at]) {
            let reached = (sums[at].0 + value, sums[at].1 + value);
            sums[edge.to] = hull(sums[edge.to], reached);
        }
    }
    sums
}

fn hull(a: (i64, i64), b: (i64, i64)) -> (i64, i64) {
    (a.0.min(b.0), a.1.max(b.1))
}

/// A graph's costs rounded along the metrics of some windows.
pub(super) struct Grid<'g> {
    graph: &'g Graph,
    axes: Vec<Axis>,
    /// For every node, the node whose table it shares: itself where there is a choice,
    /// else the next one with a choice, as an edge without alternative costs no cell.
    table_of: Vec<usize>,
}

impl<'g> Grid<'g> {
    /// The finest grid whose tables hold about `budget` numbers in all, for up to four
    /// binding windows.
    pub fn new(graph: &'g Graph, windows: &[Window], budget: usize) -> Grid<'g> {
        let mut bins = first_guess(graph, windows, budget);
        loop {
            let grid = Grid::with_bins(graph, windows, bins);
            let size = grid.size();
            if size <= budget as u128 || bins <= 2 {
                return grid;
            }
            let root = 1.0 / windows.len().max(1) as f64;
            let shrink = (budget as f64 / size as f64).powf(root).min(0.95);
            bins = ((bins as f64 * shrink) as u64).max(2);
        }
    }

    /// A grid with about this many cells from the smallest to the largest cost that matter.
    fn with_bins(graph: &'g Graph, windows: &[Window], bins: u64) -> Grid<'g> {
        let axis = |window: &Window| {
            let (least, most) = graph
                .extremes(window.metric)
                .expect("a binding window has paths");
            let range = window.high.min(most) - least;
            Axis::new(graph, window, (range / bins).max(1))
        };
        Grid {
            graph,
            axes: windows.iter().map(axis).collect(),
            table_of: shared_tables(graph),
        }
    }

    /// How many numbers the tables hold.
    fn size(&self) -> u128 {
        let own = |node: &usize| self.table_of[*node] == *node;
        let size = |node| {
            let (_, size) = self.extent(node, Side::Outer);
            size.iter().map(|&cells| cells as u128).product::<u128>()
        };
        (0..self.graph.nodes.len()).filter(own).map(size).sum()
    }

    /// First point and number of points of a node's table.
    fn extent(&self, node: usize, side: Side) -> Extent {
        let mut first = [0; AXES];
        let mut size = [1; AXES];
        for (at, axis) in self.axes.iter().enumerate() {
            let (low, high) = axis.extent(node, side);
            first[at] = low;
            size[at] = usize::try_from(high - low + 1).unwrap_or(0);
        }
        (first, size)
    }

    /// What an edge adds.
    pub fn cells(&self, node: usize, edge: usize) -> Point {
        let mut point = [0; AXES];
        for (at, axis) in self.axes.iter().enumerate() {
            point[at] = axis.cells[node][edge];
        }
        point
    }
}

/// As many cells as would fill the budget if every table were as large as the range.
fn first_guess(graph: &Graph, windows: &[Window], budget: usize) -> u64 {
    let choices = graph.nodes.iter().filter(|node| node.edges.len() > 1);
    let per_node = budget as f64 / choices.count().max(1) as f64;
    (2.0 * per_node.powf(1.0 / windows.len().max(1) as f64)) as u64 + 2
}

fn shared_tables(graph: &Graph) -> Vec<usize> {
    let mut table_of: Vec<usize> = (0..graph.nodes.len()).collect();
    for (at, node) in graph.nodes.iter().enumerate().rev() {
        if let [only] = node.edges.as_slice() {
            table_of[at] = table_of[only.to];
        }
    }
    table_of
}

/// The probabilities of one node.
#[derive(Default)]
struct Values {
    first: Point,
    size: [usize; AXES],
    /// The first axis runs fastest.
    values: Vec<f64>,
}

impl Values {
    fn filled(value: f64, (first, size): Extent) -> Values {
        Values {
            first,
            size,
            values: vec![value; size.iter().product()],
        }
    }

    fn at(&self, point: Point) -> f64 {
        let mut index = 0;
        for axis in (0..AXES).rev() {
            let offset = point[axis] - self.first[axis];
            match usize::try_from(offset) {
                Ok(offset) if offset < self.size[axis] => {
                    index = index * self.size[axis] + offset;
                }
                _ => return 0.0,
            }
        }
        self.values[index]
    }

    /// Sets one number; nothing where there is no place for it.
    fn put(&mut self, point: Point, value: f64) {
        let inside = (0..AXES).all(|axis| {
            let offset = point[axis] - self.first[axis];
            (0..self.size[axis] as i64).contains(&offset)
        });
        if inside {
            let index = (0..AXES).rev().fold(0, |index, axis| {
                index * self.size[axis] + (point[axis] - self.first[axis]) as usize
            });
            self.values[index] = value;
        }
    }

    /// Adds `weight` times what `next` says after spending `cells` more.
    fn add(&mut self, next: &Values, cells: Point, weight: f64) {
        let (own, other) = ((self.first, self.size), (next.first, next.size));
        overlap(own, other, cells, |to, from| {
            let targets = self.values[to].iter_mut();
            for (target, value) in targets.zip(&next.values[from]) {
                *target += weight * value;
            }
        });
    }

    /// The sum of the products of what both say, of `next` after spending `cells` more.
    fn product(&self, next: &Values, cells: Point) -> f64 {
        let (own, other) = ((self.first, self.size), (next.first, next.size));
        let mut sum = 0.0;
        overlap(own, other, cells, |at, from| {
            let pairs = self.values[at].iter().zip(&next.values[from]);
            sum += pairs.map(|(a, b)| a * b).sum::<f64>();
        });
        sum
    }
}

/// First point and number of points of a table.
type Extent = (Point, [usize; AXES]);

/// Every run of neighbours in a table, with those in another that lie `cells` farther on.
fn overlap(
    (first, size): Extent,
    (next_first, next_size): Extent,
    cells: Point,
    mut each: impl FnMut(Range<usize>, Range<usize>),
) {
    let mut from = [0; AXES];
    let mut until = [0; AXES];
    for axis in 0..AXES {
        let shift = next_first[axis] - first[axis] - cells[axis];
        let end = (shift + next_size[axis] as i64).min(size[axis] as i64);
        from[axis] = shift.max(0) as usize;
        until[axis] = end.max(shift.max(0)) as usize;
    }
    let source = |axis: usize, at: usize| {
        (at as i64 + first[axis] + cells[axis] - next_first[axis]) as usize
    };
    let length = until[0] - from[0];
    if length == 0 {
        return;
    }
    for w in from[3]..until[3] {
        for z in from[2]..until[2] {
            let plane = w * size[2] + z;
            let source_plane = source(3, w) * next_size[2] + source(2, z);
            for y in from[1]..until[1] {
                let to = (plane * size[1] + y) * size[0] + from[0];
                let row = source_plane * next_size[1] + source(1, y);
                let at = row * next_size[0] + source(0, from[0]);
                each(to..to + length, at..at + length);
            }
        }
    }
}

/// The tables of all nodes with a choice, and what every edge weighs.
pub(super) struct Table {
    values: Vec<Values>,
    table_of: Vec<usize>,
    /// Chance of every edge times those of the edges without alternative behind it.
    weights: Vec<Vec<f64>>,
    /// Chance of the edges without alternative at the start.
    start: f64,
    /// No share is farther from the truth than this part of it.
    error: f64,
}

impl Table {
    pub fn new(grid: &Grid, weights: &Weights, side: Side) -> Table {
        let graph = grid.graph;
        let last = graph.nodes.len() - 1;
        let chain = chain_weights(graph, weights);
        let mut table = Table {
            values: Vec::new(),
            table_of: grid.table_of.clone(),
            weights: fold_chains(graph, weights, &chain),
            start: chain[0],
            error: rounding_error(graph),
        };
        table.values.resize_with(graph.nodes.len(), Values::default);
        for at in (0..=last).rev().filter(|&at| grid.table_of[at] == at) {
            let fill = if at == last { 1.0 } else { 0.0 };
            let mut values = Values::filled(fill, grid.extent(at, side));
            for (index, edge) in graph.nodes[at].edges.iter().enumerate() {
                let next = &table.values[table.table_of[edge.to]];
                values.add(next, grid.cells(at, index), table.weights[at][index]);
            }
            table.values[at] = values;
        }
        table
    }

    /// For every edge, the probability of the rounded window and of a walk along it.
    pub fn masses(&self, grid: &Grid) -> Vec<Vec<f64>> {
        let graph = grid.graph;
        let mut masses: Vec<Vec<f64>> = Vec::with_capacity(graph.nodes.len());
        // What comes to every node, in all and by what has been spent.
        let mut whole = vec![0.0; graph.nodes.len()];
        let mut spent: Vec<Values> = Vec::new();
        let own = |node: usize| (self.values[node].first, self.values[node].size);
        spent.resize_with(graph.nodes.len(), Values::default);
        whole[0] = self.share().1;
        let first = self.table_of[0];
        spent[first] = Values::filled(0.0, own(first));
        spent[first].put([0; AXES], self.start);
        for (at, node) in graph.nodes.iter().enumerate() {
            let before = std::mem::take(&mut spent[at]);
            let mut of_node = vec![whole[at]; node.edges.len()];
            for (index, edge) in node.edges.iter().enumerate() {
                if self.table_of[at] == at {
                    let (weight, cells) = (self.weights[at][index], grid.cells(at, index));
                    let to = self.table_of[edge.to];
                    of_node[index] = weight * before.product(&self.values[to], cells);
                    if spent[to].values.is_empty() {
                        spent[to] = Values::filled(0.0, own(to));
                    }
                    spent[to].add(&before, cells.map(|cells| -cells), weight);
                }
                whole[edge.to] += of_node[index];
            }
            masses.push(of_node);
        }
        masses
    }

    /// No mass is farther from the truth than this part of it: it goes through two tables.
    pub fn flow_error(graph: &Graph) -> f64 {
        3.0 * rounding_error(graph)
    }

    /// Probability that a walk from `node`, where `spent` has been spent, ends inside.
    pub fn at(&self, node: usize, spent: Point) -> f64 {
        self.values[self.table_of[node]].at(spent)
    }

    /// The same of taking this edge first.
    pub fn through(&self, node: usize, edge: usize, to: usize, spent: Point) -> f64 {
        self.weights[node][edge] * self.at(to, spent)
    }

    /// Probability of the rounded window, at least and at most.
    pub fn share(&self) -> (f64, f64) {
        let share = self.start * self.at(0, [0; AXES]);
        (share * (1.0 - self.error), share * (1.0 + self.error))
    }
}

/// For every node, the chance of the edges without alternative that follow.
fn chain_weights(graph: &Graph, weights: &Weights) -> Vec<f64> {
    let mut chain = vec![1.0; graph.nodes.len()];
    for (at, node) in graph.nodes.iter().enumerate().rev() {
        if let [only] = node.edges.as_slice() {
            chain[at] = weights.0[at][0] * chain[only.to];
        }
    }
    chain
}

fn fold_chains(graph: &Graph, weights: &Weights, chain: &[f64]) -> Vec<Vec<f64>> {
    let of_node = |(node, weights): (&super::Node, &Vec<f64>)| {
        let edges = node.edges.iter().zip(weights);
        edges
            .map(|(edge, weight)| weight * chain[edge.to])
            .collect()
    };
    graph.nodes.iter().zip(&weights.0).map(of_node).collect()
}

/// A share is a product of at most one factor a node, each off by at most 8 units in the
/// last place, and of sums with one term an edge; all terms are positive, so relative
/// errors only add up. Doubled for the second-order terms.
fn rounding_error(graph: &Graph) -> f64 {
    let edges: usize = graph.nodes.iter().map(|node| node.edges.len()).sum();
    2.0 * (edges + 16 * graph.nodes.len()) as f64 * f64::EPSILON
}

impl Graph {
    /// Bounds on the number of paths inside binding windows from tables of about `budget` numbers.
    pub(super) fn count_by_table(&self, windows: &[Window], budget: usize) -> (BigUint, BigUint) {
        let weights = Weights::new(self, Measure::Paths);
        let total = self.count();
        let (windows, others) = self.tightest(windows, &weights, AXES);
        let grid = Grid::new(self, &windows, budget);
        let (_, most) = Table::new(&grid, &weights, Side::Outer).share();
        let (least, _) = Table::new(&grid, &weights, Side::Inner).share();
        // A share too small for an f64 vanishes: below it nothing is known.
        let lost = if total.bits() > 900 { 1e-250 } else { 0.0 };
        let high = big::share_floor(&total, most + lost).min(total.clone());
        let low = big::share_floor(&total, least);
        // Any of these may lie outside the windows without an axis.
        let outside = others.iter().map(|window| {
            let grid = Grid::new(self, std::slice::from_ref(window), budget);
            let (least, _) = Table::new(&grid, &weights, Side::Inner).share();
            &total - big::share_floor(&total, least).min(total.clone())
        });
        let outside: BigUint = outside.sum();
        (
            if low > outside {
                low - outside
            } else {
                BigUint::ZERO
            },
            high,
        )
    }

    /// The `count` windows with the smallest shares, and the others.
    pub(super) fn tightest(
        &self,
        windows: &[Window],
        weights: &Weights,
        count: usize,
    ) -> (Vec<Window>, Vec<Window>) {
        if windows.len() <= count {
            return (windows.to_vec(), Vec::new());
        }
        let share = |window: &Window| {
            let grid = Grid::new(self, std::slice::from_ref(window), 1 << 16);
            Table::new(&grid, weights, Side::Outer).share().1
        };
        let mut shares: Vec<(f64, Window)> = windows.iter().map(|w| (share(w), *w)).collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut windows: Vec<Window> = shares.into_iter().map(|(_, window)| window).collect();
        let others = windows.split_off(count);
        (windows, others)
    }
}
