//! What is open to decide, and what is fixed, compared setting by setting.

use std::fmt::Display;

use super::pairs::{Pairs, kind};
use super::{Change, Side, What};
use crate::space::{Alternative, Attribute, Block, Domain, Recipe, Row, Setting, Width};

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
        changes.extend(row_changes(rows[0], rows[1]));
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

/// What differs between two rows besides their names, under the name of the second.
pub(super) fn row_changes(before: &Row, after: &Row) -> Vec<Change> {
    let name = &after.name.value;
    let mut changes = Vec::new();
    if before.is_stage != after.is_stage {
        changes.push(Change::new(name, What::Changed, kind(before), kind(after)));
    }
    let widths = [before, after].map(|row| width(&row.out_channels.value));
    changes.extend(setting(
        format!("{name}.channels"),
        [&widths[0], &widths[1]],
        None,
    ));
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
    let kinds = match [before, after].iter().all(|row| is_uniform(row)) {
        true => 1,
        false => before.blocks.len().max(after.blocks.len()),
    };
    for at in 0..kinds {
        let place = match (at, kinds) {
            (0, _) => name.clone(),
            (_, 2) => format!("{name} then"),
            (_, _) => format!("{name} block {}", at + 1),
        };
        changes.extend(block(&place, before.block(at), after.block(at)));
    }
    changes
}

/// Whether all blocks of a row may be the same.
fn is_uniform(row: &Row) -> bool {
    let first = row.block(0);
    row.blocks.iter().all(|block| means_the_same(first, block))
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

fn means_the_same(one: &Block, other: &Block) -> bool {
    block("", one, other).is_empty()
}

/// Alternatives are paired by their operators, the first with the first.
fn block(place: &str, before: &Block, after: &Block) -> Vec<Change> {
    let mut left: Vec<&Alternative> = after.alternatives.iter().collect();
    let mut changes = Vec::new();
    for one in before.alternatives.iter() {
        match left.iter().position(|other| other.operator == one.operator) {
            None => changes.push(Change::removed(place, alternative_text(one))),
            Some(at) => changes.extend(alternative(place, one, left.remove(at))),
        }
    }
    changes.extend(
        left.into_iter()
            .map(|other| Change::added(place, alternative_text(other))),
    );
    if changes.is_empty() && texts(before) != texts(after) {
        let [was, is] = [before, after].map(|block| texts(block).join(" or "));
        changes.push(Change::new(place, What::Reordered, &was, &is));
    }
    changes
}

fn texts(block: &Block) -> Vec<String> {
    block.alternatives.iter().map(alternative_text).collect()
}

fn alternative(place: &str, before: &Alternative, after: &Alternative) -> Vec<Change> {
    let place = match place.is_empty() {
        true => before.operator.to_string(),
        false => format!("{place} {}", before.operator),
    };
    let mut changes = attributes(&place, &before.attributes, &after.attributes);
    let rows = [before, after].map(|one| one.recipe.as_ref());
    if let [Some(was), Some(is)] = rows {
        changes.extend(recipe(was, is));
    }
    let branches = [before, after].map(|one| one.branches.len());
    match branches[0] == branches[1] {
        true => {
            let both = before.branches.iter().zip(&after.branches);
            changes.extend(both.flat_map(|(was, is)| block(&place, was, is)));
        }
        false => {
            let texts = [before, after].map(alternative_text);
            changes.push(Change::new(place, What::Changed, &texts[0], &texts[1]));
        }
    }
    changes
}

/// Attributes are paired by their names: a block of one's own can have others, and in another order.
fn attributes(place: &str, before: &[Attribute], after: &[Attribute]) -> Vec<Change> {
    let of = |all: &[Attribute], name| all.iter().position(|one: &Attribute| one.name == name);
    let place = |one: &Attribute| format!("{place}.{}", one.name);
    let kept = before.iter().filter_map(|was| match of(after, was.name) {
        Some(at) => setting(place(was), [&was.setting, &after[at].setting], None),
        None => Some(Change::removed(place(was), setting_text(&was.setting))),
    });
    let new = after.iter().filter(|is| of(before, is.name).is_none());
    let new = new.map(|is| Change::added(place(is), setting_text(&is.setting)));
    kept.chain(new).collect()
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
fn alternative_text(alternative: &Alternative) -> String {
    let attribute = |one: &Attribute| {
        let word = if matches!(one.setting, Setting::Fixed(_)) {
            "="
        } else {
            "in"
        };
        format!("{} {word} {}", one.name, values_text(&one.setting))
    };
    let attributes = alternative.attributes.iter().map(attribute);
    let branches = alternative
        .branches
        .iter()
        .map(|branch| texts(branch).join(" or "));
    let inside: Vec<String> = attributes.chain(branches).collect();
    match inside.is_empty() {
        true => alternative.operator.to_string(),
        false => format!("{}({})", alternative.operator, inside.join(", ")),
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
