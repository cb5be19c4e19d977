//! A path and its cost in a few words.

use std::collections::BTreeMap;

use crate::cost::Cost;
use crate::ir::{Ir, Path};
use crate::space::{AttributeName, Metric};

/// What was decided: `every depth 1, kernel 3, expand 4`; values in the order they occur
/// where blocks differ.
pub(super) fn decisions(ir: &Ir, path: &Path) -> String {
    let resolution = path.resolution.map(|side| format!("resolution {side}"));
    let mut parts: Vec<String> = resolution.into_iter().chain(depths(ir, path)).collect();
    parts.extend(widths(ir, path));
    for (name, values) in said_values(ir, path) {
        parts.push(format!("{name} {}", values.join(" or ")));
    }
    match parts.is_empty() {
        true => "the only one".to_owned(),
        false => parts.join(", "),
    }
}

fn depths(ir: &Ir, path: &Path) -> Option<String> {
    let rows = ir.rows.iter().zip(&path.rows);
    let searched = rows.filter(|(row, _)| row.depths.len() > 1);
    let depths: Vec<String> = searched
        .map(|(_, blocks)| blocks.len().to_string())
        .collect();
    let first = depths.first()?;
    Some(match depths.iter().all(|depth| depth == first) {
        true => format!("every depth {first}"),
        false => format!("depths {}", depths.join(" ")),
    })
}

/// `channels 16 24 40`, one a row that searches its width.
fn widths(ir: &Ir, path: &Path) -> Option<String> {
    let values = ir.shared_values(path).ok()?;
    let decided = ir.choices.iter().zip(values);
    let widths = decided.filter_map(|(choice, value)| choice.width(value?));
    let widths: Vec<String> = widths.map(|width| width.to_string()).collect();
    (!widths.is_empty()).then(|| format!("channels {}", widths.join(" ")))
}

fn said_values(ir: &Ir, path: &Path) -> BTreeMap<AttributeName, Vec<String>> {
    let mut values: BTreeMap<AttributeName, Vec<String>> = BTreeMap::new();
    for (row, block, candidate) in path.blocks() {
        let candidate = &ir.rows[row].slots[block].candidates[candidate];
        for (name, value) in candidate.said() {
            let seen = values.entry(name).or_default();
            let value = value.to_string();
            if !seen.contains(&value) {
                seen.push(value);
            }
        }
    }
    values
}

/// Where the cost lies: `stem and entry 11.8M, stages 65.1M, head 4.7M`.
pub(super) fn parts(ir: &Ir, costs: &[Vec<Vec<Cost>>], path: &Path, metric: Metric) -> String {
    let row_cost = |row: usize| -> u64 {
        let blocks = path.rows[row].iter().enumerate();
        let costs = blocks.map(|(block, &at)| costs[row][block][usize::from(at)].get(metric));
        costs.sum()
    };
    let rows = ir.rows.len();
    let first = ir.rows.iter().position(|row| row.is_stage).unwrap_or(rows);
    let last = ir
        .rows
        .iter()
        .rposition(|row| row.is_stage)
        .map_or(rows, |at| at + 1);
    let before: Vec<&str> = ir.rows[..first]
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    [
        (before.join(" and "), 0..first),
        ("stages".to_owned(), first..last),
        ("head".to_owned(), last..rows),
    ]
    .into_iter()
    .filter(|(_, range)| !range.is_empty())
    .map(|(name, range)| format!("{name} {}", metric.for_reading(range.map(row_cost).sum())))
    .collect::<Vec<_>>()
    .join(", ")
}
