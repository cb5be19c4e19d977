//! `bottleneck`: residual bottleneck whose k×k convolution has the stride (ResNet v1.5).

use super::{Body, Filter, Input, Op, Picked, Place, Primitive, round8};
use crate::space::Padding;

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    let narrow = round8(place.out_channels, values.ratio());
    body.conv("conv1", Filter::pointwise(narrow), 1);
    body.act(values.act(), 1);
    let middle = Filter {
        out_channels: narrow,
        kernel: values.kernel(),
        stride: place.stride,
        groups: 1,
        padding: Padding::Symmetric,
    };
    body.conv("conv2", middle, 2);
    body.act(values.act(), 2);
    body.conv("conv3", Filter::pointwise(place.out_channels), 3);
    let branch = body.last;
    let shortcut = shortcut(&mut body, place);
    body.push("add", Primitive::Add, vec![branch, shortcut]);
    body.act(values.act(), 3);
    body.ops
}

/// The input, projected where the shape changes.
fn shortcut(body: &mut Body, place: Place) -> Input {
    body.turn_to(Input::Block, place.in_channels);
    if !place.keeps_shape() {
        let projection = Filter {
            stride: place.stride,
            ..Filter::pointwise(place.out_channels)
        };
        body.normed("downsample.0", projection, "downsample.1");
    }
    body.last
}
