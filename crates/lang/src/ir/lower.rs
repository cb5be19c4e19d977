//! Space to slots of candidates.

use std::collections::{BTreeMap, BTreeSet};

use super::expand::{Place, expand, sum};
use super::{Candidate, Choice, Ir, Places, Row, RowWidth, Said, Shared, Slot, Table};
use crate::source::Span;
use crate::space::{
    self, Alternative, Attribute, AttributeName, AttributeValue, Operator, Setting, Space, Width,
};

/// Unrolls every depth and writes out every candidate. Cannot fail: a checked space has a meaning.
///
/// Candidates stand in the order of the alternatives; within one, the searched
/// attributes count in the operator's order, the first one slowest, then the width of the input and
/// that of the output. Choices that no block can follow are left out.
pub fn lower(space: &Space) -> Ir {
    let choices = Choices::of(space);
    let mut ir = Ir {
        space: space.name.value.clone(),
        file: space.span.file,
        is_derived: space.is_derived,
        input_channels: space.input_channels.value,
        resolution: space.resolution.clone(),
        listed_by_base: space.listed_by_base.clone(),
        classes: space.classes.value,
        norm: space.norm,
        rows: rows(space, &choices),
        choices: choices.lowered(space),
        tables: space.tables.iter().map(table).collect(),
        requires: space.requires.clone(),
        members: space.members.clone(),
    };
    ir.flatten(smallest(&space.resolution.value));
    debug_assert_eq!(ir.verify(), Ok(()));
    ir
}

fn table(table: &space::Table) -> Table {
    Table {
        name: table.name.value.clone(),
        times: table.times.clone(),
        span: table.path.span,
    }
}

fn smallest(resolution: &Setting<u32>) -> u32 {
    resolution.values()[0]
}

fn rows(space: &Space, choices: &Choices) -> Vec<Row> {
    let place = |index: usize| space.fit.iter().position(|&fitted| fitted == index);
    let rows = space.rows.iter().enumerate();
    rows.map(|(index, of)| row(of, place(index), choices))
        .collect()
}

fn row(row: &space::Row, fit: Option<usize>, choices: &Choices) -> Row {
    Row {
        name: row.name.value.clone(),
        is_stage: row.is_stage,
        width: choices.row_width(&row.out_channels.value),
        slots: slots(row, choices),
        depths: row.depth.value.values().to_vec(),
        fit,
        was_open: row.was_open,
        places: places(row, choices),
    }
}

fn places(row: &space::Row, choices: &Choices) -> Places {
    let mut attributes = BTreeMap::new();
    // A row that is fixed whole has a block for each of its places, of few that differ.
    let mut seen = BTreeSet::new();
    let blocks = row.blocks.iter();
    for block in blocks.filter(|block| seen.insert(block.alternatives.as_ptr())) {
        add_places(block, &mut attributes);
    }
    let mut followed = BTreeSet::new();
    for block in row.live_blocks() {
        add_followed(block, &mut followed);
    }
    let number = |(name, choice)| (name, choices.named[&choice]);
    Places {
        depth: row.depth.span,
        block: row.block(0).span,
        attributes: attributes
            .into_iter()
            .map(|(name, (_, span))| (name, span))
            .collect(),
        followed: followed.into_iter().map(number).collect(),
    }
}

/// Where each attribute is written, and whether it is open there: what is open is looked for.
fn add_places(block: &space::Block, places: &mut BTreeMap<AttributeName, (bool, Span)>) {
    for alternative in block.alternatives.iter() {
        for attribute in &alternative.attributes {
            let is_open = attribute.setting.values().len() > 1;
            let place = (is_open, attribute.span);
            let known = places.entry(attribute.name).or_insert(place);
            if is_open && !known.0 {
                *known = place;
            }
        }
        for branch in &alternative.branches {
            add_places(branch, places);
        }
    }
}

