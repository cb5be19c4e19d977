//! Settling depths: stages grow in turn while every upper bound holds.

use super::{Bounded, Level};
use crate::cost::Cost;
use crate::count::{Graph, GraphRow, Sharing};
use crate::ir::{Ir, Row};
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
    let mut steps = steps(space);
    // Paths only become larger from step to step.
    let holding = steps.partition_point(|depths| holds(space, level, depths));
    steps.swap_remove(holding.max(1) - 1)
}

/// From the smallest depths on, each step one block deeper than the one before, round after
/// round in the order of deepening. A stage that is full, or that a bound on depths keeps where
/// it is, is passed over.
fn steps(space: &Bounded) -> Vec<Depths> {
    let smallest = |row: usize| (row, space.ir.rows[row].depths[0]);
    let mut depths: Depths = fitted(space.ir).into_iter().map(smallest).collect();
    let mut possible = allowed(space, &depths);
    let mut steps = vec![depths.clone()];
    loop {
        let before = steps.len();
        for at in 0..depths.len() {
            let Some(deeper) = deeper(space.ir, &depths, at) else {
                continue;
            };
            let still = allowed(space, &deeper);
            if still || !possible {
                depths = deeper;
                possible = still;
                steps.push(depths.clone());
            }
        }
        if steps.len() == before {
            return steps;
        }
    }
}

fn deeper(ir: &Ir, depths: &Depths, at: usize) -> Option<Depths> {
    let (row, depth) = depths[at];
    let next = ir.rows[row].depths.iter().find(|&&listed| listed > depth)?;
    let mut deeper = depths.clone();
    deeper[at].1 = *next;
    Some(deeper)
}

/// Whether the bounds on depths leave a path.
fn allowed(space: &Bounded, depths: &Depths) -> bool {
    if !space.bounds_rows() {
        return true;
    }
    // Costs do not matter: one candidate a block is enough.
    let one = |row: &Row| vec![vec![Cost::default()]; row.slots.len()];
    let costs: Vec<Vec<Vec<Cost>>> = space.ir.rows.iter().map(one).collect();
    graph(space, &costs, Sharing::default(), depths).has_paths()
}

/// Whether the largest path keeps every upper bound.
fn holds(space: &Bounded, level: &Level, depths: &Depths) -> bool {
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
