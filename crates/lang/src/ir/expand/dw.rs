//! `dw`: depthwise convolution, norm, act.

use super::{Body, Filter, Op, Picked, Place};
use crate::space::Padding;

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    body.conv(
        "conv_dw",
        depthwise(values.kernel(), values.padding(), body.width, place),
        1,
    );
    body.act(values.act(), 1);
    body.ops
}

/// The k×k convolution of each of `width` channels by itself, with the block's stride.
pub(super) fn depthwise(kernel: u32, padding: Padding, width: u32, place: Place) -> Filter {
    Filter {
        out_channels: width,
        kernel,
        stride: place.stride,
        groups: width,
        padding,
    }
}
