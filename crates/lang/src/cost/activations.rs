//! Output elements of convolutions: a measure of the memory a network moves (Radosavovic et al.,
//! CVPR 2020, section 3).

use crate::ir::{Op, Primitive, Shape};

/// For one image: every number that a convolution makes; nothing for all else, as the networks'
/// published figures count them.
pub(super) fn of(op: &Op, output: Shape) -> u128 {
    match op.primitive {
        Primitive::Conv { .. } => output.elements(),
        Primitive::Linear { .. }
        | Primitive::Norm { .. }
        | Primitive::LayerNorm { .. }
        | Primitive::Scale { .. }
        | Primitive::Act(_)
        | Primitive::GlobalAvgPool
        | Primitive::AvgPool { .. }
        | Primitive::GlobalMaxPool
        | Primitive::MaxPool { .. }
        | Primitive::Add
        | Primitive::Mul
        | Primitive::Slice { .. }
        | Primitive::Shuffle { .. }
        | Primitive::Half { .. }
        | Primitive::Concat { .. } => 0,
    }
}
