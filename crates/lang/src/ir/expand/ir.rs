//! `ir`: inverted residual. `expand = 1` keeps its first 1×1 convolution.

use super::dw::depthwise;
use super::{Body, Filter, Op, Picked, Place, round8};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    let wide = round8(place.in_channels, values.expand());
    body.conv("conv_pw", Filter::pointwise(wide), 1);
    body.act(values.act(), 1);
    body.conv(
        "conv_dw",
        depthwise(values.kernel(), values.padding(), wide, place),
        2,
    );
    body.act(values.act(), 2);
    body.squeeze(values.se());
    body.conv("conv_pwl", Filter::pointwise(place.out_channels), 3);
    body.residual(place);
    body.ops
}
