//! What the paper and its code call FLOPs: multiply-accumulates and a little more, so
//! that the published sizes match to the last unit.

use super::macs;
use crate::ir::{Op, Primitive, Shape};
use crate::space::Activation;

/// For one image: the macs; 1 per output of a convolution with a bias; 2 per output of a norm of
/// either kind; 1 per number that is scaled by a trained one; 1 per element going into a pool; 1 per
/// output of ReLU and ReLU6; nothing else.
pub(super) fn of(op: &Op, input: Shape, output: Shape) -> u128 {
    macs::of(op, output).saturating_add(extra(&op.primitive, input, output))
}

fn extra(primitive: &Primitive, input: Shape, output: Shape) -> u128 {
    match primitive {
        Primitive::Conv { bias: true, .. } => output.elements(),
        Primitive::Norm { .. } | Primitive::LayerNorm { .. } => 2 * output.elements(),
        Primitive::Scale { .. } => output.elements(),
        Primitive::GlobalAvgPool
        | Primitive::AvgPool { .. }
        | Primitive::GlobalMaxPool
        | Primitive::MaxPool { .. } => input.elements(),
        Primitive::Act(Activation::Relu | Activation::Relu6) => output.elements(),
        Primitive::Conv { bias: false, .. }
        | Primitive::Act(_)
        | Primitive::Linear { .. }
        | Primitive::Add
        | Primitive::Mul
        | Primitive::Slice { .. }
        | Primitive::Shuffle { .. }
        | Primitive::Half { .. }
        | Primitive::Concat { .. } => 0,
    }
}
