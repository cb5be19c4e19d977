//! What can be wrong in an arch, one small function a message.

use super::Arch;
use super::choices::one_of;
use crate::diagnostic::{Code, Diagnostic, nearest, nearest_number};
use crate::ir::{Choice, Row, Said, Slot};
use crate::quantity::Quantity;
use crate::source::{Name, Span};
use crate::space::{AttributeName, AttributeValue, Require};
use crate::syntax::ast::{self, Attribute, Fix, Op, Value};

/// A block as written, and the slot it is written for.
pub(super) struct Written<'a> {
    pub name: &'a Name,
    pub attributes: Vec<&'a Attribute>,
    /// Operators in the parentheses: branches of a sum.
    pub branches: Vec<&'a ast::Prim>,
    pub span: Span,
    pub slot: &'a Slot,
    pub row: &'a str,
}

impl Written<'_> {
    /// The attributes that these candidates have, each once.
    pub fn attributes_of(&self, candidates: &[usize]) -> impl Iterator<Item = AttributeName> {
        let mut names: Vec<AttributeName> = Vec::new();
        for &at in candidates {
            for &(name, _, _) in &self.slot.candidates[at].values {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names.into_iter()
    }

    /// Every value of an attribute among these candidates, in order, each once.
    fn values(&self, candidates: &[usize], name: AttributeName) -> Vec<AttributeValue> {
        let mut values = Vec::new();
        for &at in candidates {
            let value = self.slot.candidates[at].value(name);
            values.extend(value.filter(|value| !values.contains(value)));
        }
        values
    }

    /// The value nearest to the text, to be pasted.
    fn nearest_value(&self, text: &Value, values: &[AttributeValue]) -> Option<String> {
        let words: Vec<String> = values.iter().map(AttributeValue::to_string).collect();
        match text {
            Value::Name(name) => {
                nearest(&name.value, words.iter().map(String::as_str)).map(str::to_owned)
            }
            Value::Number(number) => nearest_quantity(number.value, &words),
        }
    }
}

/// The number among `words` that is nearest to a quantity.
fn nearest_quantity(wanted: Quantity, words: &[String]) -> Option<String> {
    let wanted = wanted.mantissa as f64 * 10f64.powi(wanted.exponent);
    nearest_number(wanted, words.iter().map(String::as_str)).map(str::to_owned)
}

/// `a`, `a or b`, `a, b or c`.
fn alternatives<T: ToString>(values: &[T]) -> String {
    let words: Vec<String> = values.iter().map(T::to_string).collect();
    match words.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        _ => words.concat(),
    }
}

fn ticked<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    words.into_iter().map(|word| format!("`{word}`")).collect()
}

/// Any row of the space, with its smallest depth and first candidates, to be pasted.
fn example(row: &Row) -> String {
    let first: Vec<String> = row.slots[..row.depths[0] as usize]
        .iter()
        .map(|slot| slot.text(0))
        .collect();
    format!("{} = {}", row.name, first.join(", "))
}

/// `known`: the names there are, and whether the arch fixes them elsewhere.
pub(super) fn unknown_row<'a>(
    fix: &Fix,
    space: &str,
    known: impl Iterator<Item = (&'a str, bool)>,
) -> Diagnostic {
    let name = fix.target.text();
    let span = fix.target.span;
    let known: Vec<(&str, bool)> = known.collect();
    let free = known.iter().filter(|(_, is_fixed)| !is_fixed);
    let free = free.map(|(name, _)| *name);
    let problem = Diagnostic::new(
        Code::ArchUnknownRow,
        format!("`{space}` has nothing named `{name}` to fix"),
        span,
        "not a row of the space",
    );
    match nearest(&name, free.chain(["resolution"])) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), span, near),
        None => {
            let names = known.iter().map(|(name, _)| *name);
            problem.note(format!("its rows are {}", ticked(names).join(", ")))
        }
    }
}

pub(super) fn repeated(fix: &Fix, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::ArchRepeated,
        format!("`{}` is fixed twice", fix.target.text()),
        fix.target.span,
        "fixed again here",
    )
    .label(first, "fixed here already")
    .help("keep one of the two")
}

