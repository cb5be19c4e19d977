//! Two architectures compared.

use super::metrics::metrics;
use super::pairs::Pairs;
use super::twins::key;
use super::{Change, Compared, What, facts};
use crate::arch::Arch;
use crate::cost;
use crate::ir::{Candidate, Ir, Primitive, Slot, UNKNOWN};
use crate::space::{Metric, Space};

/// One of two compared archs.
#[derive(Debug, Clone, Copy)]
pub struct ArchSide<'a> {
    /// It.
    pub arch: &'a Arch,
    /// Its space, as it is written.
    pub space: &'a Space,
    /// Its space, lowered.
    pub ir: &'a Ir,
    /// The side of its images in pixels.
    pub resolution: u32,
}

/// The difference between two archs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchDiff {
    /// Every change, rows first, in order.
    pub changes: Vec<Change>,
    /// How many blocks they have.
    pub blocks: [usize; 2],
    /// How many blocks are the same, at the same places of rows that both have.
    pub same_blocks: usize,
    /// What they cost, a metric each.
    pub costs: Vec<Compared<u64>>,
}

impl ArchDiff {
    /// Whether both are the same network.
    pub fn is_same(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares two archs.
pub fn archs(before: &ArchSide, after: &ArchSide) -> ArchDiff {
    let sides = [before, after];
    let pairs = Pairs::of(before.space, after.space);
    let mut changes = pairs.changes(&before.space.rows, &after.space.rows);
    changes.extend(facts::changes(before.space, after.space));
    if before.resolution != after.resolution {
        let texts = sides.map(|side| side.resolution.to_string());
        changes.push(Change::new(
            "resolution",
            What::Changed,
            &texts[0],
            &texts[1],
        ));
    }
    let settled = sides.map(|side| side.ir.at(side.resolution));
    let mut same_blocks = 0;
    for &(one, other) in &pairs.0 {
        let blocks = [
            blocks(before.arch, &settled[0], one),
            blocks(after.arch, &settled[1], other),
        ];
        let both = blocks[0].iter().zip(&blocks[1]);
        same_blocks += both.filter(|(was, is)| key(was.0) == key(is.0)).count();
        changes.extend(row(&after.space.rows[other].name.value, &blocks));
    }
    ArchDiff {
        changes,
        blocks: sides.map(|side| side.arch.path.blocks().count()),
        same_blocks,
        costs: costs(sides),
    }
}

fn costs(sides: [&ArchSide; 2]) -> Vec<Compared<u64>> {
    let costs =
        sides.map(|side| cost::of_network(&side.ir.network(&side.arch.path, side.resolution)));
    let value = |side: usize, metric: &Metric| {
        let value = costs[side].get(*metric);
        // A table does not know blocks at resolutions that its space does not list.
        (value != UNKNOWN).then_some(value)
    };
    let metrics = metrics(sides.map(|side| side.ir)).into_iter();
    metrics.map(|metric| metric.and_then(value)).collect()
}

/// A block and its place.
type Block<'a> = (&'a Candidate, &'a Slot);

fn blocks<'a>(arch: &Arch, ir: &'a Ir, row: usize) -> Vec<Block<'a>> {
    let slots = arch.path.rows[row].iter().zip(&ir.rows[row].slots);
    slots
        .map(|(&candidate, slot)| (&slot.candidates[usize::from(candidate)], slot))
        .collect()
}

/// What became of the blocks of a row, counted from 0 as `creamc cost` does.
fn row(name: &str, [before, after]: &[Vec<Block>; 2]) -> Vec<Change> {
    let mut changes = Vec::new();
    if before.len() != after.len() {
        let [was, is] = [before, after].map(|blocks| blocks.len().to_string());
        changes.push(Change::new(
            format!("{name}.depth"),
            What::Changed,
            &was,
            &is,
        ));
    }
    let place = |block: usize| format!("{name}.{block}");
    for block in 0..before.len().max(after.len()) {
        match (before.get(block), after.get(block)) {
            (Some(was), Some(is)) if key(was.0) == key(is.0) => {}
            (Some(was), Some(is)) => {
                let [was, is] = texts(was, is);
                changes.push(Change::new(place(block), What::Changed, &was, &is));
            }
            (Some(was), None) => changes.push(Change::removed(place(block), was.0.text())),
            (None, Some(is)) => changes.push(Change::added(place(block), is.0.text())),
            (None, None) => {}
        }
    }
    changes
}

/// Two different blocks so that they can be told apart: as archs write them, else with every
/// value, else with their widths.
fn texts(was: &Block, is: &Block) -> [String; 2] {
    let written = |form: fn(&Block) -> String| [was, is].map(form);
    let forms: [fn(&Block) -> String; 2] = [|block| block.0.text(), |block| with_values(block.0)];
    let mut short = forms.into_iter().map(written);
    let apart = short.find(|[was, is]| was != is);
    apart.unwrap_or_else(|| written(with_widths))
}

fn with_values(candidate: &Candidate) -> String {
    let values = candidate.values.iter();
    let values = values.map(|(name, value, _)| format!("{name} = {value}"));
    let branches = candidate.branches.iter().map(with_values);
    let inside: Vec<String> = values.chain(branches).collect();
    match inside.is_empty() {
        true => candidate.operator.to_string(),
        false => format!("{}({})", candidate.operator, inside.join(", ")),
    }
}

fn with_widths((candidate, slot): &Block) -> String {
    // A linear layer counts all pixels of its map.
    let features = candidate.ops.iter().find_map(|op| match op.primitive {
        Primitive::Linear { in_features, .. } => Some(in_features),
        _ => None,
    });
    let (input, output) = candidate.widths;
    let input = features.unwrap_or(input);
    let text = candidate.text();
    format!("{text}, {input} to {output}, stride {}", slot.stride)
}
