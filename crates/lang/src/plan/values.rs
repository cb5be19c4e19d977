//! Every value of every decision: how many of the paths inside the bounds take it.

mod bounded;
mod lists;
mod never;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use crate::count::{Decided, Part};
use crate::ir::{Candidate, Ir, Row};
use crate::source::Span;
use crate::space::{AttributeName, AttributeValue, Operator, Setting};

use lists::{Lists, RowLists};

pub(super) use never::{Never, Why, never_feasible};

/// A value of a decision, and how much of the paths inside every bound takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueShare {
    /// The row that decides; `None` for a choice, a searched width among them, and for the resolution.
    pub row: Option<String>,
    /// What is decided: `depth`, the name of an attribute or of a choice, `block` for alternatives.
    pub of: String,
    /// The value as it is written.
    pub value: String,
    /// Guaranteed bounds, in 0..=1: of a depth or a choice, the share of paths; of anything a row's
    /// blocks decide, the share of all those blocks that have it.
    pub share: Part,
}

impl Plan {
    /// Every value that is searched, in the order of the choices and then of the rows; a second
    /// or so in ordinary spaces.
    pub fn value_shares(&self) -> Vec<ValueShare> {
        let lists = Lists::of(&self.ir);
        let flow = self.bounded_graph.flow(&self.windows);
        let flow = lists.gathered(flow, |sum, part| *sum += part);
        let decisions = decisions(&self.ir, &lists).into_iter();
        decisions
            .flat_map(|decision| decision.shares(&self.ir, &flow))
            .collect()
    }
}

/// Something that takes one of several values.
struct Decision {
    /// The index of the row that decides; `None` for a choice.
    row: Option<usize>,
    of: String,
    /// Where its domain is written.
    place: Span,
    values: Vec<Value>,
}

struct Value {
    text: String,
    keys: Vec<Key>,
}

/// What stands for a value in a [`Decided`] that is [gathered](Lists::gathered).
#[derive(Debug, Clone, Copy)]
enum Key {
    Resolution(u32),
    Choice(usize, usize),
    Depth(usize, u32),
    /// Row, list of candidates, candidate.
    Candidate(usize, usize, usize),
}

impl Key {
    fn of<T: Clone + Default>(self, all: &Decided<T>) -> T {
        let found = match self {
            Key::Resolution(side) => all.resolutions.get(&side),
            Key::Choice(choice, value) => all.choices.get(choice).and_then(|of| of.get(value)),
            Key::Depth(row, depth) => all.depths.get(row).and_then(|of| of.get(depth as usize)),
            Key::Candidate(row, list, candidate) => {
                let of_row = all.blocks.get(row);
                let of_list = of_row.and_then(|of| of.get(list));
                of_list.and_then(|of| of.get(candidate))
            }
        };
        found.cloned().unwrap_or_default()
    }
}

/// Every decision that has more than one value.
fn decisions(ir: &Ir, lists: &Lists) -> Vec<Decision> {
    let sides = match &ir.resolution.value {
        Setting::Searched(domain) => domain.values(),
        Setting::Fixed(_) | Setting::Fitted(_) => &[],
    };
    let side = |&side: &u32| Value {
        text: side.to_string(),
        keys: vec![Key::Resolution(side)],
    };
    let resolution = Decision {
        row: None,
        of: "resolution".to_owned(),
        place: ir.resolution.span,
        values: sides.iter().map(side).collect(),
    };
    let choices = ir.choices.iter().enumerate().map(|(at, choice)| Decision {
        row: None,
        of: choice.name.clone(),
        place: choice.span,
        values: (choice.values.iter().enumerate())
            .map(|(value, text)| Value {
                text: text.to_string(),
                keys: vec![Key::Choice(at, value)],
            })
            .collect(),
    });
    let rows = ir.rows.iter().enumerate();
    let rows = rows.flat_map(|(at, row)| of_row(at, row, &lists.0[at]));
    let all = std::iter::once(resolution).chain(choices).chain(rows);
    all.filter(|decision| decision.values.len() > 1).collect()
}

fn of_row(at: usize, row: &Row, lists: &RowLists) -> Vec<Decision> {
    let depth = |&depth: &u32| Value {
        text: depth.to_string(),
        keys: vec![Key::Depth(at, depth)],
    };
    let mut all = vec![Decision {
        row: Some(at),
        of: "depth".to_owned(),
        place: row.places.depth,
        values: row.depths.iter().map(depth).collect(),
    }];
    let open = Open::of(lists);
    let mut found: BTreeMap<Option<AttributeName>, Values> = BTreeMap::new();
    for (list, candidate, one) in lists.candidates() {
        let key = Key::Candidate(at, list, candidate);
        for (name, text) in open.values_of(one) {
            found.entry(name).or_default().add(text, key);
        }
    }
    all.extend(found.into_iter().map(|(name, values)| Decision {
        row: Some(at),
        of: name.map_or("block".to_owned(), |name| name.to_string()),
        place: row.places.of(name),
        values: values.all,
    }));
    all
}

