//! An arch against the bounds of its space. Bounds limit a search, so breaking one is a warning.

use super::{Arch, report};
use crate::cost::Cost;
use crate::diagnostic::Diagnostic;
use crate::ir::Ir;
use crate::quantity::grouped;
use crate::source::Span;
use crate::space::{Relation, Require};

/// One warning for each bound that the arch, written at `name` and of this `cost`, does not meet.
pub fn outside_bounds(
    arch: &Arch,
    name: Span,
    cost: Cost,
    requires: &[Require],
    ir: &Ir,
) -> Vec<Diagnostic> {
    requires
        .iter()
        .filter_map(|require| {
            let breach = breach(arch, cost, &require.relation, ir)?;
            Some(report::outside_bound(arch, name, require, &breach))
        })
        .collect()
}

/// What the arch has instead, if it does not meet the bound.
fn breach(arch: &Arch, cost: Cost, relation: &Relation, ir: &Ir) -> Option<String> {
    let depth = |row: usize| arch.path.rows[row].len();
    let width = |row: usize| ir.width_of(&arch.path, row);
    let name = |row: usize| &ir.rows[row].name;
    match *relation {
        Relation::Metric { metric, low, high } => {
            let found = cost.get(metric);
            let outside = !(low..=high).contains(&found);
            outside.then(|| format!("{} {}", grouped(&found.to_string()), metric.as_str()))
        }
        Relation::Depth { row, low, high } => {
            let outside = !(low as usize..=high as usize).contains(&depth(row));
            outside.then(|| format!("`{}` has depth {}", name(row), depth(row)))
        }
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => {
            let holds = comparison.holds(depth(left), depth(right));
            let depths = || {
                format!(
                    "`{}` has depth {}, `{}` has depth {}",
                    name(left),
                    depth(left),
                    name(right),
                    depth(right)
                )
            };
            (!holds).then(depths)
        }
        Relation::Width { row, low, high } => {
            let outside = !(low..=high).contains(&width(row));
            outside.then(|| format!("`{}` has {} channels", name(row), width(row)))
        }
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => {
            let holds = comparison.holds(width(left), width(right));
            let widths = || {
                format!(
                    "`{}` has {} channels, `{}` has {}",
                    name(left),
                    width(left),
                    name(right),
                    width(right)
                )
            };
            (!holds).then(widths)
        }
    }
}
