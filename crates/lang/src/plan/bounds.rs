//! Bounds merged, bounds that contradict each other, bounds that exclude nothing.

use std::collections::BTreeMap;

use super::{Bounded, report};
use crate::cost;
use crate::count::{Graph, Window};
use crate::diagnostic::Diagnostic;
use crate::ir::{Ir, RowWidth};
use crate::space::{Metric, Relation, Require};
use crate::syntax::ast::Comparison;

/// The window of a bound on a metric.
fn window(relation: &Relation) -> Option<Window> {
    match *relation {
        Relation::Metric { metric, low, high } => Some(Window { metric, low, high }),
        _ => None,
    }
}

/// At most one window a metric, in the order of the metrics.
///
/// The error is the message about two bounds of which no number meets both.
pub(super) fn windows(ir: &Ir, requires: &[Require]) -> Result<Vec<Window>, Diagnostic> {
    let mut merged = Vec::new();
    for (metric, name) in ir.metrics() {
        let bounds = || {
            let bounds = requires.iter().filter_map(with_window);
            bounds.filter(move |(_, window)| window.metric == metric)
        };
        let lowest = bounds().min_by_key(|(_, window)| window.high);
        let highest = bounds().rev().max_by_key(|(_, window)| window.low);
        let (Some((above, upper)), Some((below, lower))) = (lowest, highest) else {
            continue;
        };
        if lower.low > upper.high {
            return Err(report::conflict(
                (metric, name),
                (below, lower),
                (above, upper),
            ));
        }
        merged.push(Window {
            metric,
            low: lower.low,
            high: upper.high,
        });
    }
    Ok(merged)
}

/// A bound on a metric with its window.
pub(super) fn with_window(require: &Require) -> Option<(&Require, Window)> {
    Some((require, window(&require.relation)?))
}

/// One warning for each bound that excludes no path at any resolution there is to choose from.
pub(super) fn never_binding(space: &Bounded, listed: &[u32]) -> Vec<Diagnostic> {
    let ranges = ranges(space, listed);
    let mut warnings = Vec::new();
    for (require, window) in space.metric_requires() {
        if let Some(&(least, most)) = ranges.get(&window.metric)
            && window.low <= least
            && window.high >= most
            && !require.is_inherited
        {
            warnings.push(report::never_binds(
                space.ir,
                (require, window.metric),
                (least, most),
            ));
        }
    }
    for require in space.row_requires() {
        if !require.is_inherited && excludes_nothing(space.ir, &require.relation) {
            warnings.push(report::row_never_binds(space.ir, require));
        }
    }
    warnings
}

/// What paths can cost without any bound, by every metric that is bounded.
fn ranges(space: &Bounded, listed: &[u32]) -> BTreeMap<Metric, (u64, u64)> {
    let mut ranges: BTreeMap<Metric, (u64, u64)> = BTreeMap::new();
    if space.windows.is_empty() {
        return ranges;
    }
    let mut ends = match space.windows.iter().any(|window| window.metric.is_time()) {
        true => listed.to_vec(),
        // Counts grow with the resolution: the two ends show the whole range.
        false => vec![listed[0], listed[listed.len() - 1]],
    };
    ends.dedup();
    for resolution in ends {
        let graph = unbounded(space, resolution);
        for window in space.windows {
            if let Some((least, most)) = graph.extremes(window.metric) {
                let range = ranges.entry(window.metric).or_insert((least, most));
                *range = (range.0.min(least), range.1.max(most));
            }
        }
    }
    ranges
}

fn unbounded(space: &Bounded, resolution: u32) -> Graph {
    let costs = cost::table(space.ir, resolution);
    Graph::build(space.ir, &costs, &[]).expect("the same was built under the bounds")
}

/// Whether a bound on rows leaves every path. Without bounds there is a path for every way to choose
/// depths, and for every way to choose widths: no graph is needed.
pub(super) fn excludes_nothing(ir: &Ir, relation: &Relation) -> bool {
    match *relation {
        Relation::Metric { .. } => false,
        Relation::Depth { row, low, high } => {
            let mut depths = ir.rows[row].depths.iter();
            depths.all(|depth| (low..=high).contains(depth))
        }
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => {
            let [one, other] = [left, right].map(|row| ends(&ir.rows[row].depths));
            left == right || compare_always(comparison, one, other)
        }
        Relation::Width { row, low, high } => {
            let widths = ir.widths(ir.rows[row].width);
            widths.iter().all(|width| (low..=high).contains(width))
        }
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => {
            let [one, other] = [left, right].map(|row| ir.rows[row].width);
            let is_one = matches!(one, RowWidth::Choice(_)) && one == other;
            let [one, other] = [one, other].map(|width| ends(&ir.widths(width)));
            is_one || compare_always(comparison, one, other)
        }
    }
}

/// The first and the last of ascending values, of which there is one at least.
fn ends(values: &[u32]) -> (u32, u32) {
    (values[0], values[values.len() - 1])
}

/// Whether any value of one range compares so with any of the other.
fn compare_always(comparison: Comparison, one: (u32, u32), other: (u32, u32)) -> bool {
    comparison.holds(one.0, other.1) && comparison.holds(one.1, other.0)
}