/// Where one more row would stand.
fn before_brace(arch: &ast::Arch) -> Span {
    let brace = arch.span.end.saturating_sub(1).max(arch.span.start);
    Span {
        start: brace,
        end: brace,
        ..arch.span
    }
}

pub(super) fn missing_row(arch: &ast::Arch, row: &Row, space: &str) -> Diagnostic {
    let example = example(row);
    let what = if row.is_stage { "stage" } else { "layer" };
    Diagnostic::new(
        Code::ArchMissingRow,
        format!("arch `{}` leaves out `{}`", arch.name.value, row.name),
        arch.name.span,
        format!("`{space}` decides something in {what} `{}`", row.name),
    )
    .example(
        format!("fix it, for example `{example}`"),
        before_brace(arch),
        format!("    {example}\n"),
    )
}

/// A searched width or resolution without a row.
pub(super) fn missing_decision(
    arch: &ast::Arch,
    name: &str,
    value: &str,
    searched: Span,
) -> Diagnostic {
    let example = format!("{name} = {value}");
    Diagnostic::new(
        Code::ArchMissingRow,
        format!("arch `{}` leaves out `{name}`", arch.name.value),
        arch.name.span,
        "every decision of the space is fixed here",
    )
    .label(searched, "searched here")
    .example(
        format!("fix it, for example `{example}`"),
        before_brace(arch),
        format!("    {example}\n"),
    )
}

pub(super) fn wrong_depth(fix: &Fix, row: &Row) -> Diagnostic {
    let found = fix.picks.len();
    let blocks = if found == 1 { "block" } else { "blocks" };
    let message = format!(
        "{found} {blocks} in `{}`, not {}",
        row.name,
        one_of(&row.depths)
    );
    let problem = Diagnostic::new(
        Code::ArchWrongDepth,
        message,
        fix.picks_span(),
        format!("{found} {blocks}"),
    );
    match row.is_stage {
        true => problem.note("the number of blocks in the list is the depth of the stage"),
        false => problem.note(format!("`{}` is a layer, which is one block", row.name)),
    }
}

pub(super) fn wants_number(fix: &Fix) -> Diagnostic {
    let name = fix.target.text();
    Diagnostic::new(
        Code::ArchWrongKind,
        format!("`{name}` is one number"),
        fix.picks_span(),
        "not one number",
    )
}

pub(super) fn wants_value(fix: &Fix, choice: &Choice) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::ArchWrongKind,
        format!("`{}` is one value", choice.name),
        fix.picks_span(),
        "not one value",
    );
    problem.note(format!("it is {}", alternatives(&choice.values)))
}

pub(super) fn choice_outside(fix: &Fix, choice: &Choice) -> Diagnostic {
    let words: Vec<String> = choice
        .values
        .iter()
        .map(AttributeValue::to_string)
        .collect();
    let problem = Diagnostic::new(
        Code::ArchOutsideDomain,
        format!(
            "`{}` is {} in this space",
            choice.name,
            alternatives(&words)
        ),
        fix.picks_span(),
        "another value",
    )
    .label(choice.span, "the values of the space");
    let near = match fix.picks.as_slice() {
        [ast::Pick::Number(number)] => nearest_quantity(number.value, &words),
        [ast::Pick::Prim(ast::Prim::Call { name, .. })] => {
            nearest(&name.value, words.iter().map(String::as_str)).map(str::to_owned)
        }
        _ => None,
    };
    match near {
        Some(near) => problem.guess(
            format!("the nearest is `{} = {near}`", choice.name),
            fix.picks_span(),
            near,
        ),
        None => problem,
    }
}

/// Two blocks stand for different values of one choice.
pub(super) fn shared_differs(
    arch: &ast::Arch,
    choice: &Choice,
    values: [u16; 2],
    places: [Span; 2],
) -> Diagnostic {
    let name = &choice.name;
    let [first, second] = values.map(|value| choice.values[usize::from(value)]);
    Diagnostic::new(
        Code::ArchSharedDiffers,
        format!("arch `{}` gives `{name}` two values", arch.name.value),
        places[1],
        format!("`{name}` is {second} here"),
    )
    .label(places[0], format!("and {first} here"))
    .label(choice.span, "one decision for all blocks that follow it")
    .help("write the same value in both")
}

