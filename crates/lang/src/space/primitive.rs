//! Primitive operators: what every block is made of in the end.

use super::{Activation, Padding};
use crate::quantity::Ratio;

/// A value inside a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// What goes into the block.
    Block,
    /// The output of the op with this index in [`Candidate::ops`](crate::ir::Candidate::ops).
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
    /// What it reads: one value, two for `Add` and `Mul`, two or more for `Concat`.
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
    /// Layer norm: over the channels of each pixel by itself, then a scale and a shift a channel.
    LayerNorm {
        /// Width.
        channels: u32,
    },
    /// Each channel times a number of its own, which is trained.
    Scale {
        /// Width.
        channels: u32,
        /// Its first value.
        start: Ratio,
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
    /// Consecutive channels.
    Slice {
        /// The first one.
        from: u32,
        /// How many.
        channels: u32,
    },
    /// The channels in groups of consecutive ones; then the first of each group, the second of each, and so on.
    Shuffle {
        /// Number of groups.
        groups: u32,
    },
    /// The channels of two or more values of equal maps, one behind the other.
    Concat {
        /// Channels of all together.
        out_channels: u32,
    },
}

impl Primitive {
    /// Whether it makes one pixel of the whole map.
    pub fn is_global_pool(&self) -> bool {
        matches!(self, Primitive::GlobalAvgPool | Primitive::GlobalMaxPool)
    }
}