/// Values in the order in which they were found.
#[derive(Default)]
struct Values {
    all: Vec<Value>,
    index: BTreeMap<String, usize>,
}

impl Values {
    fn add(&mut self, text: String, key: Key) {
        let next = self.all.len();
        let at = *self.index.entry(text.clone()).or_insert(next);
        match self.all.get_mut(at) {
            Some(value) => value.keys.push(key),
            None => self.all.push(Value {
                text,
                keys: vec![key],
            }),
        }
    }
}

/// What the candidates of a row differ in: of all else there is one value, and thousands of candidates
/// can have a thousand such values each.
#[derive(Default)]
struct Open {
    alternatives: bool,
    attributes: BTreeSet<AttributeName>,
}

impl Open {
    fn of(lists: &RowLists) -> Open {
        let mut open = Open::default();
        let mut operator: Option<Operator> = None;
        let mut firsts: BTreeMap<AttributeName, AttributeValue> = BTreeMap::new();
        for (.., one) in lists.candidates() {
            // Those of a sum differ in what their branches are.
            let is_other = *operator.get_or_insert(one.operator) != one.operator;
            open.alternatives |= is_other || !one.branches.is_empty();
            for (name, value, _) in &one.values {
                if firsts.entry(*name).or_insert(*value) != value {
                    open.attributes.insert(*name);
                }
            }
        }
        open
    }

    /// Which alternative a candidate is, and the values of its attributes, as far as others differ.
    fn values_of(&self, candidate: &Candidate) -> Vec<(Option<AttributeName>, String)> {
        let alternative = self
            .alternatives
            .then(|| match candidate.branches.is_empty() {
                true => candidate.operator.to_string(),
                false => candidate.text(),
            });
        let values = candidate.values.iter();
        let values = values.filter(|(name, ..)| self.attributes.contains(name));
        let values = values.map(|(name, value, _)| (Some(*name), value.to_string()));
        let alternative = alternative.map(|text| (None, text));
        alternative.into_iter().chain(values).collect()
    }
}

impl Decision {
    fn shares(&self, ir: &Ir, flow: &Decided<Part>) -> Vec<ValueShare> {
        let sum = |keys: &[Key]| {
            let parts = keys.iter().map(|key| key.of(flow));
            parts.fold(Part::default(), |sum, part| sum + part)
        };
        let parts: Vec<Part> = self.values.iter().map(|value| sum(&value.keys)).collect();
        let rests = all_but_each(&parts, self.neither(flow));
        let values = self.values.iter().zip(parts.iter().zip(rests));
        values
            .map(|(value, (part, rest))| ValueShare {
                row: self.row.map(|row| ir.rows[row].name.clone()),
                of: self.of.clone(),
                value: value.text.clone(),
                share: part.share(rest),
            })
            .collect()
    }

    /// Blocks of the row without the attribute, paths of which no block follows the choice.
    fn neither(&self, flow: &Decided<Part>) -> Part {
        match (self.row, self.of.as_str()) {
            (None, _) => self.without_choice(flow),
            (Some(_), "depth") => Part::default(),
            (Some(row), _) => self.without_attribute(flow.blocks.get(row)),
        }
    }

    /// The blocks of a row, `lists[list][candidate]`, that have no value of an attribute.
    fn without_attribute(&self, lists: Option<&Vec<Vec<Part>>>) -> Part {
        let keys = self.values.iter().flat_map(|value| &value.keys);
        let with: BTreeSet<(usize, usize)> = keys
            .filter_map(|key| match *key {
                Key::Candidate(_, list, candidate) => Some((list, candidate)),
                _ => None,
            })
            .collect();
        let mut sum = Part::default();
        for (list, parts) in lists.into_iter().flatten().enumerate() {
            for (candidate, part) in parts.iter().enumerate() {
                if !with.contains(&(list, candidate)) {
                    sum += *part;
                }
            }
        }
        sum
    }

    /// The paths that take no value of a choice: all less those that do.
    fn without_choice(&self, flow: &Decided<Part>) -> Part {
        // Every path ends its first row somewhere.
        let all = flow.depths.first().into_iter().flatten();
        let all = all.fold(Part::default(), |sum, part| sum + *part);
        let taken = self.values.iter().flat_map(|value| &value.keys);
        let taken = taken.fold(Part::default(), |sum, key| sum + key.of(flow));
        Part {
            least: (all.least - taken.most).max(0.0),
            most: (all.most - taken.least).max(0.0),
        }
    }
}

/// For each part the sum of all others and `more`. The others are added up from both ends: a part taken away from the sum
/// of all would leave what rounding made of it.
fn all_but_each(parts: &[Part], more: Part) -> Vec<Part> {
    let mut behind: Vec<Part> = parts
        .iter()
        .rev()
        .scan(more, |sum, part| Some(std::mem::replace(sum, *sum + *part)))
        .collect();
    behind.reverse();
    let before = parts.iter().scan(Part::default(), |sum, part| {
        Some(std::mem::replace(sum, *sum + *part))
    });
    before.zip(behind).map(|(a, b)| a + b).collect()
}
