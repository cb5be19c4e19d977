//! How the paths inside windows part at every decision, all at once.
//!
//! What a table says of the ways from a node to the end, times the chance to come there having
//! spent so much, is the share of paths through each of its edges. In the larger of two rounded windows that is
//! at least the true share, in the smaller one at most.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign};

use super::sharing::Taken;
use super::table::{AXES, Grid, Side, Table};
use super::weight::Weights;
use super::{Graph, Measure, Step, Window};
use crate::cost::Cost;
use crate::space::Metric;

/// Numbers in the tables of one window.
const BUDGET: usize = 1 << 21;

/// So few paths are walked one by one: then nothing is rounded.
const FEW: u64 = 1 << 18;

/// They are walked where they have so few steps together, and no more each: a walk keeps a frame for each of its steps.
const STEPS: usize = 1 << 23;
const LONGEST: usize = 1 << 10;

/// The part of all paths of a graph that meets some condition and lies inside every window:
/// guaranteed bounds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Part {
    /// At least so much.
    pub least: f64,
    /// At most so much.
    pub most: f64,
}

impl Add for Part {
    type Output = Part;

    fn add(self, other: Part) -> Part {
        Part {
            least: self.least + other.least,
            most: self.most + other.most,
        }
    }
}

impl AddAssign for Part {
    fn add_assign(&mut self, other: Part) {
        *self = *self + other;
    }
}

impl Part {
    /// This part, known.
    fn exactly(part: f64) -> Part {
        Part {
            least: part,
            most: part,
        }
    }

    /// What this is of itself and the rest together, both bounds in 0..=1.
    pub fn share(self, rest: Part) -> Part {
        let of = |part: f64, rest: f64| match part + rest > 0.0 {
            true => part / (part + rest),
            false => 0.0,
        };
        Part {
            least: of(self.least, rest.most),
            most: of(self.most, rest.least),
        }
    }
}

/// Something of every value that a path can take.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decided<T> {
    /// Of a candidate in a block: `blocks[row][block][candidate]`.
    pub blocks: Vec<Vec<Vec<T>>>,
    /// Of a depth of a row: `depths[row][depth]`.
    pub depths: Vec<Vec<T>>,
    /// Of a value of a choice that some block follows: `choices[choice][value]`.
    pub choices: Vec<Vec<T>>,
    /// Of a resolution, where paths decide that.
    pub resolutions: BTreeMap<u32, T>,
}

impl Graph {
    /// Which part of all paths takes each value inside every window; a second or so in ordinary spaces.
    pub fn flow(&self, windows: &[Window]) -> Decided<Part> {
        self.flow_with(windows, FEW, BUDGET)
    }

    /// The same, where at most `few` paths are walked one by one, and tables hold about `budget` numbers.
    pub(super) fn flow_with(&self, windows: &[Window], few: u64, budget: usize) -> Decided<Part> {
        let Some(binding) = self.binding(windows) else {
            return Decided::default();
        };
        if let Some(all) = self.walkable(few) {
            let walked = self.walked(&binding);
            return self.decided(
                |node, edge| Part::exactly(walked[node][edge] as f64 / all as f64),
                |sum, part| *sum += part,
            );
        }
        let weights = Weights::new(self, Measure::Paths);
        let (axes, others) = self.tightest(&binding, &weights, AXES);
        let grid = Grid::new(self, &axes, budget);
        let masses = |side| Table::new(&grid, &weights, side).masses(&grid);
        let (most, mut least) = (masses(Side::Outer), masses(Side::Inner));
        // Any part may lie outside the windows without an axis.
        let outside: f64 = others
            .iter()
            .map(|one| self.outside(one, &weights, budget))
            .sum();
        for mass in least.iter_mut().flatten() {
            *mass = (*mass - outside).max(0.0);
        }
        // A share too small for an f64 vanishes: below it nothing is known.
        let lost = if self.count().bits() > 900 {
            1e-250
        } else {
            0.0
        };
        let error = Table::flow_error(self);
        let part = |node: usize, edge: usize| Part {
            least: least[node][edge] * (1.0 - error),
            most: most[node][edge] * (1.0 + error) + lost,
        };
        self.decided(part, |sum, part| *sum += part)
    }

    /// The least and the most that paths with each value cost, windows left aside; `None` of a
    /// value that no path takes.
    pub fn value_extremes(&self, metric: Metric) -> Decided<Option<(u64, u64)>> {
        let before = self.prefix_extremes(metric);
        let after = self.suffix_extremes(metric);
        let ends = |node: usize, edge: usize| {
            let edge = &self.nodes[node].edges[edge];
            let cost = edge.cost.get(metric);
            Some((
                before[node].0 + cost + after.least[edge.to],
                before[node].1 + cost + after.most[edge.to],
            ))
        };
        self.decided(ends, |hull, ends| *hull = wider(*hull, ends))
    }

