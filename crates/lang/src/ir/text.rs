//! Candidates as they are written in an arch.

use super::{Candidate, Row, Slot};
use crate::space::{AttributeName, AttributeValue};

impl Candidate {
    /// The operator with the values that an arch must say: `ir(kernel = 3, expand = 4)`, `skip`.
    pub fn text(&self) -> String {
        self.text_among(&[])
    }

    /// The operator with the values that an arch must say, and the others that `extra` asks for.
    fn text_with(&self, extra: impl Fn(AttributeName) -> bool) -> String {
        let written: Vec<String> = self
            .values
            .iter()
            .filter(|(name, _, said)| said.is_said() || extra(*name))
            .map(|(name, value, _)| format!("{name} = {value}"))
            .collect();
        called(self, &written)
    }

    /// As it is written where any of `others` could stand: with the values that an arch must say, and the
    /// others by which it differs from those of the same operator.
    fn text_among(&self, others: &[&Candidate]) -> String {
        let is_twin = |other: &&Candidate| other.operator == self.operator;
        let twins = others.iter().copied().filter(is_twin);
        if !self.branches.is_empty() {
            return self.sum_among(&twins.collect::<Vec<_>>());
        }
        let twins: Vec<&Candidate> = twins.filter(|twin| twin.values != self.values).collect();
        if !twins.iter().any(|twin| self.is_taken_for(twin)) {
            return self.text_with(|_| false);
        }
        self.text_with(|name| {
            twins
                .iter()
                .any(|twin| twin.value(name) != self.value(name))
        })
    }

    /// Every branch among those that can stand in its place.
    fn sum_among(&self, sums: &[&Candidate]) -> String {
        let branches: Vec<String> = (self.branches.iter().enumerate())
            .map(|(at, branch)| {
                let others: Vec<&Candidate> =
                    sums.iter().filter_map(|sum| sum.branches.get(at)).collect();
                branch.text_among(&others)
            })
            .collect();
        called(self, &branches)
    }

    /// Whether the values that an arch must say alone fit that candidate of the same operator too.
    fn is_taken_for(&self, twin: &Candidate) -> bool {
        let mut own = self.said_of_itself();
        let agrees = own.all(|(name, value)| twin.value(name) == Some(value));
        let mut of_twin = twin.said_of_itself();
        agrees && of_twin.all(|(name, _)| self.says(name))
    }

    /// Whether an arch means it by a name: its operator's, or that of the block that it was reached by.
    pub fn is_called(&self, name: &str) -> bool {
        self.operator.as_str() == name || self.block.as_deref() == Some(name)
    }

    /// The value of an attribute.
    pub fn value(&self, name: AttributeName) -> Option<AttributeValue> {
        let found = self.values.iter().find(|(other, _, _)| *other == name);
        found.map(|&(_, value, _)| value)
    }

    /// Whether an arch must say `name`.
    pub fn says(&self, name: AttributeName) -> bool {
        self.said_of_itself().any(|(other, _)| other == name)
    }

    /// The values that an arch must say, and those of its branches, in order.
    pub fn said(&self) -> Vec<(AttributeName, AttributeValue)> {
        let of_branches = self.branches.iter().flat_map(Candidate::said);
        self.said_of_itself().chain(of_branches).collect()
    }

    /// The same without its branches.
    pub(crate) fn said_of_itself(&self) -> impl Iterator<Item = (AttributeName, AttributeValue)> {
        let said = self.values.iter().filter(|(_, _, said)| said.is_said());
        said.map(|&(name, value, _)| (name, value))
    }
}

fn called(candidate: &Candidate, inside: &[String]) -> String {
    match inside.is_empty() {
        true => candidate.operator.to_string(),
        false => format!("{}({})", candidate.operator, inside.join(", ")),
    }
}

impl Slot {
    /// A candidate as it must be written here: the values that an arch must say, and the others
    /// by which it differs from other candidates of the same operator.
    pub fn text(&self, candidate: usize) -> String {
        let others: Vec<&Candidate> = self.candidates.iter().collect();
        self.candidates[candidate].text_among(&others)
    }
}

impl Row {
    /// Whether paths differ in it beside its width: more than one depth, or a slot with candidates that differ
    /// in more than widths.
    pub fn decides(&self) -> bool {
        self.was_open
            || self.fit.is_some()
            || self.depths.len() > 1
            || self.slots.iter().any(|slot| slot.structures() > 1)
    }
}
