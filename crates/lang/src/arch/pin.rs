//! Rows that a derived space fixes whole, written as an arch writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::read::Reader;
use super::report;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Candidate, Ir};
use crate::source::Spanned;
use crate::space::{Alternative, Block, Setting, Space};
use crate::syntax::ast::{self, Fix};

/// Fixes the rows that `item`, a derived space, lists block by block in `space`, which is otherwise what
/// the item says: each block keeps one candidate, and the depth is their number. The space is there
/// exactly when there are no messages.
pub fn pin(item: &ast::Space, mut space: Space) -> (Option<Space>, Vec<Diagnostic>) {
    let pins = pins(item, &space);
    if pins.is_empty() {
        return (Some(space), Vec::new());
    }
    let ir = ir::lower(&space);
    // A reader of an arch that says nothing else: searched widths are left open.
    let arch = ast::Arch {
        name: item.name.clone(),
        space: item.name.clone(),
        fixes: Vec::new(),
        span: item.span,
    };
    let mut reader = Reader::new(&arch, &ir);
    let mut problems = Vec::new();
    for (fix, row) in pins {
        reader.fix_row(fix, row);
        let found = reader.diagnostics.drain(..);
        let of_base = space.rows[row].span;
        let found = found.map(|problem| problem.label(of_base, "the row of the base"));
        let before = problems.len();
        problems.extend(found);
        if problems.len() > before {
            continue;
        }
        let fixed = reader.rows[row].take().unwrap_or_default();
        let slots = ir.rows[row].slots.iter().zip(fixed);
        let blocks = slots.map(|(slot, at)| &slot.candidates[usize::from(at)]);
        let blocks: Vec<&Candidate> = blocks.collect();
        problems.extend(open_choice(item, fix, &blocks, &ir));
        pin_row(&mut space.rows[row], &blocks, fix);
    }
    (problems.is_empty().then_some(space), problems)
}

/// The lines that fix a row whole.
fn pins<'a>(item: &'a ast::Space, space: &Space) -> Vec<(&'a Fix, usize)> {
    let fixes = item.items.iter().filter_map(|item| match item {
        ast::Item::Fix(fix) => Some(fix),
        _ => None,
    });
    let row_of = |fix: &Fix| {
        let name = fix.target.text();
        space.rows.iter().position(|row| row.name.value == name)
    };
    fixes.filter_map(|fix| Some((fix, row_of(fix)?))).collect()
}

/// A block that follows a choice is fixed only where the choice is.
fn open_choice(item: &ast::Space, fix: &Fix, blocks: &[&Candidate], ir: &Ir) -> Option<Diagnostic> {
    let mut followed = blocks.iter().flat_map(|block| &block.shared.values);
    let (choice, value) = followed.find_map(|&(choice, value)| {
        let choice = &ir.choices[usize::from(choice)];
        let is_open = choice.width_of.is_none() && choice.values.len() > 1;
        is_open.then_some((choice, value))
    })?;
    let value = choice.values[usize::from(value)];
    let mut lines = item.items.iter().filter_map(|item| match item {
        ast::Item::Narrow(line) => Some(line),
        _ => None,
    });
    let narrowed = lines.find(|line| line.target.text() == choice.name);
    let narrowed = narrowed.map(|line| line.span);
    Some(report::choice_is_open(fix, choice, value, narrowed))
}

fn pin_row(row: &mut crate::space::Row, blocks: &[&Candidate], fix: &Fix) {
    let depth = u32::try_from(blocks.len()).expect("a row has at most 1,000 blocks");
    let depths = row.depth.value.keeping(|&&one| one == depth);
    let depths = depths.expect("the number of blocks is one of the depths");
    row.depth = Spanned::new(depths, fix.span);
    // Blocks of one candidate share it, as they did in the base: a row can have a thousand of a thousand
    // primitives each.
    let mut known: BTreeMap<*const Candidate, Arc<[Alternative]>> = BTreeMap::new();
    let pinned = blocks.iter().zip(&fix.picks).enumerate();
    row.blocks = pinned
        .map(|(at, (candidate, pick))| {
            let made = known.entry(std::ptr::from_ref(*candidate));
            let made = made.or_insert_with(|| [only(row.block(at), candidate)].into());
            Block {
                alternatives: Arc::clone(made),
                span: pick.span(),
            }
        })
        .collect();
}

/// The alternative a candidate comes from, with its values.
fn only(block: &Block, candidate: &Candidate) -> Alternative {
    let mut alternatives = block.alternatives.iter();
    let found = alternatives.find_map(|alternative| with_values(alternative, candidate));
    found.expect("a candidate comes from an alternative of its block")
}

/// The alternative with the values of a candidate; `None` when it does not have them.
fn with_values(alternative: &Alternative, candidate: &Candidate) -> Option<Alternative> {
    let is_same = alternative.operator == candidate.operator
        && alternative.attributes.len() == candidate.values.len()
        && alternative.branches.len() == candidate.branches.len();
    let mut only = is_same.then(|| alternative.clone())?;
    let values = candidate.values.iter();
    for (attribute, &(_, value, _)) in only.attributes.iter_mut().zip(values) {
        attribute.setting = kept(&attribute.setting, value)?;
    }
    for (branch, candidate) in only.branches.iter_mut().zip(&candidate.branches) {
        let mut alternatives = branch.alternatives.iter();
        let found = alternatives.find_map(|one| with_values(one, candidate))?;
        branch.alternatives = [found].into();
    }
    Some(only)
}

fn kept<T: Clone + PartialEq>(setting: &Setting<T>, value: T) -> Option<Setting<T>> {
    setting.keeping(|one| **one == value)
}
