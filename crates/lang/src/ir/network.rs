//! One path written out with every shape a number.

use super::Op;
use crate::space::NormSettings;

/// Shape of one image inside the network: `[C, H, W]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Channels.
    pub channels: u32,
    /// Height in pixels.
    pub height: u32,
    /// Width in pixels.
    pub width: u32,
}

/// One architecture: what `cost` sums, `nn` builds and `export` walks.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Shape of an image.
    pub input: Shape,
    /// Number of classes.
    pub classes: u32,
    /// Constants of every batch norm.
    pub norm: NormSettings,
    /// The blocks in order, each reading the one before.
    pub layers: Vec<Layer>,
}

/// One block of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Name of its row.
    pub row: String,
    /// Index of the row.
    pub row_index: usize,
    /// Index of the block in its row.
    pub block: usize,
    /// As written in an arch: `ir(kernel = 3, expand = 4)`.
    pub text: String,
    /// The primitives; empty for `skip`.
    pub ops: Vec<Op>,
    /// Shape of every op's output, in the order of `ops`.
    pub shapes: Vec<Shape>,
    /// Shape that goes in.
    pub input: Shape,
    /// Shape that comes out.
    pub output: Shape,
}