/// The row of a choice against the blocks that follow it.
pub(super) fn choice_differs(fix: &Fix, choice: &Choice, value: u16) -> Diagnostic {
    let (name, value) = (&choice.name, choice.values[usize::from(value)]);
    Diagnostic::new(
        Code::ArchSharedDiffers,
        format!("the blocks that follow `{name}` have {value}"),
        fix.picks_span(),
        "another value",
    )
    .label(choice.span, "one decision for all blocks that follow it")
    .guess(
        format!("write `{name} = {value}` or leave the line out"),
        fix.picks_span(),
        value.to_string(),
    )
}

/// A derived space fixes a row that follows an open choice.
///
/// `narrowed`: the line of the same space about the choice, if it has one.
pub(super) fn choice_is_open(
    fix: &Fix,
    choice: &Choice,
    value: AttributeValue,
    narrowed: Option<Span>,
) -> Diagnostic {
    let name = &choice.name;
    let line = format!("{name} = {value}");
    let problem = Diagnostic::new(
        Code::DerivedSharedDecision,
        format!(
            "`{}` follows the choice `{name}`, which is still open",
            fix.target.text()
        ),
        fix.picks_span(),
        format!("`{name}` would have to be {value}"),
    )
    .label(choice.span, "one decision for all that follow it");
    let message = format!("fix it too: `{line}`");
    let before = Span {
        end: fix.span.start,
        ..fix.span
    };
    match narrowed {
        Some(narrowed) => problem.guess(message, narrowed, line),
        None => problem.guess(message, before, format!("{line}\n    ")),
    }
}

pub(super) fn wants_block(span: Span, row: &Row, slot: &Slot) -> Diagnostic {
    let example = slot.text(0);
    Diagnostic::new(
        Code::ArchWrongKind,
        format!("a number where `{}` wants a block", row.name),
        span,
        "a number",
    )
    .help(format!("write the block, for example `{example}`"))
}

pub(super) fn picks_one_alternative(op: &Op) -> Diagnostic {
    Diagnostic::new(
        Code::ArchWrongKind,
        "an arch picks one alternative",
        op.span,
        format!("{} alternatives", op.alternatives.len()),
    )
    .help("keep one of them")
}

pub(super) fn takes_no_block(span: Span, name: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::ArchWrongKind,
        format!("`{}` takes attributes only", name.value),
        span,
        "not an attribute",
    )
}

pub(super) fn picks_one_value(
    written: &Written<'_>,
    attribute: &Attribute,
    named: &[usize],
    name: AttributeName,
) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::ArchWrongKind,
        format!("an arch picks one value of `{name}`"),
        attribute.span,
        "still open",
    );
    let values = written.values(named, name);
    let example = format!("{name} = {}", values[0]);
    problem.example(
        format!("give it one, for example `{example}`"),
        attribute.span,
        example,
    )
}

pub(super) fn resolution_outside(fix: &Fix, domain: &[u32], searched: Span) -> Diagnostic {
    let words: Vec<String> = domain.iter().map(u32::to_string).collect();
    let problem = Diagnostic::new(
        Code::ArchOutsideDomain,
        format!("`resolution` is {} in this space", alternatives(domain)),
        fix.picks_span(),
        "another resolution",
    )
    .label(searched, "the resolutions of the space");
    let near = match fix.picks.as_slice() {
        [ast::Pick::Number(number)] => nearest_quantity(number.value, &words),
        _ => None,
    };
    match near {
        Some(near) => problem.guess(
            format!("the nearest is `resolution = {near}`"),
            fix.picks_span(),
            near,
        ),
        None => problem,
    }
}

pub(super) fn channels_differ(fix: &Fix, width: u32) -> Diagnostic {
    Diagnostic::new(
        Code::ArchOutsideDomain,
        format!("`{}` is {width} in this space", fix.target.text()),
        fix.picks_span(),
        "another width",
    )
    .guess(
        format!(
            "write `{} = {width}` or leave the line out",
            fix.target.text()
        ),
        fix.picks_span(),
        width.to_string(),
    )
}

