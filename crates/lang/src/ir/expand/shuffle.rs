//! `shuffle`: the ShuffleNetV2 unit in the form of SPOS, whose names the parts have.
//!
//! The channels are shuffled on the way in: a unit that keeps the shape passes the even ones on and
//! works on the odd ones. Where the shape changes, both branches work on the whole input.

use super::{Input, Op, Picked, Place, Primitive};
use crate::space::{Activation, Norm, Padding};

pub(super) fn expand(values: Picked<'_>, place: Place) -> Vec<Op> {
    let mut body = Body::new(place.in_channels, values.norm());
    let kept = match place.keeps_shape() {
        true => half(&mut body, place, 0, "split.even"),
        false => projection(&mut body, values, place),
    };
    match place.keeps_shape() {
        true => drop(half(&mut body, place, 1, "split.odd")),
        false => body.turn_to(Input::Block, place.in_channels),
    }
    main(&mut body, values, place);
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
fn main(body: &mut Body, values: Picked<'_>, place: Place) {
    let middle = place.out_channels / 2;
    let added = match place.keeps_shape() {
        true => middle,
        false => place.out_channels - place.in_channels,
    };
    body.normed("branch_main.0", Filter::pointwise(middle), "branch_main.1");
    body.activation(values.act(), "branch_main.2");
    let filter = spatial(values, middle, place);
    body.normed("branch_main.3", filter, "branch_main.4");
    body.normed("branch_main.5", Filter::pointwise(added), "branch_main.6");
    body.activation(values.act(), "branch_main.7");
}

/// The k×k convolution of each channel by itself, with the unit's stride.
fn spatial(values: Picked<'_>, width: u32, place: Place) -> Filter {
    Filter {
        out_channels: width,
        kernel: values.kernel(),
        stride: place.stride,
        groups: width,
    }
}

/// One convolution of a unit, before the body knows its width in.
#[derive(Clone, Copy)]
struct Filter {
    out_channels: u32,
    kernel: u32,
    stride: u32,
    groups: u32,
}

impl Filter {
    /// A 1×1 convolution.
    fn pointwise(out_channels: u32) -> Filter {
        Filter {
            out_channels,
            kernel: 1,
            stride: 1,
            groups: 1,
        }
    }
}

/// A unit under construction: every new op reads the one before, or where [`Body::turn_to`] went.
struct Body {
    ops: Vec<Op>,
    /// What the next op reads.
    last: Input,
    /// Width of `last`.
    width: u32,
    norm: Norm,
}

impl Body {
    fn new(in_channels: u32, norm: Norm) -> Body {
        Body {
            ops: Vec::new(),
            last: Input::Block,
            width: in_channels,
            norm,
        }
    }

    /// The next op reads `value`, of this width.
    fn turn_to(&mut self, value: Input, width: u32) {
        (self.last, self.width) = (value, width);
    }

    fn push(&mut self, name: &str, primitive: Primitive, inputs: Vec<Input>) {
        self.ops.push(Op {
            name: name.to_owned(),
            primitive,
            inputs,
        });
        self.last = Input::Op(self.ops.len() - 1);
    }

    fn then(&mut self, name: &str, primitive: Primitive) {
        self.push(name, primitive, vec![self.last]);
    }

    /// A convolution and its norm; it has a bias where that is no batch norm.
    fn normed(&mut self, name: &str, filter: Filter, norm: &str) {
        let conv = Primitive::Conv {
            in_channels: self.width,
            out_channels: filter.out_channels,
            kernel: filter.kernel,
            stride: filter.stride,
            groups: filter.groups,
            padding: Padding::Symmetric,
            bias: self.norm != Norm::Batch,
        };
        self.then(name, conv);
        self.width = filter.out_channels;
        let channels = self.width;
        match self.norm {
            Norm::Batch => self.then(norm, Primitive::Norm { channels }),
            Norm::Layer => self.then(norm, Primitive::LayerNorm { channels }),
            Norm::None => {}
        }
    }

    /// The activation, unless it is the identity.
    fn activation(&mut self, act: Activation, name: &str) {
        if act != Activation::None {
            self.then(name, Primitive::Act(act));
        }
    }
}
