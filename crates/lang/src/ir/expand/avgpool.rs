//! `avgpool`: over the whole map, or with a window.

use super::{Input, Op, Picked, Place, Primitive, integer};
use crate::space::AttributeName;

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let kernel = values.find(AttributeName::Kernel).map_or(0, integer);
    let stride = place.stride;
    let primitive = match kernel {
        0 => Primitive::GlobalAvgPool,
        kernel => Primitive::AvgPool { kernel, stride },
    };
    vec![Op {
        name: "pool".to_owned(),
        primitive,
        inputs: vec![Input::Block],
    }]
}
