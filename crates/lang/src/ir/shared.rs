//! Decisions that several blocks share.

use super::{Ir, Path};
use crate::source::Span;
use crate::space::AttributeValue;

/// One decision for every candidate that follows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// What it can be, in order.
    pub values: Vec<AttributeValue>,
    /// Where it is declared.
    pub span: Span,
}

/// What a candidate takes from shared decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shared {
    /// The values it stands for, as `(choice, value)` indices, in the order of the choices.
    pub values: Vec<(u16, u16)>,
    /// The same for candidates of a slot that differ in shared values alone. Every kind has one
    /// candidate for each combination of values of the choices that it follows.
    pub kind: u16,
}

impl Ir {
    /// What a path has decided for every choice; `None` for one that no live block follows.
    ///
    /// # Errors
    /// The choice, and the blocks `(row, block)` that disagree about it.
    ///
    /// # Panics
    /// When the path is not one of this space.
    pub fn shared_values(&self, path: &Path) -> Result<Vec<Option<u16>>, Disagreement> {
        let mut values: Vec<Option<(u16, (usize, usize))>> = vec![None; self.choices.len()];
        for (row, block, candidate) in path.blocks() {
            let candidate = &self.rows[row].slots[block].candidates[candidate];
            for &(choice, value) in &candidate.shared.values {
                let choice = usize::from(choice);
                match values[choice] {
                    Some((first, place)) if first != value => {
                        return Err(Disagreement {
                            choice,
                            values: [first, value],
                            places: [place, (row, block)],
                        });
                    }
                    Some(_) => {}
                    None => values[choice] = Some((value, (row, block))),
                }
            }
        }
        let value = |known: Option<(u16, (usize, usize))>| known.map(|(value, _)| value);
        Ok(values.into_iter().map(value).collect())
    }
}

/// Two blocks that stand for different values of one choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disagreement {
    /// Index of the choice.
    pub choice: usize,
    /// Indices of the two values.
    pub values: [u16; 2],
    /// The two blocks, `(row, block)`.
    pub places: [(usize, usize); 2],
}
