//! A difference told to people and to scripts.

use creamc_lang::diff::{ArchDiff, Change, Count, Paths, SpaceDiff};
use creamc_lang::quantity::grouped;
use creamc_lang::space::Metric;
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
    let rows = Metric::ALL.iter().map(|&metric| {
        let costs = difference.costs.map(|cost| text::count(cost.get(metric)));
        [vec![metric.as_str().to_string()], costs.to_vec()].concat()
    });
    let costs = table(["cost", "before", "after"], rows);
    [changes(&difference.changes), blocks, costs].join("\n")
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
    let row = |name: &str, paths: &Paths| {
        let counts = counts(paths).map(|(_, count)| number(count));
        [vec![name.to_string()], counts.to_vec()].concat()
    };
    let rows = [
        row("all", &difference.paths),
        row("inside every bound", &difference.feasible),
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
    let rows = difference.costs.iter().map(|(metric, sides)| {
        let ends =
            sides.map(|(least, most)| format!("{} to {}", text::count(least), text::count(most)));
        [vec![metric.as_str().to_string()], ends.to_vec()].concat()
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
    let costs: Map<String, Value> = difference
        .costs
        .iter()
        .map(|(metric, sides)| {
            let [before, after] = sides.map(|(min, max)| json!({ "min": min, "max": max }));
            (
                metric.as_str().to_owned(),
                json!({ "before": before, "after": after }),
            )
        })
        .collect();
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
    let costs: Map<String, Value> = Metric::ALL
        .iter()
        .map(|&metric| {
            let sides = difference.costs.map(|cost| cost.get(metric));
            (metric.as_str().to_owned(), pair(&sides))
        })
        .collect();
    json!({
        "same": difference.is_same(),
        "changes": changes_json(&difference.changes),
        "blocks": pair(&difference.blocks),
        "same_blocks": difference.same_blocks,
        "costs": costs,
    })
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
