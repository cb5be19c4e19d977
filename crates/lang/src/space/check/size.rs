//! How much blocks are and become.

use super::operator::candidate_count;
use crate::space::{Alternative, Block, Operator, recipe};

/// Primitives of a shuffle unit and of all else that is no block of rows, at most.
const UNIT: u64 = 24;
/// Letters of names that take no less room than a primitive.
const LETTERS: u64 = 64;

/// How much one candidate of an alternative is, at most.
#[derive(Clone, Copy)]
struct Size {
    /// Primitives it becomes.
    made: u64,
    /// All that it keeps: its primitives, those that its branches have for themselves, what blocks of
    /// rows compute beside primitives, and long names.
    kept: u64,
}

impl Size {
    fn of(alternative: &Alternative) -> Size {
        let same = |made: u64| Size { made, kept: made };
        match (alternative.operator, &alternative.recipe) {
            (Operator::Sum, _) => {
                let branches = alternative.branches.iter().map(Size::of_branch);
                let sum = branches.fold(same(1), |sum, one| Size {
                    made: sum.made.saturating_add(one.made),
                    kept: sum.kept.saturating_add(one.kept),
                });
                Size {
                    kept: sum.kept.saturating_add(sum.made),
                    ..sum
                }
            }
            (Operator::Own(_), Some(recipe)) => Size {
                made: recipe.size,
                kept: (recipe.size)
                    .saturating_add(recipe.effort)
                    .saturating_add(recipe.letters / LETTERS),
            },
            (operator, _) => same(recipe::prelude(operator).map_or(UNIT, |recipe| recipe.size)),
        }
    }

    /// The sum of a branch's values is one more.
    fn of_branch(branch: &Block) -> Size {
        let sizes = branch.alternatives.iter().map(Size::of);
        let largest = sizes.reduce(|a, b| Size {
            made: a.made.max(b.made),
            kept: a.kept.max(b.kept),
        });
        let largest = largest.unwrap_or(Size { made: 0, kept: 0 });
        Size {
            made: largest.made.saturating_add(1),
            ..largest
        }
    }
}

/// Primitives of one candidate of an alternative, at most.
pub(super) fn size(alternative: &Alternative) -> u64 {
    Size::of(alternative).made
}

/// All that the candidates of a block keep for one width in and one width out, at most.
pub(in crate::space) fn kept(block: &Block) -> u64 {
    let of = |one: &Alternative| candidate_count(one).saturating_mul(Size::of(one).kept);
    let sizes = block.alternatives.iter().map(of);
    sizes.fold(0, u64::saturating_add)
}

/// All that the largest candidate of a block keeps, at most.
pub(in crate::space) fn largest(block: &Block) -> u64 {
    let sizes = block.alternatives.iter().map(|one| Size::of(one).kept);
    sizes.max().unwrap_or(0)
}

/// Candidates and values of alternatives, those of their branches too.
pub(super) fn bulk(alternatives: &[Alternative]) -> u64 {
    let of = |one: &Alternative| {
        let values = one.attributes.iter();
        let values = values.map(|attribute| attribute.setting.values().len() as u64);
        let branches = one.branches.iter();
        let branches = branches.map(|branch| bulk(&branch.alternatives));
        let parts = values.chain(branches);
        parts.fold(candidate_count(one), u64::saturating_add)
    };
    alternatives.iter().map(of).fold(0, u64::saturating_add)
}
