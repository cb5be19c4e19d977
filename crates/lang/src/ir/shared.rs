//! Decisions that several blocks share.

use super::{Candidate, Ir, Path, RowWidth, Slot};
use crate::source::Span;
use crate::space::AttributeValue;

/// One decision for every candidate that follows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its name, as an arch fixes it: `early_kernel`, `s1.channels`.
    pub name: String,
    /// What it can be, in order.
    pub values: Vec<AttributeValue>,
    /// The row whose width it is (`channels in`); `None` for a named choice.
    pub width_of: Option<usize>,
    /// Where it is declared.
    pub span: Span,
}

impl Choice {
    /// The width that a value stands for; `None` where the choice is of something else.
    pub fn width(&self, value: u16) -> Option<u32> {
        self.width_of?;
        match self.values[usize::from(value)] {
            AttributeValue::Integer(width) => Some(width),
            _ => None,
        }
    }
}

/// What a candidate takes from shared decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shared {
    /// The values it stands for, as `(choice, value)` indices, in the order of the choices.
    pub values: Vec<(u16, u16)>,
    /// The same for candidates of a slot that differ in shared values alone. Every kind has one
    /// candidate for each combination of values of the choices that it follows.
    pub kind: u16,
    /// The same for candidates of a slot that differ in widths alone.
    pub structure: u16,
}

impl Candidate {
    /// Number of what it is but for its widths, from 0 in the order of the slot. Candidates of a slot with
    /// the same one have the same operator and values and can share their weights as slices: ops of one name
    /// differ in widths alone. Not all have the same ops, as a residual or a projection is there only
    /// for some widths. Where no width is searched it is the candidate's own index.
    pub fn structure(&self) -> u16 {
        self.shared.structure
    }
}

impl Slot {
    /// How many different [structures](Candidate::structure) its candidates have.
    pub fn structures(&self) -> usize {
        let last = self.candidates.iter().map(Candidate::structure).max();
        usize::from(last.unwrap_or(0)) + 1
    }
}

impl Ir {
    /// Every number of channels that a width can be, ascending.
    pub fn widths(&self, width: RowWidth) -> Vec<u32> {
        match width {
            RowWidth::Fixed(width) => vec![width],
            RowWidth::Choice(choice) => {
                let choice = &self.choices[usize::from(choice)];
                let values = (0..).take(choice.values.len());
                values.filter_map(|value| choice.width(value)).collect()
            }
        }
    }

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
