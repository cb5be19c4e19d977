//! The lists of candidates of a row, each once: blocks of a stage mostly share one.

use std::collections::BTreeMap;

use crate::count::Decided;
use crate::ir::{Candidate, Ir, Row};

/// Those of every row.
pub(super) struct Lists<'a>(pub(super) Vec<RowLists<'a>>);

/// Those of a row.
pub(super) struct RowLists<'a> {
    /// In the order of the blocks that have them first.
    pub(super) all: Vec<&'a [Candidate]>,
    /// Of every block the index of its own.
    of_block: Vec<usize>,
}

impl<'a> RowLists<'a> {
    fn of(row: &'a Row) -> RowLists<'a> {
        let mut lists = RowLists {
            all: Vec::new(),
            of_block: Vec::with_capacity(row.slots.len()),
        };
        let mut known: BTreeMap<*const Candidate, usize> = BTreeMap::new();
        for slot in &row.slots {
            let next = lists.all.len();
            let at = *known.entry(slot.candidates.as_ptr()).or_insert(next);
            if at == next {
                lists.all.push(&slot.candidates);
            }
            lists.of_block.push(at);
        }
        lists
    }

    /// Every candidate with the index of its list and its own there.
    pub(super) fn candidates(&self) -> impl Iterator<Item = (usize, usize, &'a Candidate)> {
        let lists = self.all.iter().enumerate();
        lists.flat_map(|(list, candidates)| {
            let candidates = candidates.iter().enumerate();
            candidates.map(move |(at, one)| (list, at, one))
        })
    }
}

impl<'a> Lists<'a> {
    pub(super) fn of(ir: &'a Ir) -> Lists<'a> {
        Lists(ir.rows.iter().map(RowLists::of).collect())
    }

    /// What is said of candidates in blocks, said of candidates in lists instead: `blocks[row][list][candidate]`.
    pub(super) fn gathered<T: Clone + Default>(
        &self,
        mut of: Decided<T>,
        add: impl Fn(&mut T, T),
    ) -> Decided<T> {
        for (blocks, lists) in of.blocks.iter_mut().zip(&self.0) {
            let mut sums = vec![Vec::new(); lists.all.len()];
            for (block, &list) in std::mem::take(blocks).into_iter().zip(&lists.of_block) {
                let sums: &mut Vec<T> = &mut sums[list];
                let length = sums.len().max(block.len());
                sums.resize(length, T::default());
                for (sum, one) in sums.iter_mut().zip(block) {
                    add(sum, one);
                }
            }
            *blocks = sums;
        }
        of
    }
}
