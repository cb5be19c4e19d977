//! Bounds merged, bounds that contradict each other, bounds that exclude nothing.

use super::{Bounded, report};
use crate::cost;
use crate::count::{Graph, Window};
use crate::diagnostic::Diagnostic;
use crate::ir::Ir;
use crate::space::{Relation, Require};

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
    let mut ends = match space.windows.iter().any(|window| window.metric.is_time()) {
        true => listed.to_vec(),
        // Counts grow with the resolution: the two ends show the whole range.
        false => vec![listed[0], listed[listed.len() - 1]],
    };
    ends.dedup();
    let graphs: Vec<Graph> = ends
        .iter()
        .map(|&resolution| unbounded(space, resolution))
        .collect();
    let mut warnings = Vec::new();
    for (require, window) in space.metric_requires() {
        let ranges = graphs
            .iter()
            .filter_map(|graph| graph.extremes(window.metric));
        let range = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        if let Some((least, most)) = range
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
        if !require.is_inherited && excludes_nothing(&graphs[0], space, ends[0], require) {
            warnings.push(report::row_never_binds(space.ir, require));
        }
    }
    warnings
}

fn unbounded(space: &Bounded, resolution: u32) -> Graph {
    let costs = cost::table(space.ir, resolution);
    Graph::build(space.ir, &costs, &[]).expect("the same was built under the bounds")
}

fn excludes_nothing(all: &Graph, space: &Bounded, resolution: u32, require: &Require) -> bool {
    if let Relation::Depth { row, low, high } = require.relation {
        // Every depth that is listed has a path: no graph is needed.
        let mut depths = space.ir.rows[row].depths.iter();
        return depths.all(|depth| (low..=high).contains(depth));
    }
    let costs = cost::table(space.ir, resolution);
    let bounded = Graph::build(space.ir, &costs, std::slice::from_ref(require));
    bounded.is_ok_and(|bounded| bounded.count() == all.count())
}
