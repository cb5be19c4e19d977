//! Candidates as they are written in an arch.

use super::{Candidate, Row, Slot};
use crate::space::{AttributeName, AttributeValue};

impl Candidate {
    /// The operator with its searched values: `ir(kernel = 3, expand = 4)`, `skip`.
    pub fn text(&self) -> String {
        self.text_with(|_| false)
    }

    /// The operator with its searched values and the fixed ones that `extra` asks for.
    fn text_with(&self, extra: impl Fn(AttributeName) -> bool) -> String {
        let written: Vec<String> = self
            .values
            .iter()
            .filter(|(name, _, searched)| *searched || extra(*name))
            .map(|(name, value, _)| format!("{name} = {value}"))
            .collect();
        match written.is_empty() {
            true => self.operator.to_string(),
            false => format!("{}({})", self.operator, written.join(", ")),
        }
    }

    /// The value of an attribute.
    pub fn value(&self, name: AttributeName) -> Option<AttributeValue> {
        let found = self.values.iter().find(|(other, _, _)| *other == name);
        found.map(|&(_, value, _)| value)
    }

    /// Whether `name` is searched here.
    pub fn searches(&self, name: AttributeName) -> bool {
        self.values
            .iter()
            .any(|&(other, _, searched)| other == name && searched)
    }
}

impl Slot {
    /// A candidate as it must be written here: its searched values, and the fixed
    /// ones by which it differs from other candidates of the same operator.
    pub fn text(&self, candidate: usize) -> String {
        let this = &self.candidates[candidate];
        if self.is_told_apart(candidate) {
            return this.text();
        }
        let twins = || self.twins(candidate);
        this.text_with(|name| twins().any(|twin| twin.value(name) != this.value(name)))
    }

    /// All other candidates of the same operator.
    fn twins(&self, candidate: usize) -> impl Iterator<Item = &Candidate> {
        let operator = self.candidates[candidate].operator;
        self.candidates
            .iter()
            .enumerate()
            .filter(move |(at, other)| *at != candidate && other.operator == operator)
            .map(|(_, other)| other)
    }

    /// Whether the searched values alone fit no other candidate.
    fn is_told_apart(&self, candidate: usize) -> bool {
        let this = &self.candidates[candidate];
        !self.twins(candidate).any(|twin| {
            let agrees = this
                .values
                .iter()
                .filter(|(_, _, searched)| *searched)
                .all(|&(name, value, _)| twin.value(name) == Some(value));
            let given = twin
                .values
                .iter()
                .filter(|(_, _, searched)| *searched)
                .all(|&(name, _, _)| this.searches(name));
            agrees && given
        })
    }
}

impl Row {
    /// Whether paths differ in it: more than one depth, or a slot with more than one candidate.
    pub fn decides(&self) -> bool {
        self.depths.len() > 1 || self.slots.iter().any(|slot| slot.candidates.len() > 1)
    }
}
