//! One written block against the candidates of its slot.

use super::report::{self, Written};
use crate::diagnostic::Diagnostic;
use crate::ir::{Candidate, Said, Slot};
use crate::space::{AttributeName, AttributeValue};
use crate::syntax::ast::{Arg, Attribute, Binding, Prim, Value};

/// The index of the one candidate that `prim` means: it has the operator's or the block's name,
/// agrees with every value given, and all that an arch must say of it is given.
pub(super) fn select(prim: &Prim, slot: &Slot, row: &str) -> Result<u16, Diagnostic> {
    let written = written(prim, slot, row)?;
    let named = narrow(slot, 0..slot.candidates.len(), |candidate| {
        candidate.is_called(&written.name.value)
    });
    if named.is_empty() {
        return Err(report::unknown_block(&written));
    }
    if !written.branches.is_empty() {
        return select_sum(&written, &named);
    }
    let given = given(&written, &named)?;
    let agreeing = narrow(slot, named.iter().copied(), |candidate| {
        given.iter().all(|one| one.agrees(candidate))
    });
    if agreeing.is_empty() {
        return Err(outside_domain(&written, &named, &given));
    }
    let complete = narrow(slot, agreeing.iter().copied(), |candidate| {
        let mut said = candidate.said_of_itself();
        said.all(|(name, _)| given.iter().any(|one| one.name == name))
    });
    match complete.as_slice() {
        [_, _, ..] if complete.iter().all(|&at| is_sum(&slot.candidates[at])) => {
            Err(report::branches_open(&written, complete[0]))
        }
        [] => Err(report::missing_attributes(
            &written,
            &missing(slot, &agreeing, &given),
            (&named, agreeing[0]),
        )),
        [only] => Ok(u16::try_from(*only).expect("a slot has at most 4,096 candidates")),
        several => Err(report::ambiguous(&written, several)),
    }
}

/// The one of the sums `named` whose branches are those written.
fn select_sum(written: &Written<'_>, named: &[usize]) -> Result<u16, Diagnostic> {
    let slot = written.slot;
    if let Some(attribute) = written.attributes.first() {
        return Err(report::unknown_attribute(written, attribute, &[]));
    }
    let mut agreeing = narrow(slot, named.iter().copied(), |candidate| {
        candidate.branches.len() == written.branches.len()
    });
    if agreeing.is_empty() {
        return Err(report::wrong_branches(written, named));
    }
    for (branch, prim) in written.branches.iter().enumerate() {
        let place = branch_slot(slot, &agreeing, branch);
        let chosen = select(prim, &place, written.row)?;
        let chosen = &place.candidates[usize::from(chosen)];
        agreeing = narrow(slot, agreeing, |sum| sum.branches[branch] == *chosen);
    }
    Ok(u16::try_from(agreeing[0]).expect("a slot has at most 4,096 candidates"))
}

/// What can stand in one branch of these sums.
fn branch_slot(slot: &Slot, sums: &[usize], branch: usize) -> Slot {
    let mut candidates: Vec<Candidate> = Vec::new();
    for &at in sums {
        let candidate = &slot.candidates[at].branches[branch];
        if !candidates.contains(candidate) {
            candidates.push(candidate.clone());
        }
    }
    Slot {
        candidates: candidates.into(),
        ..*slot
    }
}

fn is_sum(candidate: &Candidate) -> bool {
    !candidate.branches.is_empty()
}

/// The candidates of `indices` for which `keep` holds.
fn narrow(
    slot: &Slot,
    indices: impl IntoIterator<Item = usize>,
    keep: impl Fn(&Candidate) -> bool,
) -> Vec<usize> {
    let kept = |at: &usize| keep(&slot.candidates[*at]);
    indices.into_iter().filter(kept).collect()
}

/// Takes a call apart; a group must hold one alternative, and so must a branch.
fn written<'a>(prim: &'a Prim, slot: &'a Slot, row: &'a str) -> Result<Written<'a>, Diagnostic> {
    let (name, args, span) = match prim {
        Prim::Call { name, args, span } => (name, args, *span),
        Prim::Group(op) => match op.alternatives.as_slice() {
            [only] => return written(only, slot, row),
            _ => return Err(report::picks_one_alternative(op)),
        },
    };
    let sums = slot
        .candidates
        .iter()
        .any(|candidate| is_sum(candidate) && candidate.is_called(&name.value));
    let (mut attributes, mut branches) = (Vec::new(), Vec::new());
    for arg in args {
        match arg {
            Arg::Attribute(attribute) => attributes.push(attribute),
            Arg::Op(op) if !sums => return Err(report::takes_no_block(op.span, name)),
            Arg::Op(op) => match op.alternatives.as_slice() {
                [only] => branches.push(only),
                _ => return Err(report::picks_one_alternative(op)),
            },
        }
    }
    Ok(Written {
        name,
        attributes,
        branches,
        span,
        slot,
        row,
    })
}

/// A value given in an arch.
struct Given<'a> {
    name: AttributeName,
    value: &'a Value,
    attribute: &'a Attribute,
}

impl Given<'_> {
    fn agrees(&self, candidate: &Candidate) -> bool {
        let value = candidate.value(self.name);
        value.is_some_and(|value| means(value, self.value))
    }
}

/// Whether the text stands for this value.
pub(super) fn means(value: AttributeValue, text: &Value) -> bool {
    match (value, text) {
        (AttributeValue::Integer(integer), Value::Number(number)) => {
            number.value.to_u32() == Some(integer)
        }
        (AttributeValue::Ratio(ratio), Value::Number(number)) => {
            number.value.to_ratio() == Some(ratio)
        }
        (AttributeValue::Integer(_) | AttributeValue::Ratio(_), Value::Name(_)) => false,
        (word, Value::Name(name)) => word.to_string() == name.value,
        (_, Value::Number(_)) => false,
    }
}

/// Every attribute with its meaning: known to one of the named candidates, bound by `=`, once.
fn given<'a>(written: &Written<'a>, named: &[usize]) -> Result<Vec<Given<'a>>, Diagnostic> {
    let mut given: Vec<Given<'a>> = Vec::new();
    for &attribute in &written.attributes {
        let name = written
            .attributes_of(named)
            .find(|name| name.as_str() == attribute.name.value)
            .ok_or_else(|| report::unknown_attribute(written, attribute, named))?;
        let Binding::Is(value) = &attribute.binding else {
            return Err(report::picks_one_value(written, attribute, named, name));
        };
        if let Some(first) = given.iter().find(|one| one.name == name) {
            return Err(report::repeated_attribute(attribute, first.attribute));
        }
        given.push(Given {
            name,
            value,
            attribute,
        });
    }
    Ok(given)
}

/// Which value no candidate has, or that no candidate has them all.
fn outside_domain(written: &Written<'_>, named: &[usize], given: &[Given<'_>]) -> Diagnostic {
    let alone = given.iter().find(|one| {
        !named
            .iter()
            .any(|&at| one.agrees(&written.slot.candidates[at]))
    });
    match alone {
        Some(one) => report::value_outside(written, one.attribute, one.value, one.name, named),
        None => report::values_not_together(written, named),
    }
}

/// The attributes of the first candidate that must be said and are not given, and why they must.
fn missing(slot: &Slot, agreeing: &[usize], given: &[Given<'_>]) -> Vec<(AttributeName, Said)> {
    let values = slot.candidates[agreeing[0]].values.iter();
    let said = values.filter(|(_, _, said)| said.is_said());
    said.filter(|(name, _, _)| !given.iter().any(|one| one.name == *name))
        .map(|&(name, _, said)| (name, said))
        .collect()
}