/// A row without `channels` given another width than the row it follows.
pub(super) fn width_follows(fix: &Fix, width: u32, choice: &Choice) -> Diagnostic {
    Diagnostic::new(
        Code::ArchOutsideDomain,
        format!(
            "`{}` follows `{} = {width}`",
            fix.target.text(),
            choice.name
        ),
        fix.picks_span(),
        "another width",
    )
    .label(choice.span, "decided here")
    .guess(
        format!(
            "write `{} = {width}` or leave the line out",
            fix.target.text()
        ),
        fix.picks_span(),
        width.to_string(),
    )
}

pub(super) fn unknown_block(written: &Written<'_>) -> Diagnostic {
    let mut names: Vec<&str> = Vec::new();
    for candidate in written.slot.candidates.iter() {
        let both = [
            Some(candidate.operator.as_str()),
            candidate.block.as_deref(),
        ];
        for name in both.into_iter().flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let name = &written.name.value;
    let problem = Diagnostic::new(
        Code::ArchUnknownBlock,
        format!("`{}` has no alternative `{name}`", written.row),
        written.name.span,
        format!(
            "here stands {}",
            alternatives(&ticked(names.iter().copied()))
        ),
    );
    match nearest(name, names) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), written.name.span, near),
        None => problem.help(format!(
            "write one of its candidates, for example `{}`",
            written.slot.text(0)
        )),
    }
}

pub(super) fn unknown_attribute(
    written: &Written<'_>,
    attribute: &Attribute,
    named: &[usize],
) -> Diagnostic {
    let known: Vec<&str> = written
        .attributes_of(named)
        .map(|name| name.as_str())
        .collect();
    let name = &attribute.name;
    let problem = Diagnostic::new(
        Code::ArchUnknownAttribute,
        format!("`{}` has no attribute `{}`", written.name.value, name.value),
        name.span,
        "not an attribute of this operator",
    );
    match nearest(&name.value, known.iter().copied()) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), name.span, near),
        None if known.is_empty() => problem.note("it has none"),
        None => problem.note(format!("it has {}", ticked(known).join(", "))),
    }
}

pub(super) fn repeated_attribute(attribute: &Attribute, first: &Attribute) -> Diagnostic {
    Diagnostic::new(
        Code::ArchRepeated,
        format!("`{}` is given twice", attribute.name.value),
        attribute.span,
        "given again here",
    )
    .label(first.span, "given here already")
    .help("keep one of the two")
}

pub(super) fn value_outside(
    written: &Written<'_>,
    attribute: &Attribute,
    text: &Value,
    name: AttributeName,
    named: &[usize],
) -> Diagnostic {
    let values = written.values(named, name);
    let problem = Diagnostic::new(
        Code::ArchOutsideDomain,
        format!("`{name}` is {} in `{}`", alternatives(&values), written.row),
        text.span(),
        "another value",
    );
    let cure = |value: String, words: String| {
        let edit = format!("{name} = {value}");
        problem.clone().guess(words, attribute.span, edit)
    };
    match (values.as_slice(), written.nearest_value(text, &values)) {
        ([only], _) => cure(
            only.to_string(),
            format!("write `{name} = {only}` or leave it out"),
        ),
        (_, Some(near)) => cure(near.clone(), format!("the nearest is `{name} = {near}`")),
        (_, None) => problem,
    }
}

pub(super) fn values_not_together(written: &Written<'_>, named: &[usize]) -> Diagnostic {
    let mut together: Vec<String> = Vec::new();
    for &at in named {
        let text = completed(written, &[], at);
        if !together.contains(&text) {
            together.push(text);
        }
    }
    let shown = together.len().min(6);
    let mut list = ticked(together[..shown].iter().map(String::as_str)).join(", ");
    if shown < together.len() {
        list.push_str(" and others");
    }
    Diagnostic::new(
        Code::ArchOutsideDomain,
        format!(
            "no candidate of `{}` has these values together",
            written.row
        ),
        written.span,
        "each value occurs, not all of them in one",
    )
    .note(format!("there are {list}"))
}

