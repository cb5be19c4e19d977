//! `visits.json`: how often each decision was trained.

use serde_json::Value;

use super::files::{Files, text};

/// Visits of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub name: String,
    /// Depths with their visits, ascending.
    pub depths: Vec<(u64, u64)>,
    /// Visits of every candidate of every block.
    pub blocks: Vec<Vec<u64>>,
}

/// Reads them; `None` where the run counted none.
pub fn read(files: &mut Files) -> Option<Vec<Row>> {
    const NAME: &str = "visits.json";
    let value = files.json(NAME)?;
    let rows = value.get("rows").and_then(Value::as_array);
    let read: Option<Vec<Row>> = rows.and_then(|rows| rows.iter().map(row).collect());
    if read.is_none() {
        files.note(NAME, "is damaged: its rows cannot be read");
    }
    read
}

fn row(value: &Value) -> Option<Row> {
    let depths = value.get("depths")?.as_object()?.iter();
    let mut depths: Vec<(u64, u64)> = depths
        .map(|(depth, count)| Some((depth.parse().ok()?, count.as_u64()?)))
        .collect::<Option<_>>()?;
    depths.sort_unstable();
    Some(Row {
        name: text(value, "row")?,
        depths,
        blocks: serde_json::from_value(value.get("blocks")?.clone()).ok()?,
    })
}