/// Slots after the first that stand for one block of the row, or for blocks that share their alternatives, are
/// one slot, repeated.
fn slots(row: &space::Row, choices: &Choices) -> Vec<Slot> {
    let deepest = row.deepest() as usize;
    let (input, output) = (&row.in_channels, &row.out_channels.value);
    let mut slots = vec![slot(row.block(0), [input, output], row.stride, choices)];
    // A row that is fixed whole has a block for each of its places, of few that differ.
    let mut known: BTreeMap<*const Alternative, Slot> = BTreeMap::new();
    for at in 1..deepest.min(row.blocks.len().max(2)) {
        let block = row.block(at);
        let made = known.entry(block.alternatives.as_ptr());
        let made = made.or_insert_with(|| slot(block, [output, output], 1, choices));
        slots.push(made.clone());
    }
    let last = slots[slots.len() - 1].clone();
    slots.resize(deepest, last);
    slots
}

fn slot(block: &space::Block, widths: [&Width; 2], stride: u32, choices: &Choices) -> Slot {
    let places = Width::pairs(widths[0], widths[1]);
    let of_places = places.into_iter().map(|(input, output)| {
        let place = Place {
            in_channels: widths[0].values[input],
            out_channels: widths[1].values[output],
            stride,
        };
        let values = choices.width_values(widths, [input, output]);
        candidates(block, place, choices)
            .into_iter()
            .map(|one| one.following(&values))
            .collect()
    });
    Slot {
        in_channels: widths[0].largest(),
        out_channels: widths[1].largest(),
        stride,
        candidates: woven(of_places.collect()).into(),
    }
}

/// The candidates of several lists of equal length, all first ones, all second ones and so on, numbered
/// by their places in the lists.
fn woven(lists: Vec<Vec<Candidate>>) -> Vec<Candidate> {
    let length = lists[0].len();
    let mut lists: Vec<_> = lists.into_iter().map(Vec::into_iter).collect();
    let mut all = Vec::new();
    for structure in (0..length).map(|at| u16::try_from(at).expect("at most 4,096 candidates")) {
        all.extend(lists.iter_mut().filter_map(Iterator::next).map(|mut one| {
            one.shared.structure = structure;
            one
        }));
    }
    all
}

impl Candidate {
    /// The same, standing for values of more choices, which come after those it follows.
    fn following(mut self, values: &[(u16, u16)]) -> Candidate {
        self.shared.values.extend(values);
        self
    }
}

/// The choices that some block can follow, with their numbers in the lowered space: named ones, and the
/// rows whose width is searched.
struct Choices {
    named: BTreeMap<usize, u16>,
    widths: BTreeMap<usize, u16>,
}

impl Choices {
    fn of(space: &Space) -> Choices {
        let mut live = BTreeSet::new();
        for row in &space.rows {
            let blocks = row.live_blocks().iter();
            blocks.for_each(|block| add_followed(block, &mut live));
        }
        let live: BTreeSet<usize> = live.into_iter().map(|(_, choice)| choice).collect();
        let named: BTreeMap<usize, u16> = live.into_iter().zip(0..).collect();
        let first = u16::try_from(named.len()).expect("a choice is an item of a file");
        let rows = (0..space.rows.len()).filter(|&row| decides_width(space, row));
        Choices {
            widths: rows.zip(first..).collect(),
            named,
        }
    }

    fn lowered(&self, space: &Space) -> Vec<Choice> {
        let named = self.named.keys().map(|&choice| &space.choices[choice]);
        let named = named.map(|choice| Choice {
            name: choice.name.value.clone(),
            values: choice.values.clone(),
            width_of: None,
            span: choice.span,
        });
        let widths = self.widths.keys().map(|&row| {
            let width = &space.rows[row].out_channels;
            let values = width.value.values.iter();
            Choice {
                name: format!("{}.channels", space.rows[row].name.value),
                values: values.map(|&one| AttributeValue::Integer(one)).collect(),
                width_of: Some(row),
                span: width.span,
            }
        });
        named.chain(widths).collect()
    }

