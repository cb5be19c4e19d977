//! `evolution.jsonl`: every path that an evolution judged, a generation a line.

use serde_json::Value;

use super::files::Files;
use super::metrics::{Judged, judged};

/// The generations so far, in order; empty where the result was not picked by an evolution.
pub fn read(files: &mut Files) -> Vec<Vec<Judged>> {
    const NAME: &str = "evolution.jsonl";
    let text = files.text(NAME).unwrap_or_default();
    let mut generations = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let value: Option<Value> = serde_json::from_str(line).ok();
        match value
            .as_ref()
            .and_then(|value| value.get("judged")?.as_array())
        {
            Some(paths) => generations.push(paths.iter().filter_map(judged).collect()),
            None => files.note(NAME, format!("line {} is damaged and left out", at + 1)),
        }
    }
    generations
}
