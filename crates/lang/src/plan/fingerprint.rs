//! Identities: a digest of a canonical text, so that equal spaces are equal on every machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Level;
use crate::count::Window;
use crate::ir::{Candidate, Input, Ir, Op, Primitive, Row};
use crate::space::{Metric, Padding, Relation, Require, Setting};
use crate::syntax::ast::Comparison;

/// Identity of the structure: what the weights of a checkpoint belong to. Bounds and
/// resolution leave it alone, and so do the depths below the largest.
pub(super) fn weights(ir: &Ir) -> String {
    let mut text = String::from("creamc weights 1\n");
    line(&mut text, &["input", &ir.input_channels.to_string()]);
    line(&mut text, &["classes", &ir.classes.to_string()]);
    for row in &ir.rows {
        write_row(&mut text, row);
    }
    digest(&text)
}

/// Identity of structure, resolution and bounds.
pub(super) fn plan(
    weights: &str,
    ir: &Ir,
    level: &Level,
    windows: &[Window],
    requires: &[Require],
) -> String {
    let mut text = String::from("creamc plan 1\n");
    line(&mut text, &["weights", weights]);
    let sides: Vec<String> = level.sides().map(|side| side.to_string()).collect();
    // Paths of a searched resolution are others, though it be among one.
    let word = match ir.resolution.value {
        Setting::Searched(_) => "resolutions",
        Setting::Fixed(_) | Setting::Fitted(_) => "resolution",
    };
    line(&mut text, &[word, &sides.join(" ")]);
    let norm = [ir.norm.eps, ir.norm.momentum].map(|ratio| ratio.to_string());
    line(&mut text, &["norm", &norm[0], &norm[1]]);
    for row in &ir.rows {
        let depths: Vec<String> = row.depths.iter().map(u32::to_string).collect();
        line(&mut text, &["depths", &row.name, &depths.join(" ")]);
    }
    write_shared(&mut text, ir);
    for window in window_lines(level, windows) {
        line(&mut text, &[&window]);
    }
    for bound in row_bounds(requires, ir) {
        line(&mut text, &[&bound]);
    }
    digest(&text)
}

/// The windows that leave something out: counted metrics in order, then tables in an order that their own does
/// not decide.
fn window_lines(level: &Level, windows: &[Window]) -> Vec<String> {
    let (mut counted, mut timed) = (Vec::new(), Vec::new());
    let windows = windows.iter();
    for window in windows.filter(|window| (window.low, window.high) != (0, u64::MAX)) {
        let (low, high) = (window.low, window.high);
        match window.metric.word() {
            Some(metric) => counted.push(format!("window {metric} {low} {high}")),
            // Not its name: what it says of every block.
            None => {
                let times = times_digest(level, window.metric);
                timed.push(format!("window times {times} {low} {high}"));
            }
        }
    }
    timed.sort();
    counted.extend(timed);
    counted
}

/// The bounds on depths and widths, those on one of these merged, in an order that theirs does not decide.
fn row_bounds(requires: &[Require], ir: &Ir) -> BTreeSet<String> {
    let mut ranges: BTreeMap<(&str, &str), (u32, u32)> = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    let name = |row: usize| ir.rows[row].name.as_str();
    for require in requires {
        let (subject, low, high) = match require.relation {
            Relation::Depth { row, low, high } => (("depth", name(row)), low, high),
            Relation::Width { row, low, high } => (("width", name(row)), low, high),
            _ => {
                pairs.extend(pair_bound(require, ir));
                continue;
            }
        };
        let range = ranges.entry(subject).or_insert((0, u32::MAX));
        *range = (range.0.max(low), range.1.min(high));
    }
    let ranges = ranges.into_iter();
    let ranges = ranges.filter(|(_, range)| *range != (0, u32::MAX));
    pairs.extend(ranges.map(|((what, row), (low, high))| format!("{what} {row} {low} {high}")));
    pairs
}

fn times_digest(level: &Level, metric: Metric) -> String {
    let mut text = String::new();
    let smaller = level.smaller.iter().map(|(_, costs)| costs);
    for slot in smaller.chain([&level.costs]).flatten().flatten() {
        let times: Vec<String> = slot.iter().map(|one| one.get(metric).to_string()).collect();
        line(&mut text, &[&times.join(" ")]);
    }
    digest(&text)
}