    fn row_width(&self, width: &Width) -> RowWidth {
        match width.decided_by {
            None => RowWidth::Fixed(width.largest()),
            Some(row) => RowWidth::Choice(self.widths[&row]),
        }
    }

    /// What a pair of indices of widths says of the choices, in the order of these.
    fn width_values(&self, widths: [&Width; 2], indices: [usize; 2]) -> Vec<(u16, u16)> {
        let decided = widths.into_iter().zip(indices);
        let values: BTreeMap<u16, u16> = decided
            .filter_map(|(width, index)| {
                let index = u16::try_from(index).expect("a domain has at most 4,096 values");
                Some((self.widths[&width.decided_by?], index))
            })
            .collect();
        values.into_iter().collect()
    }
}

fn decides_width(space: &Space, row: usize) -> bool {
    space.rows[row].out_channels.value.decided_by == Some(row)
}

/// The attributes that follow a choice, with the choice's index in the space.
fn add_followed(block: &space::Block, followed: &mut BTreeSet<(AttributeName, usize)>) {
    for alternative in block.alternatives.iter() {
        let attributes = alternative.attributes.iter();
        followed.extend(attributes.filter_map(|one| Some((one.name, one.choice?))));
        for branch in &alternative.branches {
            add_followed(branch, followed);
        }
    }
}

/// One way to make every decision of a block. The first part of the pair, `own`, leaves the shared ones out.
type Decided<T> = (Vec<usize>, T);

fn candidates(block: &space::Block, place: Place, choices: &Choices) -> Vec<Candidate> {
    let mut all: Vec<Decided<Candidate>> = Vec::new();
    for (at, alternative) in block.alternatives.iter().enumerate() {
        let of_alternative = match alternative.operator {
            Operator::Sum => sums(alternative, place, choices),
            _ => plain(alternative, place, choices),
        };
        all.extend(of_alternative.into_iter().map(|(mut own, candidate)| {
            own.insert(0, at);
            (own, candidate)
        }));
    }
    let mut kinds: BTreeMap<Vec<usize>, u16> = BTreeMap::new();
    let numbered = all.into_iter().map(|(own, mut candidate)| {
        let next = u16::try_from(kinds.len()).expect("a block has at most 4,096 candidates");
        candidate.shared.kind = *kinds.entry(own).or_insert(next);
        candidate
    });
    numbered.collect()
}

fn plain(alternative: &Alternative, place: Place, choices: &Choices) -> Vec<Decided<Candidate>> {
    let picks = picks(alternative).into_iter();
    picks
        .map(|pick| {
            let shared = pick.shared.iter();
            let candidate = Candidate {
                widths: (place.in_channels, place.out_channels),
                operator: alternative.operator,
                block: alternative.block.clone(),
                branches: Vec::new(),
                ops: expand(alternative, &pick.values, place),
                values: with_told(alternative, pick.values),
                shared: Shared {
                    values: (shared.map(|(at, &value)| (choices.named[at], value))).collect(),
                    kind: 0,
                    structure: 0,
                },
            };
            (pick.own, candidate)
        })
        .collect()
}

/// The values with those marked that archs of a derived space say for its base.
fn with_told(alternative: &Alternative, mut values: Values) -> Values {
    if let Some(told) = &alternative.told {
        let plain: Vec<AttributeValue> = values.iter().map(|&(_, value, _)| value).collect();
        for &at in told.of(&plain) {
            let said = &mut values[at].2;
            if !said.is_said() {
                *said = Said::Told;
            }
        }
    }
    values
}

/// Candidates of the first branches of a sum that agree about shared decisions.
#[derive(Clone, Default)]
struct Picked {
    /// Each by its index in its branch: hundreds of branches are cheap to copy so.
    indices: Vec<usize>,
    /// What they say of the choices.
    values: BTreeMap<u16, u16>,
}

