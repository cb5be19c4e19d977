//! Bounds, costs and numbers in words.

use crate::ir::Ir;
use crate::space::{Metric, Relation};

/// `costs 81.7M`, `has 2.3M params`, `takes 22ms`.
pub(super) fn costs(ir: &Ir, metric: Metric, cost: u64) -> String {
    let cost = metric.for_reading(cost);
    match metric {
        Metric::Params | Metric::Activations => format!("has {cost} {}", ir.metric_name(metric)),
        Metric::Flops | Metric::Macs => format!("costs {cost}"),
        Metric::Table(_) => format!("takes {cost}"),
    }
}

/// A bound as it could be written: `flops in 0..60M`, `s4.depth >= s3.depth`.
pub(super) fn bound_text(ir: &Ir, relation: &Relation) -> String {
    let name = |row: usize| &ir.rows[row].name;
    match *relation {
        Relation::Metric { metric, low, high } => {
            let ends = (metric.exact(low), metric.exact(high));
            interval(ir.metric_name(metric), ends, low == high, high == u64::MAX)
        }
        Relation::Depth { row, low, high } => {
            let ends = (low.to_string(), high.to_string());
            let depth = format!("{}.depth", name(row));
            interval(&depth, ends, low == high, high == u32::MAX)
        }
        Relation::Width { row, low, high } => {
            let ends = (low.to_string(), high.to_string());
            let width = format!("{}.channels", name(row));
            interval(&width, ends, low == high, high == u32::MAX)
        }
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => {
            let sign = comparison.as_str();
            format!("{}.depth {sign} {}.depth", name(left), name(right))
        }
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => {
            let sign = comparison.as_str();
            format!("{}.channels {sign} {}.channels", name(left), name(right))
        }
    }
}

fn interval(what: &str, (low, high): (String, String), is_point: bool, is_open: bool) -> String {
    match (is_point, is_open) {
        (true, _) => format!("{what} == {low}"),
        (_, true) => format!("{what} >= {low}"),
        // Depths and widths begin at 1, so that `in 0..3` has no other meaning.
        _ if low == "0" && what.contains('.') => format!("{what} <= {high}"),
        _ => format!("{what} in {low}..{high}"),
    }
}

/// The next number up that is short to write: three digits or a little more.
pub(super) fn rounded_up(metric: Metric, value: u64) -> String {
    let step = short_step(value);
    metric.exact(value.div_ceil(step).saturating_mul(step))
}

pub(super) fn rounded_down(metric: Metric, value: u64) -> String {
    let step = short_step(value);
    metric.exact(value / step * step)
}

fn short_step(value: u64) -> u64 {
    match value {
        0..10_000 => 1,
        10_000..10_000_000 => 1_000,
        10_000_000..10_000_000_000 => 1_000_000,
        _ => 1_000_000_000,
    }
}

pub(super) fn list(values: &[u32]) -> String {
    let values: Vec<String> = values.iter().map(u32::to_string).collect();
    values.join(", ")
}
