//! What the graph needs to know of decisions that several blocks share.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ir::{Candidate, Ir, Path, Shared};

/// Which candidates stand for which values of shared decisions. Empty where nothing is shared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sharing {
    /// Number of values of every choice.
    pub(super) sizes: Vec<u16>,
    /// Every slot, `[row][block]`.
    slots: Vec<Vec<Arc<SharedSlot>>>,
    /// The last slot of which a candidate follows the choice.
    last: Vec<(usize, usize)>,
}

/// One slot.
#[derive(Debug, PartialEq)]
pub(super) struct SharedSlot {
    /// Every candidate.
    pub candidates: Vec<Shared>,
    /// How many candidates agree with any values of all choices.
    pub kinds: usize,
}

/// What is decided of every choice; 0 for nothing yet, else one more than the value's index.
/// Empty where nothing is shared.
pub(super) type Taken = Vec<u16>;

impl SharedSlot {
    pub(super) fn new(candidates: Vec<Shared>) -> SharedSlot {
        let kinds: BTreeSet<u16> = candidates.iter().map(|one| one.kind).collect();
        SharedSlot {
            candidates,
            kinds: kinds.len(),
        }
    }
}

impl Sharing {
    /// That of a lowered space.
    pub fn of(ir: &Ir) -> Sharing {
        if ir.choices.is_empty() {
            return Sharing::default();
        }
        let mut slots: Vec<Vec<Arc<SharedSlot>>> = Vec::new();
        for row in &ir.rows {
            let mut of_row: Vec<Arc<SharedSlot>> = Vec::new();
            for (block, slot) in row.slots.iter().enumerate() {
                let same =
                    |before: &usize| Arc::ptr_eq(&row.slots[*before].candidates, &slot.candidates);
                // Most blocks of a stage are the same block again.
                let known = block.checked_sub(1).filter(same);
                of_row.push(match known {
                    Some(before) => of_row[before].clone(),
                    None => Arc::new(SharedSlot::new(all_shared(&slot.candidates))),
                });
            }
            slots.push(of_row);
        }
        let size = |size: usize| u16::try_from(size).expect("a domain has at most 4,096 values");
        let sizes = ir.choices.iter().map(|choice| size(choice.values.len()));
        Sharing::new(sizes.collect(), slots)
    }

    pub(super) fn new(sizes: Vec<u16>, slots: Vec<Vec<Arc<SharedSlot>>>) -> Sharing {
        let mut last = vec![(0, 0); sizes.len()];
        for (row, of_row) in slots.iter().enumerate() {
            for (block, slot) in of_row.iter().enumerate() {
                let values = slot.candidates.iter().flat_map(|one| &one.values);
                for &(choice, _) in values {
                    last[usize::from(choice)] = (row, block);
                }
            }
        }
        Sharing { sizes, slots, last }
    }

    /// Whether nothing is shared.
    pub(super) fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// A slot; `None` where nothing is shared.
    pub(super) fn slot(&self, row: usize, block: usize) -> Option<&SharedSlot> {
        self.slots.get(row).map(|slots| &*slots[block])
    }

    /// A candidate; `None` where nothing is shared.
    pub(super) fn candidate(&self, row: usize, block: usize, candidate: u16) -> Option<&Shared> {
        let slot = self.slot(row, block)?;
        Some(&slot.candidates[usize::from(candidate)])
    }

    /// Before the first block.
    pub(super) fn nothing_taken(&self) -> Taken {
        vec![0; self.sizes.len()]
    }

    /// What is decided once a candidate stands too, and among how many combinations of the values
    /// that it adds this is one; `None` when it disagrees.
    pub(super) fn take(&self, taken: &Taken, shared: &Shared) -> Option<(Taken, f64)> {
        let mut then = taken.clone();
        let mut ways = 1.0;
        for &(choice, value) in &shared.values {
            let choice = usize::from(choice);
            match then[choice] {
                0 => {
                    then[choice] = value + 1;
                    ways *= f64::from(self.sizes[choice]);
                }
                known if known == value + 1 => {}
                _ => return None,
            }
        }
        Some((then, ways))
    }

    /// Forgets what no slot from this one on asks for, so that equal possibilities are equal states.
    pub(super) fn forget(&self, taken: &mut Taken, from: (usize, usize)) {
        for (value, &last) in taken.iter_mut().zip(&self.last) {
            if last < from {
                *value = 0;
            }
        }
    }

    /// What a path has decided.
    pub(super) fn taken_by(&self, path: &Path) -> Taken {
        let mut taken = self.nothing_taken();
        for (row, block, candidate) in path.blocks() {
            let slot = self.slot(row, block);
            let values = slot.map(|slot| slot.candidates[candidate].values.as_slice());
            for &(choice, value) in values.unwrap_or_default() {
                taken[usize::from(choice)] = value + 1;
            }
        }
        taken
    }
}

fn all_shared(candidates: &[Candidate]) -> Vec<Shared> {
    candidates.iter().map(|one| one.shared.clone()).collect()
}
