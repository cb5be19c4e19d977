//! What may stand where an arch fixes something: what its space has there, and nothing else.
//!
//! In: the tokens of a row of an arch up to a place. Out: the words, attributes and values of the candidates that can
//! stand there, attributes that must be said before the others. Where the space cannot be built, what its text says.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use super::complete::{Completion, CompletionKind, with_text};
use super::context::{Owner, Takes};
use super::{Project, hover};
use crate::compile::{self, Overrides};
use crate::ir::{Candidate, Ir, Row, Said};
use crate::source::{FileId, Files, ReadError, Sources};
use crate::space::{AttributeName, AttributeValue, Operator};
use crate::syntax::Kind;

/// A place in a row of an arch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// Where the arch begins in the file.
    arch_at: usize,
    /// What is fixed, by its parts: `s1`, `channels`.
    target: Vec<&'a str>,
    /// How many blocks stand before this one.
    block: usize,
    /// The parentheses that are open, the outermost first.
    calls: Vec<Call<'a>>,
    wants: Wants<'a>,
}

/// An operator or a block with its parentheses open.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call<'a> {
    /// Empty for a group.
    name: &'a str,
    /// Attributes with their values, as far as they are written.
    given: Vec<(&'a str, &'a str)>,
    /// How many branches stand before this one, where it is a `sum`.
    branch: usize,
}

/// What may stand at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants<'a> {
    /// What of a row is fixed.
    Property,
    /// A block, or a value of what is no row.
    Pick,
    /// What stands in parentheses.
    Argument,
    /// A value of an attribute.
    Value(&'a str),
}

/// What the tokens of a row of an arch lead to; `None` where nothing can be proposed.
pub(super) fn place<'a>(words: &[(Kind, &'a str)], arch_at: usize) -> Option<Place<'a>> {
    let equals = words.iter().position(|(kind, _)| *kind == Kind::Equals);
    let (target, picks) = words.split_at(equals.unwrap_or(words.len()));
    let names = target.iter().filter(|(kind, _)| *kind == Kind::Word);
    let mut place = Place {
        arch_at,
        target: names.map(|&(_, name)| name).collect(),
        block: 0,
        calls: Vec::new(),
        wants: Wants::Property,
    };
    if equals.is_none() {
        let is_behind_dot = target.last().is_some_and(|(kind, _)| *kind == Kind::Dot);
        return is_behind_dot.then_some(place);
    }
    for pair in picks.windows(2) {
        place.go_over(pair[0], pair[1]);
    }
    place.wants = match (picks, place.calls.is_empty()) {
        ([_] | [.., (Kind::Comma, _)], true) => Wants::Pick,
        ([.., (Kind::LeftParen | Kind::Comma, _)], false) => Wants::Argument,
        ([.., (Kind::Word, name), (Kind::Equals, _)], false) => Wants::Value(name),
        _ => return None,
    };
    Some(place)
}

impl<'a> Place<'a> {
    /// Goes on over one token behind another.
    fn go_over(&mut self, (before, word): (Kind, &'a str), (kind, text): (Kind, &'a str)) {
        match (kind, self.calls.last_mut()) {
            (Kind::LeftParen, _) => self.calls.push(Call {
                name: if before == Kind::Word { word } else { "" },
                given: Vec::new(),
                branch: 0,
            }),
            (Kind::RightParen, _) => drop(self.calls.pop()),
            (Kind::Comma, Some(call)) => call.branch += 1,
            (Kind::Comma, None) => self.block += 1,
            (Kind::Equals, Some(call)) => call.given.push((word, "")),
            (Kind::Word | Kind::Number, Some(call)) if before == Kind::Equals => {
                call.given
                    .iter_mut()
                    .last()
                    .into_iter()
                    .for_each(|given| given.1 = text);
            }
            _ => {}
        }
    }

    /// The candidates that a row has at the place, as far as what is written leaves them, and whether one of them is to
    /// be named there: else it has been, and something of it is said.
    fn candidates<'c>(&self, row: &'c Row) -> (Vec<&'c Candidate>, bool) {
        let slot = row.slots.get(self.block);
        let mut open: Vec<&Candidate> = slot.iter().flat_map(|slot| &*slot.candidates).collect();
        let mut are_named = true;
        for call in &self.calls {
            are_named = call.name.is_empty();
            if are_named {
                continue;
            }
            open.retain(|candidate| candidate.is_called(call.name));
            let branches = open.iter().filter_map(|one| one.branches.get(call.branch));
            let branches: Vec<&Candidate> = branches.collect();
            are_named = open.iter().any(|one| !one.branches.is_empty());
            match are_named {
                true => open = branches,
                false => call.narrow(&mut open),
            }
        }
        (open, are_named)
    }
}

impl Call<'_> {
    /// Leaves the candidates that have the values that are given. One that none of them has is a mistake and passed over.
    fn narrow(&self, open: &mut Vec<&Candidate>) {
        for &(name, text) in &self.given {
            let agrees = |candidate: &&Candidate| {
                let mut values = candidate.values.iter();
                values.any(|(other, value, _)| other.as_str() == name && value.to_string() == text)
            };
            if open.iter().any(agrees) {
                open.retain(agrees);
            }
        }
    }
}

