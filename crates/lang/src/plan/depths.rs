//! Settling depths: stages grow in turn while every upper bound holds.

use std::collections::{BTreeMap, BTreeSet};

use super::least::Least;
use super::{Bounded, Level};
use crate::cost::Cost;
use crate::count::{Graph, GraphRow, Sharing};
use crate::ir::Ir;
use crate::space::Relation;

/// Rows of a fitted depth with a depth for each, in the order in which they are deepened.
type Depths = Vec<(usize, u32)>;

/// The space with every `fit` of a depth settled: as an arch has it whose `pinned` depths, one a
/// row, are given; else as deep as the upper bounds let every path be at the level's resolution.
pub(super) fn settle(space: &Bounded, level: &Level, pinned: Option<&[u32]>) -> Ir {
    let depths = match pinned {
        Some(pinned) => {
            let rows = fitted(space.ir).into_iter();
            rows.map(|row| (row, pinned[row])).collect()
        }
        None => grown(space, level),
    };
    space.ir.with_depths(&depths)
}

/// Rows of a fitted depth in the order in which they are deepened.
fn fitted(ir: &Ir) -> Vec<usize> {
    let rows = (0..ir.rows.len()).filter(|&row| ir.rows[row].fit.is_some());
    let mut rows: Vec<usize> = rows.collect();
    rows.sort_by_key(|&row| ir.rows[row].fit);
    rows
}

/// The last step before the largest path breaks an upper bound; the first one if that breaks it.
fn grown(space: &Bounded, level: &Level) -> Depths {
    let steps = Steps::of(space);
    let counts: Vec<usize> = (0..=steps.deeper.len()).collect();
    // Paths only become larger from step to step.
    let holding = counts.partition_point(|&count| holds(space, level, &steps.after(count)));
    steps.after(holding.max(1) - 1)
}

/// From the smallest depths on, each step one block deeper than the one before, round after
/// round in the order of deepening. A stage that is full, or that a bound on depths keeps where
/// it is, is passed over.
struct Steps {
    smallest: Depths,
    /// What each step changes: the place in the order and the depth there.
    deeper: Vec<(usize, u32)>,
}

impl Steps {
    fn of(space: &Bounded) -> Steps {
        let smallest = |row: usize| (row, space.ir.rows[row].depths[0]);
        let smallest: Depths = fitted(space.ir).into_iter().map(smallest).collect();
        let mut least = Least::of(space.ir, space.requires, &smallest);
        let mut depths = smallest.clone();
        let mut turns = Turns::of(depths.len());
        let mut deeper = Vec::new();
        while let Some(at) = turns.next() {
            let (row, depth) = depths[at];
            let Some(next) = next(space.ir, row, depth) else {
                turns.leave(at);
                continue;
            };
            match least.deepen(row, next) {
                Ok(()) => {
                    depths[at].1 = next;
                    deeper.push((at, next));
                    turns.moved(row);
                }
                Err(kept_by) => turns.wait(at, kept_by),
            }
        }
        Steps { smallest, deeper }
    }

    /// The depths after so many steps.
    fn after(&self, count: usize) -> Depths {
        let mut depths = self.smallest.clone();
        for &(at, depth) in &self.deeper[..count] {
            depths[at].1 = depth;
        }
        depths
    }
}

/// Whose turn it is to grow, round after round. Who cannot, as another row is too shallow, is passed over until that one
/// has grown: of thousands of stages, each to be as deep as the next at most, one a round can.
struct Turns {
    /// The places in the order that have a turn.
    open: BTreeSet<usize>,
    /// Where the round is.
    from: usize,
    /// The places that wait for a row.
    waiting: BTreeMap<usize, Vec<usize>>,
}

impl Turns {
    fn of(count: usize) -> Turns {
        Turns {
            open: (0..count).collect(),
            from: 0,
            waiting: BTreeMap::new(),
        }
    }

    fn next(&mut self) -> Option<usize> {
        let behind = self.open.range(self.from..).next();
        let next = *behind.or(self.open.first())?;
        self.from = next + 1;
        Some(next)
    }

    fn leave(&mut self, at: usize) {
        self.open.remove(&at);
    }

    fn wait(&mut self, at: usize, row: usize) {
        self.leave(at);
        self.waiting.entry(row).or_default().push(at);
    }

    fn moved(&mut self, row: usize) {
        self.open
            .extend(self.waiting.remove(&row).into_iter().flatten());
    }
}

/// The depth that a row lists behind this one.
fn next(ir: &Ir, row: usize, depth: u32) -> Option<u32> {
    let listed = &ir.rows[row].depths;
    let at = listed.partition_point(|&listed| listed <= depth);
    listed.get(at).copied()
}

/// Whether the largest path keeps every upper bound.
fn holds(space: &Bounded, level: &Level, depths: &Depths) -> bool {
    if space.windows.is_empty() {
        return true;
    }
    let relations: Vec<&Relation> = space.requires.iter().map(|r| &r.relation).collect();
    let sharing = Sharing::bounded(space.ir, &relations);
    // Where paths decide the resolution, the largest one has the largest counts; measured times need not grow.
    let is_timed = space.windows.iter().any(|window| window.metric.is_time());
    let smaller = level.smaller.iter().filter(|_| is_timed);
    let mut tables = smaller.map(|(_, costs)| costs).chain([&level.costs]);
    tables.all(|costs| {
        let graph = graph(space, costs, sharing.clone(), depths);
        space.windows.iter().all(|window| {
            let extremes = graph.extremes(window.metric);
            extremes.is_none_or(|(_, most)| most <= window.high)
        })
    })
}

fn graph(space: &Bounded, costs: &[Vec<Vec<Cost>>], sharing: Sharing, depths: &Depths) -> Graph {
    let mut rows = GraphRow::all(space.ir, costs);
    for (row, depth) in depths {
        rows[*row].depths = std::slice::from_ref(depth);
    }
    let relations: Vec<&Relation> = space.requires.iter().map(|r| &r.relation).collect();
    Graph::from_rows(&rows, sharing, &relations).expect("with fewer depths there are fewer states")
}