pub(super) fn missing_attributes(
    written: &Written<'_>,
    missing: &[(AttributeName, Said)],
    (named, candidate): (&[usize], usize),
) -> Diagnostic {
    let attributes: Vec<AttributeName> = missing.iter().map(|&(name, _)| name).collect();
    let names: Vec<&str> = attributes.iter().map(|name| name.as_str()).collect();
    let example = completed(written, &attributes, candidate);
    Diagnostic::new(
        Code::ArchMissingAttribute,
        format!(
            "`{}` leaves {} open",
            written.name.value,
            ticked(names).join(" and ")
        ),
        written.span,
        why_said(written, missing, named),
    )
    .example(
        format!("write it out, for example `{example}`"),
        written.span,
        example,
    )
}

/// Why an arch must say what is missing; without a reason where that is not one for all, or where one value is left of what
/// was searched.
fn why_said(written: &Written<'_>, missing: &[(AttributeName, Said)], named: &[usize]) -> String {
    let is_open = |name: AttributeName| written.values(named, name).len() > 1;
    let mut reasons = missing.iter();
    if reasons.all(|(_, said)| matches!(said, Said::Told)) {
        return format!(
            "the base of `{}` has blocks that differ in it, so it must be said",
            written.row
        );
    }
    let mut reasons = missing.iter();
    match reasons.all(|&(name, said)| matches!(said, Said::Searched) && is_open(name)) {
        true => format!("searched in `{}`, so it must be said", written.row),
        false if missing.len() > 1 => format!("an arch must say them in `{}`", written.row),
        false => format!("an arch must say it in `{}`", written.row),
    }
}

/// The block as written with the missing values of a candidate added.
fn completed(written: &Written<'_>, missing: &[AttributeName], candidate: usize) -> String {
    let candidate = &written.slot.candidates[candidate];
    let given = |name: AttributeName| {
        let mut given = written.attributes.iter();
        given.any(|attribute| attribute.name.value == name.as_str())
    };
    let values: Vec<String> = candidate
        .values
        .iter()
        .filter(|(name, _, _)| missing.contains(name) || given(*name))
        .map(|(name, value, _)| format!("{name} = {value}"))
        .collect();
    format!("{}({})", written.name.value, values.join(", "))
}

pub(super) fn branches_open(written: &Written<'_>, candidate: usize) -> Diagnostic {
    let example = written.slot.text(candidate);
    Diagnostic::new(
        Code::ArchMissingAttribute,
        format!("`{}` leaves its branches open", written.name.value),
        written.span,
        format!("searched in `{}`, so they must be said", written.row),
    )
    .example(
        format!("write them out, for example `{example}`"),
        written.span,
        example,
    )
}

pub(super) fn wrong_branches(written: &Written<'_>, named: &[usize]) -> Diagnostic {
    let found = written.branches.len();
    let branches = if found == 1 { "branch" } else { "branches" };
    let sums = named.iter().map(|&at| &written.slot.candidates[at]);
    let mut counts: Vec<usize> = sums
        .map(|sum| sum.branches.len())
        .filter(|&n| n > 0)
        .collect();
    counts.sort_unstable();
    counts.dedup();
    Diagnostic::new(
        Code::ArchWrongKind,
        format!(
            "{found} {branches} in `{}`, not {}",
            written.name.value,
            alternatives(&counts)
        ),
        written.span,
        format!("{found} {branches}"),
    )
}

pub(super) fn ambiguous(written: &Written<'_>, several: &[usize]) -> Diagnostic {
    let texts: Vec<String> = several.iter().map(|&at| written.slot.text(at)).collect();
    let quoted = ticked(texts.iter().map(String::as_str));
    Diagnostic::new(
        Code::ArchAmbiguousBlock,
        format!(
            "`{}` can mean {} candidates of `{}`",
            written.name.value,
            several.len(),
            written.row
        ),
        written.span,
        format!("{}?", alternatives(&quoted)),
    )
    .example(
        format!("say which, for example `{}`", texts[0]),
        written.span,
        texts[0].clone(),
    )
}

pub(super) fn outside_bound(arch: &Arch, name: Span, require: &Require, found: &str) -> Diagnostic {
    Diagnostic::new(
        Code::ArchOutsideBound,
        format!("arch `{}` does not meet a bound of its space", arch.name),
        name,
        found,
    )
    .label(require.span, "the bound")
    .note("bounds limit the search only; the arch can still be used")
}
