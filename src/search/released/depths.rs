//! The released code's use of a cost bound: it fixes the depths before training, and nothing else.

use creamc_lang::count::{Graph, TooManyStates};
use creamc_lang::plan::Plan;
use creamc_lang::space::{Relation, Require};

/// Depths that stages grow to in the first round, later and earlier half of the space, and in the second.
const LIMITS: [[usize; 2]; 2] = [[3, 2], [4, 4]];

/// One depth for every row: the least first, then stages from the middle to the last and back to the
/// first grow, twice over, while the dearest path of those depths meets every upper bound.
#[must_use]
pub fn fixed_depths(plan: &Plan) -> Vec<u32> {
    let rows = &plan.ir.rows;
    let mut depths: Vec<u32> = rows.iter().map(|row| row.depths[0]).collect();
    let stages: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].is_stage).collect();
    let middle = stages.len() / 2;
    let later = stages[middle..].iter().map(|&row| (row, 0));
    let earlier = stages[..middle].iter().rev().map(|&row| (row, 1));
    let order: Vec<(usize, usize)> = later.chain(earlier).collect();
    for limits in LIMITS {
        for &(row, half) in &order {
            while let Some(deeper) = next(&rows[row].depths, depths[row], limits[half]) {
                let before = std::mem::replace(&mut depths[row], deeper);
                if !dearest_fits(plan, &depths) {
                    depths[row] = before;
                    return depths;
                }
            }
        }
    }
    depths
}

fn next(depths: &[u32], now: u32, limit: usize) -> Option<u32> {
    let mut deeper = depths.iter().copied().filter(|&depth| depth > now);
    deeper.next().filter(|&depth| depth as usize <= limit)
}

/// Whether the dearest path of these depths meets every upper bound.
fn dearest_fits(plan: &Plan, depths: &[u32]) -> bool {
    let graph = with_depths(plan, depths).expect("the plan's own graph has more states");
    plan.windows.iter().all(|window| {
        let ends = graph.extremes(window.metric);
        ends.is_some_and(|(_, dearest)| dearest <= window.high)
    })
}

/// The graph of all paths that have exactly these depths.
///
/// # Errors
/// Never for single depths, which tie no two rows together.
pub fn with_depths(plan: &Plan, depths: &[u32]) -> Result<Graph, TooManyStates> {
    let rows = plan.ir.rows.iter().zip(depths).enumerate();
    let span = plan.ir.resolution.span;
    let requires: Vec<Require> = rows
        .filter(|(_, (row, _))| row.depths.len() > 1)
        .map(|(row, (_, &depth))| Require {
            relation: Relation::Depth {
                row,
                low: depth,
                high: depth,
            },
            span,
            value_span: span,
            comparison: None,
            is_inherited: false,
        })
        .collect();
    if plan.smaller.is_empty() {
        return Graph::build(&plan.ir, &plan.costs, &requires);
    }
    let own = (plan.resolution, plan.costs.clone());
    let tables = [&plan.smaller[..], &[own]].concat();
    Graph::build_over(&plan.ir, &tables, &requires)
}
