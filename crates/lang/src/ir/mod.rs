//! The space as slots of candidates made of primitive operators.
//!
//! Depth is unrolled to its maximum: a row of depth 1..6 has six slots, and a
//! path uses the first `depth` of them. Each candidate is a short list of
//! [`Op`]s with stable names; what `cost` sums, `nn` builds and `export`
//! writes, they read from these lists alone.

mod expand;
mod lower;
mod network;
mod path;
mod print;
mod shape;
mod shared;
mod table;
mod text;
mod verify;

pub use lower::lower;
pub use network::{Layer, Network, Shape};
pub use path::Path;
pub use shared::{Choice, Disagreement, Shared};
pub use table::{Measured, Table, UNKNOWN};

pub use crate::space::{Input, Op, Primitive};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::{FileId, Span, Spanned};
use crate::space::{
    AttributeName, AttributeValue, Members, NormSettings, Operator, Require, Setting,
};

/// A lowered space.
#[derive(Debug, Clone, PartialEq)]
pub struct Ir {
    /// The space's name.
    pub space: String,
    /// The file it is written in; what it has from a base lies in others.
    pub file: FileId,
    /// Whether it is derived from another space.
    pub is_derived: bool,
    /// Colour channels of an image.
    pub input_channels: u32,
    /// Side of the image in pixels, with the place it is written at.
    pub resolution: Spanned<Setting<u32>>,
    /// What a space it is derived from left of the resolution where a line narrows it: that line may list no other.
    pub listed_by_base: Option<Vec<u32>>,
    /// Number of classes.
    pub classes: u32,
    /// Constants of every batch norm.
    pub norm: NormSettings,
    /// Decisions that several blocks share, those that some block can follow: the named ones, then the
    /// searched widths by rows.
    pub choices: Vec<Choice>,
    /// Latency tables, in order.
    pub tables: Vec<Table>,
    /// Rows in order.
    pub rows: Vec<Row>,
    /// The bounds of the file.
    pub requires: Vec<Require>,
    /// The values that stand in sets, by the places they are written at.
    pub members: Members,
}

impl Ir {
    /// Whether its bounds are to be proved when a file is checked: in its own file, and in others where there are no
    /// archs, so that nothing else is to be done.
    pub fn is_proved_beside(&self, has_archs: bool) -> bool {
        !has_archs || self.file == FileId(0)
    }
}

/// A layer or a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Whether it is a stage.
    pub is_stage: bool,
    /// The depths it may take, ascending; `[1]` for a layer.
    pub depths: Vec<u32>,
    /// Where the plan settles the depth: the row's place in the order of deepening, from 0.
    pub fit: Option<usize>,
    /// Whether the space it is derived from leaves something of it to decide.
    pub was_open: bool,
    /// How wide its output is.
    pub width: RowWidth,
    /// One slot a block, up to the largest depth.
    pub slots: Vec<Slot>,
    /// Where it says what is open.
    pub places: Places,
}

/// Where a row says what is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// `depth …`, or the row's name.
    pub depth: Span,
    /// The block of the row.
    pub block: Span,
    /// Attributes, those of all alternatives and branches, each where it is first written with several values, else where it
    /// is first written.
    pub attributes: BTreeMap<AttributeName, Span>,
    /// The attributes among them that follow a choice, as an index into [`Ir::choices`], each once.
    pub followed: Vec<(AttributeName, u16)>,
}

impl Places {
    /// Of an attribute; of the block for `None`, and where the attribute is nowhere.
    pub fn of(&self, attribute: Option<AttributeName>) -> Span {
        let written = attribute.and_then(|name| self.attributes.get(&name));
        written.copied().unwrap_or(self.block)
    }
}

/// Width of a row's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowWidth {
    /// The same on every path.
    Fixed(u32),
    /// What the choice with this index in [`Ir::choices`] says: the row's own (`channels in`), or that of
    /// the row it takes its width from.
    Choice(u16),
}

/// One place for a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Width in; the largest where it is searched.
    pub in_channels: u32,
    /// Width out; the largest where it is searched.
    pub out_channels: u32,
    /// Stride: the row's in the first slot, 1 in all others.
    pub stride: u32,
    /// What may stand here; at least one. Slots of a stage that have the same share them. Where a width is
    /// searched, each combination of widths has candidates of its own: those that differ in nothing else
    /// stand beside each other and have one [`Candidate::structure`].
    pub candidates: Arc<[Candidate]>,
}

/// Whether an arch must say a value, and why.
#[derive(Debug, Clone, Copy)]
pub enum Said {
    /// It need not.
    No,
    /// It is searched.
    Searched,
    /// It is fixed, and tells the candidate from another one of the base.
    Told,
}

impl Said {
    /// Whether an arch must say it.
    pub fn is_said(self) -> bool {
        !matches!(self, Said::No)
    }
}

/// The reason is for messages: candidates that differ in nothing else are one.
impl PartialEq for Said {
    fn eq(&self, other: &Said) -> bool {
        self.is_said() == other.is_said()
    }
}

impl Eq for Said {}

/// One alternative with all its values picked.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Width in and width out.
    pub widths: (u32, u32),
    /// The operator it came from.
    pub operator: Operator,
    /// The `block` name it was reached by, if any.
    pub block: Option<String>,
    /// All values, in the operator's order, with whether an arch must say them.
    pub values: Vec<(AttributeName, AttributeValue, Said)>,
    /// What `sum` adds; none for other operators.
    pub branches: Vec<Candidate>,
    /// What it takes from shared decisions.
    pub shared: Shared,
    /// The primitives in order; each reads the input or earlier outputs. Empty for `skip` and `zero`.
    pub ops: Vec<Op>,
}
