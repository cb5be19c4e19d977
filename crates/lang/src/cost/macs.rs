//! Multiply-accumulates of convolutions and linear layers.

use crate::ir::{Op, Primitive, Shape};

/// For one image: one for every weight an output element is made with.
pub(super) fn of(op: &Op, output: Shape) -> u128 {
    match op.primitive {
        Primitive::Conv {
            in_channels,
            kernel,
            groups,
            ..
        } => {
            let window = u128::from(kernel) * u128::from(kernel);
            let weights = window.saturating_mul(u128::from(in_channels / groups));
            weights.saturating_mul(output.elements())
        }
        Primitive::Linear {
            in_features,
            out_features,
        } => u128::from(in_features) * u128::from(out_features),
        Primitive::Norm { .. }
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
