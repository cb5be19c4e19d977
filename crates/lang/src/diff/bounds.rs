//! Bounds that hold, compared by what they let through.

use std::collections::{BTreeMap, BTreeSet};

use super::pairs::Pairs;
use super::{Change, Side, What};
use crate::space::{Metric, Relation};
use crate::syntax::ast::Comparison;

/// What became of the bounds: those on metrics, on single depths and widths, and between two of these.
pub(super) fn changes(before: &Side, after: &Side, pairs: &Pairs) -> Vec<Change> {
    let metrics = Metric::ALL.iter().filter_map(|&metric| {
        let windows = [before, after].map(|side| window(side, metric));
        range(metric.as_str().to_owned(), windows, u64::MAX)
    });
    metrics
        .chain(of_rows(before, after, pairs))
        .chain(relations(before, after, pairs))
        .collect()
}

/// An interval, both ends included.
type Range = (u64, u64);

fn window(side: &Side, metric: Metric) -> Range {
    let of_metric = side
        .plan
        .windows
        .iter()
        .filter(|window| window.metric == metric);
    of_metric.fold((0, u64::MAX), |range, window| {
        meet(range, (window.low, window.high))
    })
}

fn meet(one: Range, other: Range) -> Range {
    (one.0.max(other.0), one.1.min(other.1))
}

/// A row and what of it is bounded: its `depth` or its `channels`.
type Subject = (usize, &'static str);

fn of_rows(before: &Side, after: &Side, pairs: &Pairs) -> Vec<Change> {
    let was = row_ranges(before, |row| pairs.after(row));
    let is = row_ranges(after, Some);
    let subjects: BTreeSet<Subject> = was.keys().chain(is.keys()).copied().collect();
    let open = (0, u64::from(u32::MAX));
    let change = |subject: Subject| {
        let ranges = [&was, &is].map(|side| side.get(&subject).copied().unwrap_or(open));
        let (row, what) = subject;
        let name = &after.space.rows[row].name.value;
        range(format!("{name}.{what} bound"), ranges, open.1)
    };
    subjects.into_iter().filter_map(change).collect()
}

/// The bounds on single depths and widths, met row by row; those on rows that are gone went with them.
fn row_ranges(side: &Side, row_after: impl Fn(usize) -> Option<usize>) -> BTreeMap<Subject, Range> {
    let mut ranges = BTreeMap::new();
    for require in side.requires {
        let (row, what, low, high) = match require.relation {
            Relation::Depth { row, low, high } => (row, "depth", low, high),
            Relation::Width { row, low, high } => (row, "channels", low, high),
            _ => continue,
        };
        if let Some(row) = row_after(row) {
            let range = ranges
                .entry((row, what))
                .or_insert((0, u64::from(u32::MAX)));
            *range = meet(*range, (low.into(), high.into()));
        }
    }
    ranges
}

fn range(place: String, [was, is]: [Range; 2], open: u64) -> Option<Change> {
    if was == is {
        return None;
    }
    let text = |range: Range| match range {
        (0, high) if high == open => None,
        (low, high) if high == open => Some(format!("at least {}", exact(low))),
        (low, high) => Some(format!("{}..{}", exact(low), exact(high))),
    };
    let what = match meet(was, is) {
        both if both == is => What::Tightened,
        both if both == was => What::Loosened,
        _ => What::Changed,
    };
    Some(Change {
        place,
        what,
        before: text(was),
        after: text(is),
    })
}

/// A count as it may be written in a file: `600M`, `1234`.
fn exact(count: u64) -> String {
    let units = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "K")];
    let whole = units
        .iter()
        .find(|(unit, _)| count > 0 && count.is_multiple_of(*unit));
    whole.map_or(count.to_string(), |(unit, name)| {
        format!("{}{name}", count / unit)
    })
}

/// Bounds between two depths or two widths, one way to write each; rows that both have under the names they have now.
fn relations(before: &Side, after: &Side, pairs: &Pairs) -> Vec<Change> {
    let name = |side: &Side, row: usize| side.space.rows[row].name.value.clone();
    let now = |row: usize| pairs.after(row).map(|row| name(after, row));
    let was = relation_texts(before, |row| now(row).unwrap_or_else(|| name(before, row)));
    let is = relation_texts(after, |row| name(after, row));
    let removed = was.difference(&is);
    let removed = removed.map(|text| Change::removed("require", text.clone()));
    let added = is.difference(&was);
    let added = added.map(|text| Change::added("require", text.clone()));
    removed.chain(added).collect()
}

fn relation_texts(side: &Side, name: impl Fn(usize) -> String) -> BTreeSet<String> {
    let pair = |left, comparison, right, what: &str| {
        let [left, right] = [left, right].map(|row| format!("{}.{what}", name(row)));
        Some(match comparison {
            Comparison::AtMost => format!("{left} <= {right}"),
            Comparison::AtLeast => format!("{right} <= {left}"),
            Comparison::Equal if left < right => format!("{left} == {right}"),
            Comparison::Equal => format!("{right} == {left}"),
        })
    };
    let text = |relation: &Relation| match *relation {
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => pair(left, comparison, right, "depth"),
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => pair(left, comparison, right, "channels"),
        _ => None,
    };
    let relations = side.requires.iter();
    relations
        .filter_map(|require| text(&require.relation))
        .collect()
}
