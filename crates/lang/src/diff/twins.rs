//! Which candidate of the one space is which of the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ir::{Candidate, Slot};
use crate::plan::Plan;

/// For every candidate of a slot, the one of the other side that is the same.
type Matches = Arc<[Option<u16>]>;

/// The twins of all candidates of the first of two spaces whose rows are all paired.
#[derive(Debug)]
pub(super) struct Twins(Vec<Vec<Matches>>);

impl Twins {
    pub(super) fn of(before: &Plan, after: &Plan) -> Twins {
        let [before, after] = [before, after].map(|plan| plan.ir.at(plan.resolution));
        let rows = before.rows.iter().zip(&after.rows);
        Twins(
            rows.map(|(one, other)| row(&one.slots, &other.slots))
                .collect(),
        )
    }

    /// The candidate of the second that is this one of the first, in the same block.
    pub(super) fn of_candidate(&self, row: usize, block: usize, candidate: u16) -> Option<u16> {
        let matches = self.0[row].get(block)?;
        matches[usize::from(candidate)]
    }
}

fn row(before: &[Slot], after: &[Slot]) -> Vec<Matches> {
    let mut all: Vec<Matches> = Vec::new();
    for (block, (one, other)) in before.iter().zip(after).enumerate() {
        // Most blocks of a stage are the same block again.
        let again = block > 0
            && Arc::ptr_eq(&one.candidates, &before[block - 1].candidates)
            && Arc::ptr_eq(&other.candidates, &after[block - 1].candidates);
        let matches = match again {
            true => all[block - 1].clone(),
            false => slot(one, other),
        };
        all.push(matches);
    }
    all
}

fn slot(before: &Slot, after: &Slot) -> Matches {
    let keys = after.candidates.iter().map(key).zip(0..);
    let numbers: BTreeMap<String, u16> = keys.collect();
    let candidates = before.candidates.iter();
    candidates
        .map(|one| numbers.get(&key(one)).copied())
        .collect()
}

/// All that a candidate is, whatever of it an arch must say and whatever its block is called.
pub(super) fn key(candidate: &Candidate) -> String {
    let values: Vec<_> = candidate
        .values
        .iter()
        .map(|(name, value, _)| (name, value))
        .collect();
    // As they are: quoted, each level would double the backslashes of those inside of it.
    let branches: Vec<String> = candidate.branches.iter().map(key).collect();
    format!(
        "({} {:?} {values:?} [{}] {:?})",
        candidate.operator,
        candidate.widths,
        branches.join(", "),
        candidate.ops
    )
}
