//! Which row of the one space is which of the other.

use std::collections::{BTreeMap, BTreeSet};

use super::domains::row_changes;
use super::{Change, Side, What};
use crate::space::{Choice, Operator, Row, Space};

/// Rows that belong together, as `(before, after)`, ascending in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pairs(pub Vec<(usize, usize)>);

impl Pairs {
    /// Rows of one name first, as many as stand in the same order; then rows between those that say
    /// the same under names of their own.
    pub(super) fn of(before: &Space, after: &Space) -> Pairs {
        let choices = [before, after].map(|space| space.choices.as_slice());
        let (before, after) = (before.rows.as_slice(), after.rows.as_slice());
        let named = by_name(before, after);
        let names = [names(before), names(after)];
        let mut all = Vec::new();
        let mut from = (0, 0);
        let ends = std::iter::once((before.len(), after.len()));
        for to in named.iter().copied().chain(ends) {
            let stretches = ((before, from.0, to.0), (after, from.1, to.1));
            all.extend(renamed(stretches, &names, choices));
            all.extend((to.0 < before.len()).then_some(to));
            from = (to.0 + 1, to.1 + 1);
        }
        Pairs(all)
    }

    /// Whether no row of either is left over.
    pub(super) fn all(&self, before: &Side, after: &Side) -> bool {
        let paired = self.0.len();
        paired == before.space.rows.len() && paired == after.space.rows.len()
    }

    /// The row of the second that is this one of the first.
    pub(super) fn after(&self, before: usize) -> Option<usize> {
        let found = self.0.binary_search_by_key(&before, |pair| pair.0);
        found.ok().map(|at| self.0[at].1)
    }

    /// What became of the rows themselves.
    pub(super) fn changes(&self, before: &[Row], after: &[Row]) -> Vec<Change> {
        let [in_before, in_after] = [names(before), names(after)];
        let paired: BTreeSet<usize> = self.0.iter().map(|pair| pair.0).collect();
        let kept: BTreeSet<usize> = self.0.iter().map(|pair| pair.1).collect();
        let mut changes = Vec::new();
        for &(one, other) in &self.0 {
            let [was, is] = [name(&before[one]), name(&after[other])];
            if was != is {
                changes.push(Change::new(was, What::Renamed, was, is));
            }
        }
        for (at, row) in before
            .iter()
            .enumerate()
            .filter(|(at, _)| !paired.contains(at))
        {
            changes.push(match in_after.get(name(row)) {
                None => Change::removed(name(row), kind(row).to_owned()),
                Some(&to) => {
                    let place = |at: usize| format!("row {}", at + 1);
                    Change::new(name(row), What::Moved, &place(at), &place(to))
                }
            });
        }
        let left = after
            .iter()
            .enumerate()
            .filter(|(at, _)| !kept.contains(at));
        let new = left.filter(|(_, row)| !in_before.contains_key(name(row)));
        changes.extend(new.map(|(_, row)| Change::added(name(row), kind(row).to_owned())));
        changes
    }
}

fn name(row: &Row) -> &str {
    &row.name.value
}

/// `stage` or `layer`.
pub(super) fn kind(row: &Row) -> &'static str {
    if row.is_stage { "stage" } else { "layer" }
}

fn names(rows: &[Row]) -> BTreeMap<&str, usize> {
    let numbered = rows.iter().enumerate();
    numbered.map(|(at, row)| (name(row), at)).collect()
}

/// The longest run of equal names that ascends in both. Names are unique in a space, so it is the
/// longest ascending run of places.
fn by_name(before: &[Row], after: &[Row]) -> Vec<(usize, usize)> {
    let places = names(after);
    let known = before.iter().enumerate();
    let known = known.filter_map(|(at, row)| Some((at, *places.get(name(row))?)));
    longest_ascending(&known.collect::<Vec<_>>())
}

fn longest_ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // `ends[n]` is the pair with the lowest place that ends an ascending run of n + 1.
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|&end| pairs[end].1 < pair.1);
        previous.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        ends.truncate(ends.len().max(length + 1));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut run: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |&at| previous[at])
            .map(|at| pairs[at])
            .collect();
    run.reverse();
    run
}

/// Rows, and the first and the end of some of them.
type Stretch<'r> = (&'r [Row], usize, usize);

/// How many rows of the other space a row without a namesake is compared with: thousands of new names
/// are another space, and each with each would take minutes.
const COMPARED: usize = 100;

/// Rows of two stretches that are one row under two names: for each the first that differs in its
/// name alone, else the first of the same operators, width and stride. Rows whose names both spaces
/// have are none of them: they have moved.
fn renamed(
    ((before, from, to), (after, mut next, end)): (Stretch, Stretch),
    [in_before, in_after]: &[BTreeMap<&str, usize>; 2],
    choices: [&[Choice]; 2],
) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for one in (from..to).filter(|&one| !in_after.contains_key(name(&before[one]))) {
        let is_new = |other: &usize| !in_before.contains_key(name(&after[*other]));
        let mut free = (next..end).filter(is_new).take(COMPARED);
        let equals = |&other: &usize| {
            let rows = [(one, &before[one]), (other, &after[other])];
            row_changes(rows, choices).is_empty()
        };
        let resembles = |other: &usize| resemble(&before[one], &after[*other]);
        let twin = free.clone().find(equals).or_else(|| free.find(resembles));
        if let Some(other) = twin {
            found.push((one, other));
            next = other + 1;
        }
    }
    found
}

/// Whether two rows are of the same kind, width, stride and operators.
fn resemble(one: &Row, other: &Row) -> bool {
    let operators = |row: &Row| -> Vec<Operator> {
        let blocks = row.blocks.iter();
        let alternatives = blocks.flat_map(|block| block.alternatives.iter());
        alternatives
            .map(|alternative| alternative.operator)
            .collect()
    };
    let shape = |row: &Row| {
        let widths = row.out_channels.value.values.clone();
        (row.is_stage, widths, row.stride)
    };
    shape(one) == shape(other) && operators(one) == operators(other)
}
