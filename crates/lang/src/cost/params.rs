//! Trainable numbers.

use crate::ir::{Op, Primitive};

/// Weights and biases; a norm has a scale and a shift a channel (its statistics are not trained).
pub(super) fn of(op: &Op) -> u128 {
    match op.primitive {
        Primitive::Conv {
            in_channels,
            out_channels,
            kernel,
            groups,
            bias,
            ..
        } => {
            let window = u128::from(kernel) * u128::from(kernel);
            let filter = window.saturating_mul(u128::from(in_channels / groups));
            let bias = u128::from(bias);
            filter
                .saturating_add(bias)
                .saturating_mul(u128::from(out_channels))
        }
        Primitive::Linear {
            in_features,
            out_features,
        } => (u128::from(in_features) + 1) * u128::from(out_features),
        Primitive::Scale { channels, .. } => u128::from(channels),
        Primitive::Norm { channels } | Primitive::LayerNorm { channels } => {
            2 * u128::from(channels)
        }
        Primitive::Act(_)
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
