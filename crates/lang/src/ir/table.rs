//! Measured times of blocks: what a row of a latency table stands for.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Candidate, Ir, Layer, Op, Shape, Slot};
use crate::latency::Times;
use crate::source::Span;
use crate::space::{AttributeName, AttributeValue, Metric, Operator, TABLES};

/// A latency table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name, that of a metric.
    pub name: String,
    /// Its rows.
    pub times: Arc<Times>,
    /// Where its file is named.
    pub span: Span,
}

/// Nanoseconds by every table of a space, in their order; 0 behind the last.
pub type Measured = [u64; TABLES];

/// What stands for the time of a block that a table has no row for. A sum with it is it, too.
pub const UNKNOWN: u64 = u64::MAX;

impl Candidate {
    /// What the time of a block depends on, in words: operator, every value, the map that goes
    /// in and the one that comes out, stride; of a block of rows a digest of its primitives, too. Equal blocks have equal ones wherever they stand.
    ///
    /// `None` for a block without operators (`skip`), which takes no time.
    pub fn signature(&self, stride: u32, input: Shape) -> Option<String> {
        if self.ops.is_empty() {
            return None;
        }
        let mut text = self.whole_text();
        let (from, to) = (map(input), map(self.output(input)));
        write!(text, " {from} -> {to} stride {stride}").expect("a string takes every word");
        if self.has_own_block() {
            write!(text, " made of {}", self.digest()).expect("a string takes every word");
        }
        Some(text)
    }

    /// Whether it is a block of rows, whose name may stand for others in other files.
    fn has_own_block(&self) -> bool {
        let is_own = matches!(self.operator, Operator::Own(_));
        is_own || self.branches.iter().any(Candidate::has_own_block)
    }

    /// The first 8 hex digits of SHA-256 over its primitives.
    fn digest(&self) -> String {
        let op = |op: &Op| format!("{} of {:?}\n", op.primitive, op.inputs);
        let text: String = self.ops.iter().map(op).collect();
        let hash = Sha256::digest(text.as_bytes());
        hash.iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The operator with all values, fixed ones too, and all branches.
    fn whole_text(&self) -> String {
        // A pool over the whole map has a kernel of 0, which nobody writes.
        let is_written = |value: AttributeValue| value != AttributeValue::Integer(0);
        let values = self.values.iter();
        let values =
            values.filter(|(name, value, _)| *name != AttributeName::Kernel || is_written(*value));
        let values = values.map(|(name, value, _)| format!("{name} = {value}"));
        let branches = self.branches.iter().map(Candidate::whole_text);
        let inside: Vec<String> = values.chain(branches).collect();
        match inside.is_empty() {
            true => self.operator.to_string(),
            false => format!("{}({})", self.operator, inside.join(", ")),
        }
    }
}

/// `16x112x112`.
fn map(shape: Shape) -> String {
    format!("{}x{}x{}", shape.channels, shape.height, shape.width)
}

impl Ir {
    /// Every metric of its paths with its name: the counted ones, then the tables.
    pub fn metrics(&self) -> impl Iterator<Item = (Metric, &str)> {
        Metric::all(self.tables.iter().map(|table| table.name.as_str()))
    }

    /// The name of one of its metrics.
    ///
    /// # Panics
    /// When it has no such table.
    pub fn metric_name(&self, metric: Metric) -> &str {
        let mut all = self.metrics();
        let found = all.find(|(other, _)| *other == metric);
        found.expect("a metric is one of its space").1
    }

    /// How long a candidate takes that reads `input` in a slot; [`UNKNOWN`] where a table lacks
    /// its row, as it may at resolutions that the space does not list.
    pub fn times(&self, slot: &Slot, candidate: &Candidate, input: Shape) -> Measured {
        let mut times = Measured::default();
        if self.tables.is_empty() {
            return times;
        }
        if let Some(signature) = candidate.signature(slot.stride, input) {
            for (time, table) in times.iter_mut().zip(&self.tables) {
                *time = table.times.get(&signature).unwrap_or(UNKNOWN);
            }
        }
        times
    }

    /// Every block that takes time at any resolution of the space, by its signature, in the
    /// order of the rows: equal ones once.
    pub fn timed_blocks(&self) -> Vec<(String, Layer)> {
        let mut seen = BTreeSet::new();
        let mut blocks = Vec::new();
        for &resolution in self.resolution.value.values() {
            let settled = self.at(resolution);
            for (row, inputs) in settled.shapes(resolution).iter().enumerate() {
                for (block, &input) in inputs.iter().enumerate() {
                    settled.add_blocks((row, block), input, &mut seen, &mut blocks);
                }
            }
        }
        blocks
    }

    fn add_blocks(
        &self,
        (row, block): (usize, usize),
        input: Shape,
        seen: &mut BTreeSet<String>,
        blocks: &mut Vec<(String, Layer)>,
    ) {
        let slots = &self.rows[row].slots;
        let slot = &slots[block];
        // Most blocks of a stage are the one before again; the first may go from another map.
        if block > 1 && Arc::ptr_eq(&slot.candidates, &slots[block - 1].candidates) {
            return;
        }
        for candidate in slot.candidates.iter() {
            let input = candidate.input(input);
            if let Some(signature) = candidate.signature(slot.stride, input)
                && seen.insert(signature.clone())
            {
                blocks.push((signature, self.layer(row, block, candidate, input)));
            }
        }
    }

    /// The signatures of all blocks that a table has no row for.
    pub fn missing_rows(&self, table: &Table) -> Vec<String> {
        let blocks = self.timed_blocks().into_iter();
        let signatures = blocks.map(|(signature, _)| signature);
        signatures
            .filter(|signature| table.times.get(signature).is_none())
            .collect()
    }
}
