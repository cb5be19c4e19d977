//! `er`: inverted residual whose first two convolutions are fused into one.

use super::{Body, Filter, Op, Picked, Place, round8};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    let fused = Filter {
        out_channels: round8(place.in_channels, values.expand()),
        kernel: values.kernel(),
        stride: place.stride,
        groups: 1,
        padding: values.padding(),
    };
    body.conv("conv_exp", fused, 1);
    body.act(values.act(), 1);
    body.squeeze(values.se());
    body.conv("conv_pwl", Filter::pointwise(place.out_channels), 2);
    body.residual(place);
    body.ops
}
