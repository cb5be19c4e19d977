//! Which candidates of a block share their weights, and what those are called.

use std::mem::{Discriminant, discriminant};

use creamc_lang::ir::{Candidate, Ir, Primitive, Slot};
use creamc_lang::space::Operator;

/// How candidates of a block share their weights. Those that differ in searched widths (`channels in`) alone are
/// slices of one set always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sharing {
    /// All others have weights of their own.
    #[default]
    Independent,
    /// Candidates of one structure, that is with the same operator and the same weights by name, are slices of
    /// one set: kernels its middle, widths its first channels.
    Elastic,
}

/// What the identity of weights that are shared so begins with.
const ELASTIC: &str = "elastic-";

/// Candidates of a slot that share weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What the names of its weights have where those of a candidate alone have the candidate's index.
    pub name: String,
    /// Its candidates by index, ascending.
    pub candidates: Vec<usize>,
}

impl Sharing {
    /// The candidates of a slot in groups, in the order of their first ones. Independent weights are called after
    /// their candidate, or where widths are searched after what it is but for its widths
    /// ([`Candidate::structure`]); elastic ones after the operator (`ir`), and from its second structure on with
    /// a number (`ir-2`).
    #[must_use]
    pub fn groups(self, slot: &Slot) -> Vec<Group> {
        let groups = match self {
            Sharing::Independent => by_widths(slot),
            Sharing::Elastic => by_structure(slot),
        };
        let first = |group: &[usize]| &slot.candidates[group[0]];
        let name = |at: usize| match self {
            Sharing::Independent => first(&groups[at]).structure().to_string(),
            Sharing::Elastic => {
                let operator = first(&groups[at]).operator;
                let before = groups[..at].iter();
                let alike = before.filter(|other| first(other).operator == operator);
                match alike.count() {
                    0 => operator.to_string(),
                    more => format!("{operator}-{}", more + 1),
                }
            }
        };
        let names: Vec<String> = (0..groups.len()).map(name).collect();
        let groups = names.into_iter().zip(groups);
        groups
            .map(|(name, candidates)| Group { name, candidates })
            .collect()
    }

    /// What the names of a candidate's weights begin with, where one stands at `(row, block, candidate)`: `s1.0.3`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn prefix(self, ir: &Ir, (row, block, candidate): (usize, usize, usize)) -> String {
        let row = &ir.rows[row];
        let groups = self.groups(&row.slots[block]);
        let mut groups = groups.into_iter();
        let own = groups.find(|group| group.candidates.contains(&candidate));
        let own = own.expect("every candidate is in a group");
        prefix(&row.name, block, &own)
    }

    /// The identity of a structure's weights ([`Plan::weights`](creamc_lang::plan::Plan::weights)) where they are
    /// shared so.
    #[must_use]
    pub fn identity(self, weights: &str) -> String {
        match self {
            Sharing::Independent => weights.to_owned(),
            Sharing::Elastic => format!("{ELASTIC}{weights}"),
        }
    }

    /// The structure of weights with this identity, however they are shared.
    #[must_use]
    pub fn structure(identity: &str) -> &str {
        identity.strip_prefix(ELASTIC).unwrap_or(identity)
    }

    /// How weights with this identity are shared; none where they are not of the structure of `weights`.
    #[must_use]
    pub fn of_identity(identity: &str, weights: &str) -> Option<Sharing> {
        let mut all = [Sharing::Independent, Sharing::Elastic].into_iter();
        all.find(|sharing| sharing.identity(weights) == identity)
    }
}

/// Candidates that differ in widths alone; they stand beside each other.
fn by_widths(slot: &Slot) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..slot.candidates.len()).collect();
    let structure = |at: usize| slot.candidates[at].structure();
    let groups = all.chunk_by(|&one, &next| structure(one) == structure(next));
    groups.map(<[usize]>::to_vec).collect()
}

/// Candidates that can be slices of one set of weights. Of those that differ in widths alone the first speaks for
/// all: some widths have a projection that others have not.
fn by_structure(slot: &Slot) -> Vec<Vec<usize>> {
    let mut groups: Vec<(Structure, Vec<usize>)> = Vec::new();
    for widths in by_widths(slot) {
        let structure = Structure::of(&slot.candidates[widths[0]]);
        match groups.iter_mut().find(|(known, _)| *known == structure) {
            Some((_, candidates)) => candidates.extend(widths),
            None => groups.push((structure, widths)),
        }
    }
    let groups = groups.into_iter();
    groups.map(|(_, candidates)| candidates).collect()
}

/// What the names of a group's weights begin with.
pub(super) fn prefix(row: &str, block: usize, group: &Group) -> String {
    format!("{row}.{block}.{}", group.name)
}

/// What candidates have in common that can be slices of one set of weights.
#[derive(PartialEq)]
struct Structure {
    operator: Operator,
    /// Of every part with weights: name, kind, and groups of a convolution, 0 where each channel is one.
    parts: Vec<(String, Discriminant<Primitive>, u32)>,
}

impl Structure {
    fn of(candidate: &Candidate) -> Structure {
        let ops = candidate.ops.iter();
        let parts = ops.filter_map(|op| {
            let groups = groups(&op.primitive)?;
            Some((op.name.clone(), discriminant(&op.primitive), groups))
        });
        Structure {
            operator: candidate.operator,
            parts: parts.collect(),
        }
    }
}

/// Of a primitive with weights: how many groups of channels are apart, 0 where each channel is.
fn groups(primitive: &Primitive) -> Option<u32> {
    match *primitive {
        Primitive::Conv {
            in_channels,
            groups,
            ..
        } => Some(if groups == in_channels { 0 } else { groups }),
        Primitive::Norm { .. }
        | Primitive::LayerNorm { .. }
        | Primitive::Scale { .. }
        | Primitive::Linear { .. } => Some(1),
        Primitive::Act(_)
        | Primitive::GlobalAvgPool
        | Primitive::AvgPool { .. }
        | Primitive::GlobalMaxPool
        | Primitive::MaxPool { .. }
        | Primitive::Add
        | Primitive::Mul
        | Primitive::Half { .. }
        | Primitive::Slice { .. }
        | Primitive::Shuffle { .. }
        | Primitive::Concat { .. } => None,
    }
}
