//! `dw`: depthwise convolution, norm, act.

use super::{Body, Filter, Op, Picked, Place};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    body.conv("conv_dw", depthwise(values, body.width, place), 1);
    body.act(values.act(), 1);
    body.ops
}

/// The k×k convolution of each of `width` channels by itself, with the block's stride.
pub(super) fn depthwise(values: Picked<'_>, width: u32, place: Place) -> Filter {
    Filter {
        out_channels: width,
        kernel: values.kernel(),
        stride: place.stride,
        groups: width,
        padding: values.padding(),
    }
}
