//! `linear`: flattens, then every input times every output, with a bias.

use super::{Input, Op, Place, Primitive};

/// `in_features` counts one pixel a channel here; [`Ir::at`](super::super::Ir::at) multiplies the map in.
pub(super) fn expand(place: Place) -> Vec<Op> {
    vec![Op {
        name: "linear".to_owned(),
        primitive: Primitive::Linear {
            in_features: place.in_channels,
            out_features: place.out_channels,
        },
        inputs: vec![Input::Block],
    }]
}
