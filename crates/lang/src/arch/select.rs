//! One written block against the candidates of its slot.

use super::report::{self, Written};
use crate::diagnostic::Diagnostic;
use crate::ir::{Candidate, Slot};
use crate::space::{AttributeName, AttributeValue};
use crate::syntax::ast::{Arg, Attribute, Binding, Prim, Value};

/// The index of the one candidate that `prim` means: it has the operator's or the block's name,
/// agrees with every value given, and all its searched values are given.
pub(super) fn select(prim: &Prim, slot: &Slot, row: &str) -> Result<u16, Diagnostic> {
    let written = written(prim, slot, row)?;
    let named = narrow(slot, 0..slot.candidates.len(), |candidate| {
        is_called(candidate, &written.name.value)
    });
    if named.is_empty() {
        return Err(report::unknown_block(&written));
    }
    let given = given(&written, &named)?;
    let agreeing = narrow(slot, named.iter().copied(), |candidate| {
        given.iter().all(|one| one.agrees(candidate))
    });
    if agreeing.is_empty() {
        return Err(outside_domain(&written, &named, &given));
    }
    let complete = narrow(slot, agreeing.iter().copied(), |candidate| {
        candidate
            .values
            .iter()
            .all(|&(name, _, searched)| !searched || given.iter().any(|one| one.name == name))
    });
    match complete.as_slice() {
        [] => Err(report::missing_attributes(
            &written,
            &missing(slot, &agreeing, &given),
            agreeing[0],
        )),
        [only] => Ok(u16::try_from(*only).expect("a slot has at most 4,096 candidates")),
        several => Err(report::ambiguous(&written, several)),
    }
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

fn is_called(candidate: &Candidate, name: &str) -> bool {
    candidate.operator.as_str() == name || candidate.block.as_deref() == Some(name)
}

/// Takes a call apart; a group must hold one alternative, arguments must be attributes.
fn written<'a>(prim: &'a Prim, slot: &'a Slot, row: &'a str) -> Result<Written<'a>, Diagnostic> {
    let (name, args, span) = match prim {
        Prim::Call { name, args, span } => (name, args, *span),
        Prim::Group(op) => match op.alternatives.as_slice() {
            [only] => return written(only, slot, row),
            _ => return Err(report::picks_one_alternative(op)),
        },
    };
    let mut attributes = Vec::new();
    for arg in args {
        match arg {
            Arg::Attribute(attribute) => attributes.push(attribute),
            Arg::Op(op) => return Err(report::takes_no_block(op.span, name)),
        }
    }
    Ok(Written {
        name,
        attributes,
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
fn means(value: AttributeValue, text: &Value) -> bool {
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
        let name = AttributeName::from_word(&attribute.name.value)
            .filter(|&name| written.has(named, name))
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

/// The searched attributes of the first candidate that are not given.
fn missing(slot: &Slot, agreeing: &[usize], given: &[Given<'_>]) -> Vec<AttributeName> {
    slot.candidates[agreeing[0]]
        .values
        .iter()
        .filter(|(name, _, searched)| *searched && !given.iter().any(|one| one.name == *name))
        .map(|&(name, _, _)| name)
        .collect()
}
