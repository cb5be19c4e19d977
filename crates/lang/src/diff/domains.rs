//! What is open to decide, and what is fixed, compared setting by setting.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use super::alternatives::paired;
use super::pairs::{Pairs, kind};
use super::{Change, Side, What};
use crate::space::{
    Alternative, Attribute, AttributeName, Block, Choice, Domain, Recipe, Row, Setting, Width,
};

/// Something of a space, with the choices of that space.
#[derive(Debug)]
pub(super) struct Of<'s, T>(pub &'s T, pub &'s [Choice]);

impl<T> Clone for Of<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Of<'_, T> {}

/// What became of the resolution.
pub(super) fn resolution(before: &Side, after: &Side) -> Option<Change> {
    let [one, other] = [before, after].map(|side| &side.space.resolution.value);
    let settled = [before, after].map(|side| side.plan.resolution);
    setting("resolution".to_owned(), [one, other], Some(settled))
}

/// What became of every row that both have, and of the order in which depths are fitted.
pub(super) fn rows(before: &Side, after: &Side, pairs: &Pairs) -> Vec<Change> {
    let mut changes = Vec::new();
    for &(one, other) in &pairs.0 {
        let rows = [&before.space.rows[one], &after.space.rows[other]];
        let numbered = [(one, rows[0]), (other, rows[1])];
        let choices = [before, after].map(|side| side.space.choices.as_slice());
        changes.extend(row_changes(numbered, choices));
        let fits = |row: &&Row| matches!(row.depth.value, Setting::Fitted(_));
        if rows.iter().any(fits) {
            let settled = [(before, one), (after, other)]
                .map(|(side, row)| side.plan.ir.rows[row].depths.last().copied().unwrap_or(1));
            let depths = [&rows[0].depth.value, &rows[1].depth.value];
            changes.retain(|change| change.place != depth_of(rows[1]));
            changes.extend(setting(depth_of(rows[1]), depths, Some(settled)));
        }
    }
    changes.extend(fit_order(before, after, pairs));
    once(changes)
}

/// The rows of a block are one change, wherever it is used.
fn once(changes: Vec<Change>) -> Vec<Change> {
    let mut told: Vec<Change> = Vec::new();
    for change in changes {
        let is_of_rows = change.before.is_none() && change.after.is_none();
        if !is_of_rows || !told.contains(&change) {
            told.push(change);
        }
    }
    told
}

fn depth_of(row: &Row) -> String {
    format!("{}.depth", row.name.value)
}

/// The rows with fitted depths in the order of deepening, where both have the same of them.
fn fit_order(before: &Side, after: &Side, pairs: &Pairs) -> Option<Change> {
    let was: Vec<usize> = before
        .space
        .fit
        .iter()
        .filter_map(|&row| pairs.after(row))
        .collect();
    let is = &after.space.fit;
    let sorted = |rows: &[usize]| {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        rows
    };
    let text = |rows: &[usize]| {
        let names: Vec<&str> = rows
            .iter()
            .map(|&row| after.space.rows[row].name.value.as_str())
            .collect();
        names.join(", ")
    };
    let is_reordered = was != *is && sorted(&was) == sorted(is);
    is_reordered.then(|| Change::new("fit", What::Reordered, &text(&was), &text(is)))
}

/// What differs between two rows, each with its number, besides their names, under the name of the second.
pub(super) fn row_changes(
    [(at_before, before), (at_after, after)]: [(usize, &Row); 2],
    choices: [&[Choice]; 2],
) -> Vec<Change> {
    let name = &after.name.value;
    let mut changes = Vec::new();
    if before.is_stage != after.is_stage {
        changes.push(Change::new(name, What::Changed, kind(before), kind(after)));
    }
    let widths = [(at_before, before), (at_after, after)].map(|(at, row)| {
        let of = &row.out_channels.value;
        (width(of), of.decided_by.is_some_and(|other| other != at))
    });
    changes.extend(width_change(name, [&widths[0], &widths[1]]));
    if before.stride != after.stride {
        let [was, is] = [before, after].map(|row| row.stride.to_string());
        changes.push(Change::new(
            format!("{name}.stride"),
            What::Changed,
            &was,
            &is,
        ));
    }
    changes.extend(setting(
        depth_of(after),
        [&before.depth.value, &after.depth.value],
        None,
    ));
    let are_uniform = is_uniform(before, choices[0]) && is_uniform(after, choices[1]);
    let kinds = match are_uniform {
        true => 1,
        false => before.blocks.len().max(after.blocks.len()),
    };
    for at in 0..kinds {
        let place = match (at, kinds) {
            (0, _) => name.clone(),
            (_, 2) => format!("{name} then"),
            (_, _) => format!("{name} block {}", at + 1),
        };
        let both = [
            Of(before.block(at), choices[0]),
            Of(after.block(at), choices[1]),
        ];
        changes.extend(block(&place, both));
    }
    changes
}

