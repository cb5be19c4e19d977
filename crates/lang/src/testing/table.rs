//! A path as a table, for messages and snapshots.

use crate::cost::{self, Cost};
use crate::ir::{Ir, Path, Shape};
use crate::plan::Plan;

/// The blocks of a path with their shapes and exact costs, then the sums; always the same text for
/// the same network, without blanks at the ends of lines.
pub fn table(plan: &Plan, path: &Path) -> String {
    let network = plan.ir.network(path, plan.resolution);
    let ir = &plan.ir;
    let mut rows = vec![head(ir)];
    let mut total = Cost::default();
    for layer in &network.layers {
        let cost = cost::of_layer(layer);
        total += cost;
        let words = [
            format!("{}.{}", layer.row, layer.block),
            layer.text.clone(),
            shape(layer.output),
        ];
        rows.push(words.into_iter().chain(numbers(ir, cost)).collect());
    }
    let words = ["total", "", ""].map(str::to_owned);
    rows.push(words.into_iter().chain(numbers(ir, total)).collect());
    aligned(&rows)
}

fn head(ir: &Ir) -> Vec<String> {
    let metrics = ir.metrics().map(|(_, name)| name);
    let words = ["block", "operator", "out"].into_iter();
    words.chain(metrics).map(str::to_owned).collect()
}

fn numbers(ir: &Ir, cost: Cost) -> impl Iterator<Item = String> {
    ir.metrics()
        .map(move |(metric, _)| cost.get(metric).to_string())
}

fn shape(shape: Shape) -> String {
    format!("{}x{}x{}", shape.channels, shape.height, shape.width)
}

/// Words to the left, numbers to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    const WORDS: usize = 2;
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(at, (cell, &width))| match at < WORDS {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
