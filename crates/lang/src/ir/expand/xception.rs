//! `xception`: the ShuffleNetV2 unit whose branch has three depthwise convolutions, as SPOS has it.

use super::unit::{Body, Filter};
use super::{Op, Picked, Place, shuffle};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    shuffle::unit(values, place, main)
}

/// Three times a depthwise convolution, the first with the stride, and a pointwise one.
fn main(body: &mut Body, values: Picked<'_>, place: Place, added: u32) {
    let middle = place.out_channels / 2;
    for (round, width) in [middle, middle, added].into_iter().enumerate() {
        let name = |part: usize| format!("branch_main.{}", 5 * round + part);
        let place = match round {
            0 => place,
            _ => Place { stride: 1, ..place },
        };
        let filter = shuffle::spatial(values, body.width, place);
        body.normed(&name(0), filter, &name(1));
        body.normed(&name(2), Filter::pointwise(width), &name(3));
        body.activation(values.act(), &name(4));
    }
}