/// What became of a row's width, given with whether another row decides it.
fn width_change(name: &str, both: [&(Setting<u32>, bool); 2]) -> Option<Change> {
    let place = format!("{name}.channels");
    let settings = both.map(|(setting, _)| setting);
    let [was, is] = both.map(|(_, is_of_other)| *is_of_other);
    if was == is {
        return setting(place, settings, None);
    }
    let text = |(setting, is_of_other): &(Setting<u32>, bool)| match is_of_other {
        true => format!("that of a row before, {}", setting_text(setting)),
        false => setting_text(setting),
    };
    Some(Change::new(
        place,
        What::Changed,
        &text(both[0]),
        &text(both[1]),
    ))
}

/// Whether all blocks of a row may be the same.
fn is_uniform(row: &Row, choices: &[Choice]) -> bool {
    let first = row.block(0);
    let means_the_same = |other: &Block| {
        let is_shared = Arc::ptr_eq(&first.alternatives, &other.alternatives);
        is_shared || block("", [Of(first, choices), Of(other, choices)]).is_empty()
    };
    row.blocks.iter().all(means_the_same)
}

fn width(width: &Width) -> Setting<u32> {
    match width.decided_by {
        None => Setting::Fixed(width.largest()),
        Some(_) => {
            let domain = Domain::new(width.values.clone());
            Setting::Searched(domain.expect("a width has values, none twice"))
        }
    }
}

/// What became of the alternatives of a block.
fn block(place: &str, [before, after]: [Of<Block>; 2]) -> Vec<Change> {
    let pairs = paired([before, after]);
    let mut left: BTreeSet<usize> = (0..after.0.alternatives.len()).collect();
    let mut changes = Vec::new();
    for (one, other) in before.0.alternatives.iter().zip(pairs) {
        let one = Of(one, before.1);
        match other {
            None => changes.push(Change::removed(place, alternative_text(one))),
            Some(other) => {
                left.remove(&other);
                let other = Of(&after.0.alternatives[other], after.1);
                changes.extend(alternative(place, [one, other]));
            }
        }
    }
    changes.extend(left.into_iter().map(|other| {
        let other = Of(&after.0.alternatives[other], after.1);
        Change::added(place, alternative_text(other))
    }));
    let [was, is] = [before, after].map(texts);
    if changes.is_empty() && was != is {
        let [was, is] = [was, is].map(|texts| texts.join(" or "));
        changes.push(Change::new(place, What::Reordered, &was, &is));
    }
    changes
}

fn texts(block: Of<Block>) -> Vec<String> {
    let alternatives = block.0.alternatives.iter();
    let texts = alternatives.map(|one| alternative_text(Of(one, block.1)));
    texts.collect()
}

/// What differs between two alternatives of one operator.
fn alternative(place: &str, [before, after]: [Of<Alternative>; 2]) -> Vec<Change> {
    let place = match place.is_empty() {
        true => before.0.operator.to_string(),
        false => format!("{place} {}", before.0.operator),
    };
    let mut changes = own_changes(&place, [before, after]);
    let branches = [before, after].map(|one| one.0.branches.len());
    match branches[0] == branches[1] {
        true => {
            let both = before.0.branches.iter().zip(&after.0.branches);
            let both = both.map(|(was, is)| [Of(was, before.1), Of(is, after.1)]);
            changes.extend(both.flat_map(|both| block(&place, both)));
        }
        false => {
            let texts = [before, after].map(alternative_text);
            changes.push(Change::new(place, What::Changed, &texts[0], &texts[1]));
        }
    }
    changes
}

/// What differs between two alternatives of one operator besides their branches.
pub(super) fn own_changes(place: &str, both: [Of<Alternative>; 2]) -> Vec<Change> {
    let mut changes = attributes(place, both);
    if let [Some(was), Some(is)] = both.map(|one| one.0.recipe.as_ref()) {
        changes.extend(recipe(was, is));
    }
    changes
}

/// Attributes are paired by their names: a block of one's own can have others, and in another order.
fn attributes(place: &str, both: [Of<Alternative>; 2]) -> Vec<Change> {
    let [before, after] = both.map(|one| one.0.attributes.as_slice());
    let of = |all: &[Attribute], name| all.iter().position(|one: &Attribute| one.name == name);
    let at = |one: &Attribute| format!("{place}.{}", one.name);
    let text = |side: usize, one| attribute_text(Of(one, both[side].1));
    let kept = before.iter().filter_map(|was| match of(after, was.name) {
        Some(is) => attribute(at(was), [Of(was, both[0].1), Of(&after[is], both[1].1)]),
        None => Some(Change::removed(at(was), text(0, was))),
    });
    let new = after.iter().filter(|is| of(before, is.name).is_none());
    let new = new.map(|is| Change::added(at(is), text(1, is)));
    let changes: Vec<Change> = kept.chain(new).collect();
    let order = [before, after].map(order);
    match changes.is_empty() && order[0] != order[1] {
        true => {
            let [was, is] = order.map(|names| names.join(", "));
            vec![Change::new(place, What::Reordered, &was, &is)]
        }
        false => changes,
    }
}