    /// Which values some path takes, windows left aside.
    pub fn values_on_paths(&self) -> Decided<bool> {
        self.decided(|_, _| true, |known, one| *known |= one)
    }

    /// The number of all paths, where they are no more than `few`, and short.
    fn walkable(&self, few: u64) -> Option<u64> {
        let all = u64::try_from(self.count()).ok().filter(|&all| all <= few)?;
        let longest = self.longest_walk();
        let steps = usize::try_from(all).ok()?.checked_mul(longest)?;
        (longest <= LONGEST && steps <= STEPS).then_some(all)
    }

    /// How many paths inside every window go along each edge: all of them are walked.
    fn walked(&self, windows: &[Window]) -> Vec<Vec<u64>> {
        let none = |node: &super::Node| vec![0; node.edges.len()];
        let mut counts: Vec<Vec<u64>> = self.nodes.iter().map(none).collect();
        self.walk_on(0, Cost::default(), windows, &mut counts);
        counts
    }

    /// How many of the ways on from a node, where `spent` has been spent, end inside.
    fn walk_on(&self, at: usize, spent: Cost, windows: &[Window], counts: &mut [Vec<u64>]) -> u64 {
        if at + 1 == self.nodes.len() {
            return u64::from(windows.iter().all(|window| window.holds(spent)));
        }
        let mut all = 0;
        for (index, edge) in self.nodes[at].edges.iter().enumerate() {
            let inside = self.walk_on(edge.to, spent + edge.cost, windows, counts);
            counts[at][index] += inside;
            all += inside;
        }
        all
    }

    /// At most this share of all paths lies outside a window.
    fn outside(&self, window: &Window, weights: &Weights, budget: usize) -> f64 {
        let grid = Grid::new(self, std::slice::from_ref(window), budget);
        1.0 - Table::new(&grid, weights, Side::Inner).share().0
    }

    /// Something of every edge, put together by what these decide.
    fn decided<T: Clone + Default>(
        &self,
        of: impl Fn(usize, usize) -> T,
        join: impl Fn(&mut T, T),
    ) -> Decided<T> {
        let (places, taken) = (self.places(), self.taken());
        let sizes = self.sharing.sizes.iter();
        let mut all = Decided {
            choices: sizes.map(|&size| vec![T::default(); size.into()]).collect(),
            ..Decided::default()
        };
        for (at, node) in self.nodes.iter().enumerate() {
            let (row, block) = places[at];
            for (index, edge) in node.edges.iter().enumerate() {
                let one = of(at, index);
                let candidate = match edge.step {
                    Step::Block { candidate, .. } => candidate,
                    Step::EndRow => {
                        join(place(place(&mut all.depths, row), block), one);
                        continue;
                    }
                    Step::Resolution { side } => {
                        join(all.resolutions.entry(side).or_default(), one);
                        continue;
                    }
                };
                let shared = self.sharing.candidate(row, block, candidate);
                for &(choice, value) in shared.iter().flat_map(|shared| &shared.values) {
                    // The first block that follows it decides.
                    let known = taken[at].iter().any(|&(known, _)| known == choice);
                    if !known {
                        let values = &mut all.choices[usize::from(choice)];
                        join(&mut values[usize::from(value)], one.clone());
                    }
                }
                let slot = place(place(&mut all.blocks, row), block);
                join(place(slot, candidate.into()), one);
            }
        }
        all
    }

    /// For every node what is decided there of the choices that a later block can follow: all
    /// walks to a node agree about that.
    fn taken(&self) -> Vec<Taken> {
        let places = self.places();
        let mut taken = vec![Taken::new(); self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate() {
            let (row, block) = places[at];
            for edge in &node.edges {
                let mut then = taken[at].clone();
                let next = match edge.step {
                    Step::EndRow => (row + 1, 0),
                    Step::Resolution { .. } => (row, block),
                    Step::Block { candidate, .. } => {
                        let shared = self.sharing.candidate(row, block, candidate);
                        let agreed = shared.and_then(|shared| self.sharing.take(&then, shared));
                        then = agreed.map_or(then, |(taken, _)| taken);
                        (row, block + 1)
                    }
                };
                self.sharing.forget(&mut then, next);
                taken[edge.to] = then;
            }
        }
        taken
    }
}

/// What holds both, where there are both.
fn wider(a: Option<(u64, u64)>, b: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
    }
}

/// An element of a list that grows to hold it.
fn place<T: Clone + Default>(list: &mut Vec<T>, at: usize) -> &mut T {
    if list.len() <= at {
        list.resize(at + 1, T::default());
    }
    &mut list[at]
}
