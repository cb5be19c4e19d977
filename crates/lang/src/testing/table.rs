//! A path as a table, for messages and snapshots.

use crate::cost::{self, Cost};
use crate::ir::{Path, Shape};
use crate::plan::Plan;
use crate::space::Metric;

/// The blocks of a path with their shapes and exact costs, then the sums; always the same text for
/// the same network, without blanks at the ends of lines.
pub fn table(plan: &Plan, path: &Path) -> String {
    let network = plan.ir.network(path, plan.resolution);
    let mut rows = vec![head()];
    let mut total = Cost::default();
    for layer in &network.layers {
        let cost = cost::of_layer(layer);
        total += cost;
        let words = [
            format!("{}.{}", layer.row, layer.block),
            layer.text.clone(),
            shape(layer.output),
        ];
        rows.push(words.into_iter().chain(numbers(cost)).collect());
    }
    let words = ["total", "", ""].map(str::to_owned);
    rows.push(words.into_iter().chain(numbers(total)).collect());
    aligned(&rows)
}

fn head() -> Vec<String> {
    let metrics = Metric::ALL.iter().map(|metric| metric.as_str());
    let words = ["block", "operator", "out"].into_iter();
    words.chain(metrics).map(str::to_owned).collect()
}

fn numbers(cost: Cost) -> impl Iterator<Item = String> {
    let metrics = Metric::ALL.iter();
    metrics.map(move |&metric| cost.get(metric).to_string())
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