/// The attributes of several values in the order in which candidates count them.
fn order(attributes: &[Attribute]) -> Vec<&'static str> {
    let open = attributes.iter();
    let open = open.filter(|one| one.setting.values().len() > 1);
    open.map(|one| AttributeName::as_str(one.name)).collect()
}

/// What became of an attribute: of its values, and of the choice that it follows.
fn attribute(place: String, both: [Of<Attribute>; 2]) -> Option<Change> {
    let [was, is] = both.map(choice_of);
    match was == is {
        true => setting(place, both.map(|one| &one.0.setting), None),
        false => {
            let [was, is] = both.map(attribute_text);
            Some(Change::new(place, What::Changed, &was, &is))
        }
    }
}

/// The name of the choice that an attribute follows.
fn choice_of<'s>(attribute: Of<'s, Attribute>) -> Option<&'s str> {
    let choice = attribute.0.choice?;
    let name = attribute.1.get(choice).map(|choice| &choice.name.value);
    name.map(String::as_str)
}

/// `in {3, 5}`, and `early in {3, 5}` where it follows the choice `early`.
pub(super) fn attribute_text(attribute: Of<Attribute>) -> String {
    let text = setting_text(&attribute.0.setting);
    match choice_of(attribute) {
        Some(choice) => format!("{choice} {text}"),
        None => text,
    }
}

fn setting_text<T: Display>(setting: &Setting<T>) -> String {
    format!("{}{}", word(setting), values_text(setting))
}

/// Whether a block of one name has other rows.
fn recipe(before: &Recipe, after: &Recipe) -> Option<Change> {
    let change = Change {
        place: format!("rows of `{}`", after.name.value),
        what: What::Changed,
        before: None,
        after: None,
    };
    (!before.has_rows_of(after)).then_some(change)
}

/// An alternative with everything that is written or defaulted in it.
pub(super) fn alternative_text(alternative: Of<Alternative>) -> String {
    let Of(of, choices) = alternative;
    let attribute = |one: &Attribute| {
        let word = match (&one.setting, choice_of(Of(one, choices))) {
            (_, Some(choice)) => format!("= {choice} in"),
            (Setting::Fixed(_), None) => "=".to_owned(),
            _ => "in".to_owned(),
        };
        format!("{} {word} {}", one.name, values_text(&one.setting))
    };
    let attributes = of.attributes.iter().map(attribute);
    let branches = of.branches.iter();
    let branches = branches.map(|branch| texts(Of(branch, choices)).join(" or "));
    let inside: Vec<String> = attributes.chain(branches).collect();
    match inside.is_empty() {
        true => of.operator.to_string(),
        false => format!("{}({})", of.operator, inside.join(", ")),
    }
}

/// Compares two settings, and what a plan has settled of them.
fn setting<T: Display + PartialEq>(
    place: String,
    both: [&Setting<T>; 2],
    settled: Option<[T; 2]>,
) -> Option<Change> {
    let kinds = both.map(word);
    let text = |at: usize| {
        let settled = settled.as_ref().filter(|_| kinds[at] == "fit ");
        let tail = settled.map_or(String::new(), |both| format!(", settled to {}", both[at]));
        format!("{}{}{tail}", kinds[at], values_text(both[at]))
    };
    let [was, is] = [text(0), text(1)];
    (was != is).then(|| Change::new(place, what(both), &was, &is))
}

fn word<T>(setting: &Setting<T>) -> &'static str {
    match setting {
        Setting::Fixed(_) => "",
        Setting::Searched(_) => "in ",
        Setting::Fitted(_) => "fit ",
    }
}

fn values_text<T: Display>(setting: &Setting<T>) -> String {
    let values: Vec<String> = setting.values().iter().map(T::to_string).collect();
    match setting {
        Setting::Fixed(_) => values.concat(),
        _ => format!("{{{}}}", values.join(", ")),
    }
}

fn what<T: PartialEq>([before, after]: [&Setting<T>; 2]) -> What {
    let [was, is] = [before.values(), after.values()];
    let holds = |all: &[T], some: &[T]| some.iter().all(|value| all.contains(value));
    match (holds(is, was), holds(was, is)) {
        (true, false) => What::Widened,
        (false, true) => What::Narrowed,
        (true, true) if was != is => What::Reordered,
        _ => What::Changed,
    }
}