impl Project<'_> {
    /// What may stand at a place of an arch.
    pub(super) fn fixed(&self, place: &Place<'_>) -> Vec<Completion> {
        // An arch that is being written keeps its own file from being understood; what stands before it is whole.
        let before = || {
            Before(&self.unit.sources, place.arch_at)
                .space()
                .map(Cow::Owned)
        };
        let ir = self.unit.ir.as_ref().map(Cow::Borrowed);
        match ir.or_else(before) {
            Some(ir) => self.fixed_in(&ir, place),
            None => self.fixed_by_text(place),
        }
    }

    fn fixed_in(&self, ir: &Ir, place: &Place<'_>) -> Vec<Completion> {
        let row = |name: &str| ir.rows.iter().find(|row| row.name == name);
        match (place.wants, place.target.as_slice()) {
            (Wants::Property, [name]) if row(name).is_some() => {
                vec![with_text("channels", CompletionKind::Attribute, "channels")]
            }
            (Wants::Pick, ["resolution"]) => values(ir.resolution.value.values()),
            (Wants::Pick, [name, "channels"]) => {
                row(name).map_or_else(Vec::new, |row| values(ir.widths(row.width)))
            }
            (_, [name]) => match row(name) {
                Some(row) => self.of_candidates(place, row),
                None => of_choice(ir, place, name),
            },
            _ => Vec::new(),
        }
    }

    fn of_candidates(&self, place: &Place<'_>, row: &Row) -> Vec<Completion> {
        let (candidates, are_named) = place.candidates(row);
        match (place.wants, place.calls.last()) {
            (Wants::Pick | Wants::Argument, _) if are_named => self.names_of(&candidates),
            (Wants::Argument, Some(call)) => attributes_of(&candidates, call),
            (Wants::Value(name), _) if !are_named => {
                let of = candidates.iter().flat_map(|one| &one.values);
                let of = of.filter(|(other, ..)| other.as_str() == name);
                values(of.filter(|one| is_written(one)).map(|(_, value, _)| value))
            }
            _ => Vec::new(),
        }
    }

    /// What candidates are called: the blocks that they were reached by, and their operators.
    fn names_of(&self, candidates: &[&Candidate]) -> Vec<Completion> {
        let blocks = candidates.iter().filter_map(|one| one.block.as_deref());
        let blocks = blocks.collect::<BTreeSet<&str>>().into_iter();
        let blocks = blocks.filter_map(|name| self.declared_block(name));
        let operators: BTreeSet<Operator> = candidates.iter().map(|one| one.operator).collect();
        let operators = operators.into_iter().filter_map(|operator| match operator {
            Operator::Own(_) => self.declared_block(operator.as_str()),
            _ => Some(Completion {
                word: operator.as_str().to_owned(),
                kind: CompletionKind::Operator,
                text: hover::page(operator),
            }),
        });
        blocks.chain(operators).collect()
    }

    fn fixed_by_text(&self, place: &Place<'_>) -> Vec<Completion> {
        match (place.wants, place.target.as_slice(), place.calls.last()) {
            (Wants::Pick, [name], _) => self.picks(name),
            (
                Wants::Argument,
                [_],
                Some(Call {
                    name: "" | "sum", ..
                }),
            ) => self.operators(),
            (Wants::Argument, [_], Some(call)) => {
                let written: Vec<&str> = call.given.iter().map(|given| given.0).collect();
                self.attributes(Owner::Operator(call.name), &written)
            }
            (Wants::Value(name), [_], _) => self.values(Some(name), Takes::Words),
            _ => Vec::new(),
        }
    }
}

fn of_choice(ir: &Ir, place: &Place<'_>, name: &str) -> Vec<Completion> {
    let mut choices = ir.choices.iter();
    let choice = choices.find(|choice| choice.name == name);
    match (place.wants, choice) {
        (Wants::Pick, Some(choice)) if place.block == 0 => values(&choice.values),
        _ => Vec::new(),
    }
}

/// The attributes that are not given yet, those that some candidate must say first.
fn attributes_of(candidates: &[&Candidate], call: &Call<'_>) -> Vec<Completion> {
    let all = candidates.iter().flat_map(|one| &one.values);
    let is_open = |name: &AttributeName| {
        let mut given = call.given.iter();
        given.all(|(other, _)| *other != name.as_str())
    };
    let open = all.filter(|one| is_open(&one.0) && is_written(one));
    let said = open.clone().filter(|one| one.2.is_said());
    let words = said.chain(open).map(|(name, ..)| name.as_str());
    words
        .map(|word| with_text(word, CompletionKind::Attribute, word))
        .collect()
}

/// Whether a value can be written: the kernel of a pool over the whole map cannot.
fn is_written((name, value, _): &(AttributeName, AttributeValue, Said)) -> bool {
    (*name, *value) != (AttributeName::Kernel, AttributeValue::Integer(0))
}

fn values<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<Completion> {
    let texts = all.into_iter().map(|value| value.to_string());
    texts
        .map(|text| with_text(&text, CompletionKind::Value, &text))
        .collect()
}

/// The files of a compilation, of the first what stands before a place.
struct Before<'a>(&'a Sources, usize);

impl Before<'_> {
    /// The space there is, if that is right.
    fn space(&self) -> Option<Ir> {
        let root = Path::new(&self.0.get(FileId(0)).name);
        let overrides = Overrides {
            // Measured times say nothing of what may stand somewhere.
            open_tables: true,
            ..Overrides::default()
        };
        compile::load(self, root, &overrides).ok()?.ir
    }
}

impl Files for Before<'_> {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        let mut files = self.0.iter();
        let found = files.find(|(_, source)| Path::new(&source.name) == path);
        match found {
            Some((FileId(0), source)) => Ok(source.text[..self.1].to_owned()),
            Some((_, source)) => Ok(source.text.clone()),
            None => Err(ReadError("it was not read before".to_owned())),
        }
    }
}