/// Which candidates stand for which values of shared decisions: weights do not depend on it, paths do.
fn write_shared(text: &mut String, ir: &Ir) {
    for choice in &ir.choices {
        line(text, &["choice", &choice.values.len().to_string()]);
    }
    for (row, of) in ir.rows.iter().enumerate() {
        for (block, slot) in of.slots.iter().enumerate() {
            for (at, candidate) in slot.candidates.iter().enumerate() {
                for (choice, value) in &candidate.shared.values {
                    let place = [row, block, at].map(|number| number.to_string());
                    let value = [choice, value].map(u16::to_string);
                    line(
                        text,
                        &[
                            "shared", &place[0], &place[1], &place[2], &value[0], &value[1],
                        ],
                    );
                }
            }
        }
    }
}

fn pair_bound(require: &Require, ir: &Ir) -> Option<String> {
    let name = |row: usize| &ir.rows[row].name;
    let pair = |word: &str, left: usize, comparison, right: usize| {
        let (left, sign, right) = match comparison {
            Comparison::AtMost => (left, "<=", right),
            Comparison::AtLeast => (right, "<=", left),
            // It says the same from either side.
            Comparison::Equal => (left.min(right), "==", left.max(right)),
        };
        format!("{word} {} {sign} {}", name(left), name(right))
    };
    match require.relation {
        Relation::Metric { .. } | Relation::Depth { .. } | Relation::Width { .. } => None,
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => Some(pair("depth", left, comparison, right)),
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => Some(pair("width", left, comparison, right)),
    }
}

fn write_row(text: &mut String, row: &Row) {
    line(
        text,
        &[
            "row",
            &row.name,
            if row.is_stage { "stage" } else { "layer" },
        ],
    );
    // Blocks of a stage mostly share their candidates; one digest stands for each.
    let mut last: Option<(&Arc<[Candidate]>, String)> = None;
    for slot in &row.slots {
        let shape = [slot.in_channels, slot.out_channels, slot.stride].map(|n| n.to_string());
        let known = last
            .as_ref()
            .filter(|(shared, _)| Arc::ptr_eq(shared, &slot.candidates));
        let candidates = match known {
            Some((_, digest)) => digest.clone(),
            None => digest(&candidates_text(&slot.candidates)),
        };
        line(
            text,
            &["slot", &shape[0], &shape[1], &shape[2], &candidates],
        );
        last = Some((&slot.candidates, candidates));
    }
}

fn candidates_text(candidates: &[Candidate]) -> String {
    let mut text = String::new();
    for candidate in candidates {
        line(&mut text, &["candidate", candidate.operator.as_str()]);
        for op in &candidate.ops {
            write_op(&mut text, op);
        }
    }
    text
}

fn write_op(text: &mut String, op: &Op) {
    let input = |input: &Input| match input {
        Input::Block => "block".to_owned(),
        Input::Op(index) => index.to_string(),
    };
    let inputs: Vec<String> = op.inputs.iter().map(input).collect();
    line(
        text,
        &[
            "op",
            &op.name,
            &primitive(&op.primitive),
            "of",
            &inputs.join(" "),
        ],
    );
}

fn primitive(primitive: &Primitive) -> String {
    match primitive {
        Primitive::Conv {
            in_channels,
            out_channels,
            kernel,
            stride,
            groups,
            padding,
            bias,
        } => {
            let padding = match padding {
                Padding::Symmetric => "symmetric",
                Padding::Same => "same",
            };
            format!("conv {in_channels} {out_channels} {kernel} {stride} {groups} {padding} {bias}")
        }
        Primitive::Norm { channels } => format!("norm {channels}"),
        Primitive::LayerNorm { channels } => format!("layernorm {channels}"),
        // Where its values begin is no part of the structure.
        Primitive::Scale { channels, .. } => format!("scale {channels}"),
        Primitive::Slice { from, channels } => format!("slice {from} {channels}"),
        Primitive::Shuffle { groups } => format!("shuffle {groups}"),
        Primitive::Act(act) => format!("act {}", act.as_str()),
        Primitive::GlobalAvgPool => "avgpool".to_owned(),
        Primitive::AvgPool { kernel, stride } => format!("avgpool {kernel} {stride}"),
        Primitive::Linear {
            in_features,
            out_features,
        } => format!("linear {in_features} {out_features}"),
        Primitive::Add => "add".to_owned(),
        Primitive::Mul => "mul".to_owned(),
        Primitive::GlobalMaxPool => "maxpool".to_owned(),
        Primitive::MaxPool { kernel, stride } => format!("maxpool {kernel} {stride}"),
        Primitive::Half { first } => format!("half {first}"),
        Primitive::Concat { out_channels } => format!("concat {out_channels}"),
    }
}

fn line(text: &mut String, words: &[&str]) {
    text.push_str(&words.join(" "));
    text.push('\n');
}

/// The first 16 hex digits of SHA-256.
fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string can be written to");
        hex
    })
}
