//! A difference told to people and to scripts.

use creamc_lang::diff::{ArchDiff, Change, Compared, Count, Paths, SpaceDiff};
use creamc_lang::quantity::{grouped, time_for_reading};
use serde_json::{Map, Value, json};

use crate::cli::text::{self, Side};

/// Two spaces, for reading.
pub fn spaces(difference: &SpaceDiff) -> String {
    let parts = [
        changes(&difference.changes),
        paths(difference),
        ranges(difference),
        weights(difference),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

/// Two architectures, for reading.
pub fn archs(difference: &ArchDiff) -> String {
    let [before, after] = difference.blocks;
    let blocks = format!(
        "the same in both: {} of {before} blocks before, of {after} after\n",
        difference.same_blocks
    );
    let rows = difference
        .costs
        .iter()
        .map(|metric| row(metric, |&value| reading(metric, value)));
    let costs = table(["cost", "before", "after"], rows);
    [changes(&difference.changes), blocks, costs].join("\n")
}

/// The name of a metric and what it is on both sides, `-` where one has no such table.
fn row<T>(metric: &Compared<T>, text: impl Fn(&T) -> String) -> Vec<String> {
    let side = |side: &Option<T>| side.as_ref().map_or("-".to_string(), &text);
    let name = std::iter::once(metric.name.clone());
    name.chain(metric.sides.iter().map(side)).collect()
}

fn reading<T>(metric: &Compared<T>, value: u64) -> String {
    match metric.is_time {
        true => time_for_reading(value),
        false => text::count(value),
    }
}

fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head = head.map(String::from).to_vec();
    let sides: Vec<Side> = (0..N)
        .map(|column| if column == 0 { Side::Left } else { Side::Right })
        .collect();
    text::table(
        &sides,
        &std::iter::once(head).chain(rows).collect::<Vec<_>>(),
    )
}

/// One line a change: what happened, where, and from what to what.
fn changes(changes: &[Change]) -> String {
    let row = |change: &Change| {
        let values = match (&change.before, &change.after) {
            (Some(before), Some(after)) => format!("{before} → {after}"),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => String::new(),
        };
        vec![
            change.what.as_str().to_string(),
            change.place.clone(),
            values,
        ]
    };
    let rows: Vec<Vec<String>> = changes.iter().map(row).collect();
    text::table(&[Side::Left; 3], &rows)
}

fn paths(difference: &SpaceDiff) -> String {
    let counted = |name: &str, paths: &Paths| {
        let counts = counts(paths).map(|(_, count)| number(count));
        [vec![name.to_string()], counts.to_vec()].concat()
    };
    let rows = [
        counted("all", &difference.paths),
        counted("inside every bound", &difference.feasible),
    ];
    let head = ["paths", "before", "after", "shared", "lost", "gained"];
    let table = table(head, rows.into_iter());
    let all = [&difference.paths, &difference.feasible];
    let is_known = all.iter().all(|paths| {
        counts(paths)
            .iter()
            .all(|(_, count)| count.exact().is_some())
    });
    match is_known {
        true => table,
        false => format!("{table}`A to B` is sure to hold the number; --exact counts it\n"),
    }
}

fn counts(paths: &Paths) -> [(&'static str, &Count); 5] {
    [
        ("before", &paths.before),
        ("after", &paths.after),
        ("shared", &paths.shared),
        ("lost", &paths.lost),
        ("gained", &paths.gained),
    ]
}

/// Longer numbers are rounded for reading; JSON has every digit.
const DIGITS: usize = 15;

fn number(count: &Count) -> String {
    match count.exact().map(ToString::to_string) {
        Some(digits) if digits.len() <= DIGITS => grouped(&digits),
        Some(digits) => text::big(&digits),
        None => text::span(&count.least.to_string(), &count.most.to_string()),
    }
}

fn ranges(difference: &SpaceDiff) -> String {
    let rows = difference.costs.iter().map(|metric| {
        row(metric, |&(least, most)| {
            let [least, most] = [least, most].map(|end| reading(metric, end));
            format!("{least} to {most}")
        })
    });
    table(["cost of a path", "before", "after"], rows)
}

fn weights(difference: &SpaceDiff) -> String {
    let words = match difference.weights_fit() {
        true => "weights: those of a supernet of one fit the other",
        false => "weights: those of a supernet of one do not fit the other",
    };
    format!("{words}\n")
}

/// Two spaces, for scripts.
pub fn spaces_json(difference: &SpaceDiff) -> Value {
    let costs = costs_json(
        &difference.costs,
        |(min, max)| json!({ "min": min, "max": max }),
    );
    json!({
        "same": difference.is_same(),
        "changes": changes_json(&difference.changes),
        "paths": paths_json(&difference.paths),
        "feasible": paths_json(&difference.feasible),
        "resolution": pair(&difference.resolution),
        "costs": costs,
        "weights": pair(&difference.weights),
        "weights_fit": difference.weights_fit(),
    })
}

/// Two architectures, for scripts.
pub fn archs_json(difference: &ArchDiff) -> Value {
    let costs = costs_json(&difference.costs, |value| json!(value));
    json!({
        "same": difference.is_same(),
        "changes": changes_json(&difference.changes),
        "blocks": pair(&difference.blocks),
        "same_blocks": difference.same_blocks,
        "costs": costs,
    })
}

/// By name: no table is called like a counted metric. `null` where a side has no such table.
fn costs_json<T>(costs: &[Compared<T>], value: impl Fn(&T) -> Value) -> Map<String, Value> {
    let metric = |metric: &Compared<T>| {
        let [before, after] = [0, 1].map(|side| metric.sides[side].as_ref().map(&value));
        (
            metric.name.clone(),
            json!({ "before": before, "after": after }),
        )
    };
    costs.iter().map(metric).collect()
}

fn pair<T: serde::Serialize>([before, after]: &[T; 2]) -> Value {
    json!({ "before": before, "after": after })
}

fn paths_json(paths: &Paths) -> Value {
    let interval =
        |count: &Count| json!({ "min": count.least.to_string(), "max": count.most.to_string() });
    let fields = counts(paths).map(|(name, count)| (name.to_owned(), interval(count)));
    Value::Object(fields.into_iter().collect())
}

fn changes_json(changes: &[Change]) -> Value {
    let change = |one: &Change| {
        json!({
            "what": one.what.as_str(),
            "place": one.place,
            "before": one.before,
            "after": one.after,
        })
    };
    changes.iter().map(change).collect()
}
