//! `metrics.jsonl`: what was measured, one object an epoch.

use std::collections::BTreeMap;

use serde_json::Value;

use super::files::{Files, number, path, whole};

/// What was measured in one epoch. What a run did not measure is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Epoch {
    /// From 1.
    pub number: u64,
    /// Every number of the line, by its name.
    pub numbers: BTreeMap<String, f64>,
    /// Every board entry that was judged after the epoch.
    pub judged: Vec<Judged>,
    /// The fixed probe paths, in their order.
    pub probes: Vec<Verdict>,
}

/// What the judge says of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    pub loss: f64,
    /// In percent, if known.
    pub top1: Option<f64>,
}

/// A path that was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its index form, or the candidates of every row.
    pub path: String,
    pub flops: Option<u64>,
    pub verdict: Verdict,
    /// What brought it to the board: mostly one batch's top-1.
    pub score: Option<f64>,
    /// How often it taught, so far.
    pub lessons: Option<u64>,
}

impl Epoch {
    /// A number of the line.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.numbers.get(name).copied()
    }

    fn read(line: &Value) -> Option<Epoch> {
        let object = line.as_object()?;
        let numbers = object
            .keys()
            .filter_map(|name| Some((name.clone(), number(line, name)?)));
        let list = |name: &str| line.get(name).and_then(Value::as_array);
        Some(Epoch {
            number: whole(line, "epoch")?,
            numbers: numbers.collect(),
            judged: list("judged")
                .into_iter()
                .flatten()
                .filter_map(judged)
                .collect(),
            probes: list("probes")
                .into_iter()
                .flatten()
                .filter_map(verdict)
                .collect(),
        })
    }
}

fn verdict(value: &Value) -> Option<Verdict> {
    Some(Verdict {
        loss: number(value, "loss")?,
        top1: number(value, "top1"),
    })
}

pub(super) fn judged(value: &Value) -> Option<Judged> {
    let written = |name: &str| value.get(name).and_then(path);
    Some(Judged {
        path: written("choices").or_else(|| written("path"))?,
        flops: whole(value, "flops"),
        verdict: verdict(value)?,
        score: number(value, "score"),
        lessons: whole(value, "lessons"),
    })
}

/// Reads all epochs in order. The last line may be torn: the run writes it now, or was killed.
pub fn read(files: &mut Files) -> Vec<Epoch> {
    let Some(text) = files.text(METRICS) else {
        return Vec::new();
    };
    let mut epochs: BTreeMap<u64, Epoch> = BTreeMap::new();
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let value: Option<Value> = serde_json::from_str(line).ok();
        match value.as_ref().and_then(Epoch::read) {
            // A run that goes on may measure an epoch again: the last word counts.
            Some(epoch) => drop(epochs.insert(epoch.number, epoch)),
            None if !line.ends_with('\n') || line.trim().is_empty() => {}
            None => files.note(METRICS, format!("line {} is damaged and left out", at + 1)),
        }
    }
    epochs.into_values().collect()
}

const METRICS: &str = "metrics.jsonl";
