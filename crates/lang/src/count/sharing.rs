//! What the graph needs to know of decisions that several blocks share.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ir::{Candidate, Ir, Path, RowWidth, Shared};
use crate::space::Relation;

/// Which candidates stand for which values of shared decisions. Empty where nothing is shared.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sharing {
    /// Number of values of every choice.
    pub(super) sizes: Vec<u16>,
    /// Every slot, `[row][block]`.
    slots: Vec<Vec<Arc<SharedSlot>>>,
    /// The last slot of which a candidate follows the choice, or that a bound compares it with.
    last: Vec<(usize, usize)>,
    /// Whether every path follows the choice.
    pub(super) always: Vec<bool>,
    /// The row whose width the choice is.
    width_of: Vec<Option<usize>>,
    bounds: Bounds,
}

/// What bounds on widths leave.
#[derive(Debug, Clone, PartialEq, Default)]
struct Bounds {
    /// Whether fixed widths break one, so that no path is left.
    is_impossible: bool,
    /// The values that are ruled out, as `(choice, value)`.
    excluded: BTreeSet<(u16, u16)>,
    /// The pairs of values that are ruled out, the lower choice first.
    apart: BTreeSet<[(u16, u16); 2]>,
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
        Sharing {
            width_of: ir.choices.iter().map(|choice| choice.width_of).collect(),
            ..Sharing::new(sizes.collect(), slots)
        }
    }

    /// The same with the bounds on widths among some relations; others are passed over.
    pub fn bounded(ir: &Ir, relations: &[&Relation]) -> Sharing {
        let mut sharing = Sharing::of(ir);
        for relation in relations {
            match **relation {
                Relation::Width { row, low, high } => {
                    let is_left = |width: u32| (low..=high).contains(&width);
                    sharing.bound(widths(ir, row), is_left);
                }
                Relation::WidthPair {
                    left,
                    comparison,
                    right,
                } => {
                    let is_left = |left, right| comparison.holds(left, right);
                    sharing.relate(widths(ir, left), widths(ir, right), is_left);
                }
                _ => {}
            }
        }
        sharing
    }

    /// Leaves those of a row's widths that pass.
    fn bound(&mut self, widths: Vec<Decided>, is_left: impl Fn(u32) -> bool) {
        for (width, value) in widths {
            match value {
                _ if is_left(width) => {}
                Some(value) => drop(self.bounds.excluded.insert(value)),
                None => self.bounds.is_impossible = true,
            }
        }
    }

    /// Leaves those pairs of two rows' widths that pass.
    fn relate(
        &mut self,
        left: Vec<Decided>,
        right: Vec<Decided>,
        is_left: impl Fn(u32, u32) -> bool,
    ) {
        match (left.as_slice(), right.as_slice()) {
            ([(one, None)], _) => self.bound(right, |other| is_left(*one, other)),
            (_, [(other, None)]) => self.bound(left, |one| is_left(one, *other)),
            _ => {
                for (one, value) in left {
                    for &(other, with) in &right {
                        if let (Some(value), Some(with)) = (value, with)
                            && value.0 != with.0
                            && !is_left(one, other)
                        {
                            let pair = [value.min(with), value.max(with)];
                            self.bounds.apart.insert(pair);
                            self.remember(value.0, with.0);
                        }
                    }
                }
            }
        }
    }

    /// Remembers each of two widths until the other is decided, in the first block of its row.
    fn remember(&mut self, one: u16, other: u16) {
        for (choice, until) in [(one, other), (other, one)] {
            let row = self.width_of[usize::from(until)].unwrap_or(0);
            let last = &mut self.last[usize::from(choice)];
            *last = (*last).max((row, 0));
        }
    }

    /// Whether bounds on widths leave no path.
    pub(super) fn is_impossible(&self) -> bool {
        self.bounds.is_impossible
    }

    /// Whether the choice is the width of another row than this one.
    fn is_width_elsewhere(&self, choice: u16, row: usize) -> bool {
        let width_of = self.width_of.get(usize::from(choice)).copied().flatten();
        width_of.is_some_and(|of| of != row)
    }

    /// Whether two candidates of a slot are one block but for the widths that other rows decide.
    pub(super) fn is_same_block(&self, (row, block): (usize, usize), one: u16, other: u16) -> bool {
        if one == other {
            return true;
        }
        let Some(slot) = self.slot(row, block) else {
            return false;
        };
        let own = |candidate: u16| {
            let values = slot.candidates[usize::from(candidate)].values.iter();
            values.filter(|value| !self.is_width_elsewhere(value.0, row))
        };
        let kind = |candidate: u16| slot.candidates[usize::from(candidate)].kind;
        kind(one) == kind(other) && own(one).eq(own(other))
    }

    pub(super) fn new(sizes: Vec<u16>, slots: Vec<Vec<Arc<SharedSlot>>>) -> Sharing {
        let mut last = vec![(0, 0); sizes.len()];
        let mut always = vec![false; sizes.len()];
        for (row, of_row) in slots.iter().enumerate() {
            for (block, slot) in of_row.iter().enumerate() {
                let values = slot.candidates.iter().flat_map(|one| &one.values);
                for &(choice, _) in values {
                    last[usize::from(choice)] = (row, block);
                }
            }
            // The first block of a row is on every path.
            for (choice, always) in (0..).zip(&mut always) {
                let follows = |one: &Shared| one.values.iter().any(|value| value.0 == choice);
                *always |= of_row[0].candidates.iter().all(follows);
            }
        }
        Sharing {
            width_of: vec![None; sizes.len()],
            bounds: Bounds::default(),
            sizes,
            slots,
            last,
            always,
        }
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
    /// that it adds this is one; `None` when it disagrees, or a bound on widths does.
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
        let mut values = shared.values.iter();
        values
            .all(|&value| self.bounds.leave(value, &then))
            .then_some((then, ways))
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

impl Bounds {
    /// Whether a value is left, beside what else is decided.
    fn leave(&self, value: (u16, u16), taken: &Taken) -> bool {
        let decided = (0..).zip(taken).filter(|(_, taken)| **taken != 0);
        let mut others = decided.map(|(choice, taken): (u16, &u16)| (choice, taken - 1));
        !self.excluded.contains(&value)
            && (self.apart.is_empty()
                || others.all(|other| !self.apart.contains(&[value.min(other), value.max(other)])))
    }
}

/// A width, and the value of a choice that it stands for; none where it is fixed.
type Decided = (u32, Option<(u16, u16)>);

/// Everything that a row's output can be wide.
fn widths(ir: &Ir, row: usize) -> Vec<Decided> {
    match ir.rows[row].width {
        RowWidth::Fixed(width) => vec![(width, None)],
        RowWidth::Choice(choice) => {
            let of = &ir.choices[usize::from(choice)];
            let values = (0..).take(of.values.len());
            let width = |value: u16| Some((of.width(value)?, Some((choice, value))));
            values.filter_map(width).collect()
        }
    }
}

fn all_shared(candidates: &[Candidate]) -> Vec<Shared> {
    candidates.iter().map(|one| one.shared.clone()).collect()
}
