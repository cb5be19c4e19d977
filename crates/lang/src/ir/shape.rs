//! Shapes through the primitives, as numbers.

use super::{Candidate, Input, Op, Primitive, Shape, Slot};
use crate::space::Padding;

impl Shape {
    /// The same map with another width.
    fn with_channels(self, channels: u32) -> Shape {
        Shape { channels, ..self }
    }

    /// One pixel a channel.
    fn pixel(channels: u32) -> Shape {
        Shape {
            channels,
            height: 1,
            width: 1,
        }
    }

    /// Both sides through a window.
    fn windowed(self, kernel: u32, stride: u32, padding: Padding) -> Shape {
        Shape {
            height: side(self.height, kernel, stride, padding),
            width: side(self.width, kernel, stride, padding),
            ..self
        }
    }

    /// Number of elements.
    pub fn elements(self) -> u128 {
        u128::from(self.channels) * u128::from(self.height) * u128::from(self.width)
    }
}

/// Length of a side after a window has moved over it.
fn side(side: u32, kernel: u32, stride: u32, padding: Padding) -> u32 {
    match padding {
        Padding::Same => side.div_ceil(stride),
        // side + 2·(k / 2) − k is side for an even kernel, side − 1 for an odd one.
        Padding::Symmetric => (side - kernel % 2) / stride + 1,
    }
}

impl Op {
    /// Shape of the output, where the first input has shape `input`.
    pub fn output(&self, input: Shape) -> Shape {
        match self.primitive {
            Primitive::Conv {
                out_channels,
                kernel,
                stride,
                padding,
                ..
            } => input
                .windowed(kernel, stride, padding)
                .with_channels(out_channels),
            Primitive::AvgPool { kernel, stride } | Primitive::MaxPool { kernel, stride } => {
                input.windowed(kernel, stride, Padding::Symmetric)
            }
            Primitive::GlobalAvgPool | Primitive::GlobalMaxPool => Shape::pixel(input.channels),
            Primitive::Half { .. } => input.with_channels(input.channels / 2),
            Primitive::Concat { out_channels } => input.with_channels(out_channels),
            Primitive::Linear { out_features, .. } => Shape::pixel(out_features),
            Primitive::Norm { .. } | Primitive::Act(_) | Primitive::Add | Primitive::Mul => input,
        }
    }

    /// Shape of the first input, where the block's input and the outputs of earlier ops are known.
    pub fn input(&self, block: Shape, earlier: &[Shape]) -> Shape {
        match self.inputs[0] {
            Input::Block => block,
            Input::Op(at) => earlier[at],
        }
    }
}

/// Shape of every op's output, for a block input of shape `input`.
pub(super) fn shapes(ops: &[Op], input: Shape) -> Vec<Shape> {
    let mut shapes = Vec::with_capacity(ops.len());
    for op in ops {
        let output = op.output(op.input(input, &shapes));
        shapes.push(output);
    }
    shapes
}

impl Slot {
    /// Shape of its output where a block input of shape `input` goes in, the largest width where that is
    /// searched.
    pub fn output(&self, input: Shape) -> Shape {
        let first = &self.candidates[0];
        first
            .output(first.input(input))
            .with_channels(self.out_channels)
    }
}

impl Candidate {
    /// What goes into it where a slot's largest input is of shape `input`.
    pub fn input(&self, input: Shape) -> Shape {
        input.with_channels(self.widths.0)
    }

    /// Shape of every op's output, for a block input of shape `input`.
    pub fn shapes(&self, input: Shape) -> Vec<Shape> {
        shapes(&self.ops, input)
    }

    /// Shape of the block's output.
    pub fn output(&self, input: Shape) -> Shape {
        self.shapes(input).last().copied().unwrap_or(input)
    }
}
