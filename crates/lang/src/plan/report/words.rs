//! Bounds, costs and numbers in words.

use crate::ir::Ir;
use crate::space::{Metric, Relation, Require};
use crate::syntax::ast::Comparison;

/// `costs 81.7M`, `has 2.3M params`, `takes 22ms`.
pub(super) fn costs(ir: &Ir, metric: Metric, cost: u64) -> String {
    let cost = metric.for_reading(cost);
    match metric {
        Metric::Params | Metric::Activations => format!("has {cost} {}", ir.metric_name(metric)),
        Metric::Flops | Metric::Macs => format!("costs {cost}"),
        Metric::Table(_) => format!("takes {cost}"),
    }
}

/// A bound as it is written, names of numbers replaced by these: `flops in 0..60M`, `s1.depth <= 3`, `s4.depth >= s3.depth`.
pub(super) fn bound_text(ir: &Ir, require: &Require) -> String {
    let depth = |row: usize| format!("{}.depth", ir.rows[row].name);
    let width = |row: usize| format!("{}.channels", ir.rows[row].name);
    let whole = |ends: [u32; 2]| ends.map(|end| end.to_string());
    match require.relation {
        Relation::Metric { metric, low, high } => {
            let ends = [low, high].map(|end| metric.exact(end));
            with_number(ir.metric_name(metric), require.comparison, ends)
        }
        Relation::Depth { row, low, high } => {
            with_number(&depth(row), require.comparison, whole([low, high]))
        }
        Relation::Width { row, low, high } => {
            with_number(&width(row), require.comparison, whole([low, high]))
        }
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => format!("{} {} {}", depth(left), comparison.as_str(), depth(right)),
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => format!("{} {} {}", width(left), comparison.as_str(), width(right)),
    }
}

fn with_number(what: &str, comparison: Option<Comparison>, [low, high]: [String; 2]) -> String {
    match comparison {
        None => format!("{what} in {low}..{high}"),
        Some(Comparison::AtMost) => format!("{what} <= {high}"),
        Some(sign @ (Comparison::AtLeast | Comparison::Equal)) => {
            format!("{what} {} {low}", sign.as_str())
        }
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
