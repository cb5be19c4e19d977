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
mod text;
mod verify;

pub use lower::lower;
pub use network::{Layer, Network, Shape};
pub use path::Path;
pub use shared::{Choice, Disagreement, Shared};

use std::sync::Arc;

use crate::source::Spanned;
use crate::space::{
    Activation, AttributeName, AttributeValue, NormSettings, Operator, Padding, Require, Setting,
};

/// A lowered space.
#[derive(Debug, Clone, PartialEq)]
pub struct Ir {
    /// The space's name.
    pub space: String,
    /// Colour channels of an image.
    pub input_channels: u32,
    /// Side of the image in pixels, with the place it is written at.
    pub resolution: Spanned<Setting<u32>>,
    /// Number of classes.
    pub classes: u32,
    /// Constants of every batch norm.
    pub norm: NormSettings,
    /// Decisions that several blocks share, those that some block can follow: the named ones, then the
    /// searched widths by rows.
    pub choices: Vec<Choice>,
    /// Rows in order.
    pub rows: Vec<Row>,
    /// The bounds of the file.
    pub requires: Vec<Require>,
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
    /// How wide its output is.
    pub width: RowWidth,
    /// One slot a block, up to the largest depth.
    pub slots: Vec<Slot>,
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

/// One alternative with all its values picked.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Width in and width out.
    pub widths: (u32, u32),
    /// The operator it came from.
    pub operator: Operator,
    /// The `block` name it was reached by, if any.
    pub block: Option<String>,
    /// All values, in the operator's order; the flag says whether the value was searched.
    pub values: Vec<(AttributeName, AttributeValue, bool)>,
    /// What `sum` adds; none for other operators.
    pub branches: Vec<Candidate>,
    /// What it takes from shared decisions.
    pub shared: Shared,
    /// The primitives in order; each reads the input or earlier outputs. Empty for `skip` and `zero`.
    pub ops: Vec<Op>,
}

/// A value inside a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// What goes into the block.
    Block,
    /// The output of the op with this index in [`Candidate::ops`].
    Op(usize),
}

/// One primitive operator at its place. The last op's output is the block's.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// Stable name inside the block, the original's: `conv_pw`, `bn1`, `se.conv_reduce`;
    /// operators without parameters have descriptive ones (`act1`, `se.pool`, `add`).
    pub name: String,
    /// What it does.
    pub primitive: Primitive,
    /// What it reads: one value, two for `Add`, `Mul` and `Concat`.
    pub inputs: Vec<Input>,
}

/// The primitive operators. Images are `[N, C, H, W]`.
#[derive(Debug, Clone, PartialEq)]
pub enum Primitive {
    /// Convolution with a square kernel; weight `[out, in / groups, k, k]`, bias `[out]`.
    Conv {
        /// Width in.
        in_channels: u32,
        /// Width out.
        out_channels: u32,
        /// Side of the kernel.
        kernel: u32,
        /// Stride.
        stride: u32,
        /// Groups; `in_channels` for a depthwise convolution.
        groups: u32,
        /// Padding rule.
        padding: Padding,
        /// Whether it has a bias.
        bias: bool,
    },
    /// Batch norm over `channels`, affine.
    Norm {
        /// Width.
        channels: u32,
    },
    /// Activation, elementwise. Never [`Activation::None`].
    Act(Activation),
    /// Mean over the whole map: `[N, C, H, W]` to `[N, C, 1, 1]`.
    GlobalAvgPool,
    /// Average pool with a square window, symmetric padding k / 2, padding not counted.
    AvgPool {
        /// Side of the window.
        kernel: u32,
        /// Stride.
        stride: u32,
    },
    /// Largest value of the whole map: `[N, C, H, W]` to `[N, C, 1, 1]`.
    GlobalMaxPool,
    /// Max pool with a square window; the symmetric padding k / 2 is never the largest.
    MaxPool {
        /// Side of the window.
        kernel: u32,
        /// Stride.
        stride: u32,
    },
    /// Flattens, then `[N, in] · weightᵀ + bias`; weight `[out, in]`. Its output is `[N, out]`.
    Linear {
        /// Width in, all pixels counted.
        in_features: u32,
        /// Width out.
        out_features: u32,
    },
    /// Sum of two values of equal shape (the residual).
    Add,
    /// The first value times the second, a gate `[N, C, 1, 1]`.
    Mul,
    /// Every second channel of an even number of them, from channel `first` (0 or 1) on.
    Half {
        /// Where to begin.
        first: u32,
    },
    /// The channels of two values of equal maps, one behind the other.
    Concat {
        /// Channels of both together.
        out_channels: u32,
    },
}

impl Primitive {
    /// Whether it makes one pixel of the whole map.
    pub fn is_global_pool(&self) -> bool {
        matches!(self, Primitive::GlobalAvgPool | Primitive::GlobalMaxPool)
    }
}