impl Picked {
    /// One candidate more; `None` when it has another value of some choice.
    fn with(&self, index: usize, one: &Candidate) -> Option<Picked> {
        let values = || one.shared.values.iter();
        let agrees = |(choice, value): &(u16, u16)| {
            let decided = self.values.get(choice);
            decided.is_none_or(|decided| decided == value)
        };
        values().all(agrees).then(|| {
            let mut more = self.clone();
            more.indices.push(index);
            more.values.extend(values().copied());
            more
        })
    }
}

/// Every way to pick one candidate for each branch, the first branch slowest, in which all agree
/// about shared decisions.
fn sums(alternative: &Alternative, place: Place, choices: &Choices) -> Vec<Decided<Candidate>> {
    let branches = alternative.branches.iter();
    let branches: Vec<Vec<Candidate>> = branches
        .map(|branch| candidates(branch, place, choices))
        .collect();
    let mut all = vec![Picked::default()];
    for branch in &branches {
        let more = |picked: &Picked| -> Vec<Picked> {
            let candidates = branch.iter().enumerate();
            let more = candidates.filter_map(|(index, one)| picked.with(index, one));
            more.collect()
        };
        all = all.iter().flat_map(more).collect();
    }
    let sum = |picked: Picked| {
        let indices = branches.iter().zip(picked.indices);
        let branches: Vec<Candidate> = indices
            .map(|(branch, index)| branch[index].clone())
            .collect();
        let own = branches.iter().map(|one| usize::from(one.shared.kind));
        let own = own.collect();
        let candidate = Candidate {
            widths: (place.in_channels, place.out_channels),
            operator: alternative.operator,
            block: alternative.block.clone(),
            values: Vec::new(),
            ops: sum::expand(&branches),
            branches,
            shared: Shared {
                values: picked.values.into_iter().collect(),
                kind: 0,
                structure: 0,
            },
        };
        (own, candidate)
    };
    all.into_iter().map(sum).collect()
}

type Values = Vec<(AttributeName, AttributeValue, Said)>;

/// A value for each attribute of an alternative.
#[derive(Clone, Default)]
struct Pick {
    values: Values,
    /// Indices of the values that no choice decides.
    own: Vec<usize>,
    /// What the choices are, by their numbers in the space.
    shared: BTreeMap<usize, u16>,
}

impl Pick {
    /// One attribute more; `None` when the choice it follows has another value.
    fn push(&mut self, attribute: &Attribute, index: usize) -> Option<()> {
        let value = attribute.setting.values()[index];
        let said = match attribute.setting {
            Setting::Searched(_) => Said::Searched,
            Setting::Fixed(_) | Setting::Fitted(_) => Said::No,
        };
        self.values.push((attribute.name, value, said));
        match attribute.choice {
            None => self.own.push(index),
            Some(choice) => {
                let index = u16::try_from(index).expect("a domain has at most 4,096 values");
                let decided = *self.shared.entry(choice).or_insert(index);
                (decided == index).then_some(())?;
            }
        }
        Some(())
    }

    fn with(&self, attribute: &Attribute, index: usize) -> Option<Pick> {
        let mut more = self.clone();
        more.push(attribute, index)?;
        Some(more)
    }
}

/// Every way to pick one value for each attribute, the first attribute slowest. Attributes that
/// follow one choice agree.
fn picks(alternative: &Alternative) -> Vec<Pick> {
    let mut all = vec![Pick::default()];
    for attribute in &alternative.attributes {
        let values = 0..attribute.setting.values().len();
        if values.len() == 1 {
            // Without copies: there can be a thousand of these.
            all.retain_mut(|picked| picked.push(attribute, 0).is_some());
            continue;
        }
        let more = |picked: &Pick| -> Vec<Pick> {
            let more = values.clone().filter_map(|at| picked.with(attribute, at));
            more.collect()
        };
        all = all.iter().flat_map(more).collect();
    }
    all
}
