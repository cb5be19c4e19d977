//! `conv`: convolution, norm, act.

use super::{Body, Filter, Op, Picked, Place};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    let filter = Filter {
        out_channels: place.out_channels,
        kernel: values.kernel(),
        stride: place.stride,
        groups: values.groups(),
        padding: values.padding(),
    };
    body.conv("conv", filter, 1);
    body.act(values.act(), 1);
    body.ops
}
