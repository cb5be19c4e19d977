//! `avgpool` and `maxpool`: over the whole map, or with a window.

use super::{Input, Op, Picked, Place, Primitive, integer};
use crate::space::AttributeName;

pub(super) fn average(values: Picked<'_>, place: Place) -> Vec<Op> {
    let stride = place.stride;
    only(match window(values) {
        0 => Primitive::GlobalAvgPool,
        kernel => Primitive::AvgPool { kernel, stride },
    })
}

pub(super) fn largest(values: Picked<'_>, place: Place) -> Vec<Op> {
    let stride = place.stride;
    only(match window(values) {
        0 => Primitive::GlobalMaxPool,
        kernel => Primitive::MaxPool { kernel, stride },
    })
}

/// Side of the window; 0 for the whole map.
fn window(values: Picked<'_>) -> u32 {
    values.find(AttributeName::Kernel).map_or(0, integer)
}

fn only(primitive: Primitive) -> Vec<Op> {
    vec![Op {
        name: "pool".to_owned(),
        primitive,
        inputs: vec![Input::Block],
    }]
}
