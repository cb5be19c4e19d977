//! `ds`: depthwise separable block.

use super::dw::depthwise;
use super::{Body, Filter, Op, Picked, Place};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    body.conv(
        "conv_dw",
        depthwise(values.kernel(), values.padding(), body.width, place),
        1,
    );
    body.act(values.act(), 1);
    body.squeeze(values.se());
    body.conv("conv_pw", Filter::pointwise(place.out_channels), 2);
    body.residual(place);
    body.ops
}
