//! `shuffle`: the ShuffleNetV2 unit in the form of SPOS, whose names the parts have.
//!
//! The channels are shuffled on the way in: a unit that keeps the shape passes the even ones on and
//! works on the odd ones. Where the shape changes, both branches work on the whole input.

use super::unit::{Body, Filter};
use super::{Input, Op, Picked, Place, Primitive};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    unit(values, place, main)
}

/// The kept channels, and behind them those of the branch that `main` makes, `added` in number.
pub(super) fn unit(
    values: Picked<'_>,
    place: Place,
    main: fn(&mut Body, Picked<'_>, Place, u32),
) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    let kept = match place.keeps_shape() {
        true => half(&mut body, place, 0, "split.even"),
        false => projection(&mut body, values, place),
    };
    let added = match place.keeps_shape() {
        true => place.out_channels / 2,
        false => place.out_channels - place.in_channels,
    };
    match place.keeps_shape() {
        true => drop(half(&mut body, place, 1, "split.odd")),
        false => body.turn_to(Input::Block, place.in_channels),
    }
    main(&mut body, values, place, added);
    let out_channels = place.out_channels;
    let both = vec![kept, body.last];
    body.push("concat", Primitive::Concat { out_channels }, both);
    body.ops
}

/// Every second channel of the input.
fn half(body: &mut Body, place: Place, first: u32, name: &str) -> Input {
    body.turn_to(Input::Block, place.in_channels);
    body.then(name, Primitive::Half { first });
    body.width /= 2;
    body.last
}

/// The input at half its resolution: the channels that a unit of another shape keeps.
fn projection(body: &mut Body, values: Picked<'_>, place: Place) -> Input {
    let filter = spatial(values, body.width, place);
    body.normed("branch_proj.0", filter, "branch_proj.1");
    let pointwise = Filter::pointwise(place.in_channels);
    body.normed("branch_proj.2", pointwise, "branch_proj.3");
    body.activation(values.act(), "branch_proj.4");
    body.last
}

/// What is added to the kept channels.
fn main(body: &mut Body, values: Picked<'_>, place: Place, added: u32) {
    let middle = place.out_channels / 2;
    body.normed("branch_main.0", Filter::pointwise(middle), "branch_main.1");
    body.activation(values.act(), "branch_main.2");
    let filter = spatial(values, middle, place);
    body.normed("branch_main.3", filter, "branch_main.4");
    body.normed("branch_main.5", Filter::pointwise(added), "branch_main.6");
    body.activation(values.act(), "branch_main.7");
}

/// The k×k convolution of each channel by itself, with the unit's stride.
pub(super) fn spatial(values: Picked<'_>, width: u32, place: Place) -> Filter {
    Filter {
        out_channels: width,
        kernel: values.kernel(),
        stride: place.stride,
        groups: width,
    }
}
