//! How many primitives blocks become, before they are written out.

use super::operator::candidate_count;
use crate::space::{Alternative, Block, Operator, recipe};

/// Those of a shuffle unit and of all else that is no block of rows, at most.
const UNIT: u64 = 24;

/// Primitives of one candidate of an alternative, at most.
pub(super) fn size(alternative: &Alternative) -> u64 {
    match alternative.operator {
        Operator::Sum => {
            let branches = alternative.branches.iter().map(largest);
            branches.fold(1, |sum, one| sum.saturating_add(one))
        }
        Operator::Own(_) => alternative.recipe.as_ref().map_or(1, |recipe| recipe.size),
        operator => recipe::prelude(operator).map_or(UNIT, |recipe| recipe.size),
    }
}

/// The sum of a branch's values is one more.
fn largest(branch: &Block) -> u64 {
    let sizes = branch.alternatives.iter().map(size);
    sizes.max().unwrap_or(0).saturating_add(1)
}

/// Primitives of all candidates of a block for one width in and one width out, at most.
pub(in crate::space) fn written_out(block: &Block) -> u64 {
    let of = |one: &Alternative| candidate_count(one).saturating_mul(size(one));
    block
        .alternatives
        .iter()
        .map(of)
        .fold(0, u64::saturating_add)
}
