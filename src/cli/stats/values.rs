//! The share of every value of every decision among the paths inside every bound.

use creamc_lang::count::Part;
use creamc_lang::plan::ValueShare;
use serde_json::{Value, json};

use crate::cli::text::{self, Side};

/// One line a decision; empty where nothing is searched.
pub fn human(values: &[ValueShare]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let same = |a: &ValueShare, b: &ValueShare| (&a.row, &a.of) == (&b.row, &b.of);
    let rows: Vec<Vec<String>> = values.chunk_by(same).map(line).collect();
    let sides = [Side::Left, Side::Left, Side::Left];
    let table = text::table(&sides, &rows);
    format!("\nshare of each value inside every bound\n{table}")
}

fn line(values: &[ValueShare]) -> Vec<String> {
    let row = values[0].row.clone().unwrap_or_else(|| "path".to_owned());
    let shares = values
        .iter()
        .map(|one| format!("{} {}", one.value, share(one.share)));
    vec![
        row,
        values[0].of.clone(),
        shares.collect::<Vec<_>>().join("   "),
    ]
}

/// `33.4%`, `12.1..12.3%`, `never`.
pub fn share(part: Part) -> String {
    let [least, most] = [part.least, part.most].map(|end| format!("{:.1}", 100.0 * end));
    match least == most {
        _ if part.most == 0.0 => "never".to_owned(),
        true if most == "0.0" => "<0.1%".to_owned(),
        true => format!("{most}%"),
        false => format!("{least}..{most}%"),
    }
}

/// One object a value.
pub fn json(values: &[ValueShare]) -> Value {
    let value = |one: &ValueShare| {
        json!({
            "row": one.row,
            "of": one.of,
            "value": one.value,
            "min": one.share.least,
            "max": one.share.most,
        })
    };
    values.iter().map(value).collect()
}
