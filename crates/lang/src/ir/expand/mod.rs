//! Operators written out as primitives, one file an operator.
//!
//! The names of the parts are the original's, because weights are found by them.

mod bottleneck;
mod conv;
mod ds;
mod dw;
mod er;
mod ir;
mod linear;
mod pool;
mod round8;
mod shuffle;
pub(super) mod sum;
mod xception;

use super::{Input, Op, Primitive};
use crate::quantity::Ratio;
use crate::space::{Activation, AttributeName, AttributeValue, Norm, Operator, Padding};
use round8::round8;

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Width in.
    pub in_channels: u32,
    /// Width out.
    pub out_channels: u32,
    /// Stride.
    pub stride: u32,
}

impl Place {
    /// Whether input and output have equal shapes.
    fn keeps_shape(self) -> bool {
        self.stride == 1 && self.in_channels == self.out_channels
    }
}

/// A picked value for every attribute, with whether it was searched.
pub(super) type Values = [(AttributeName, AttributeValue, bool)];

/// The primitives of `operator` with `values` at `place`.
pub(super) fn expand(operator: Operator, values: &Values, place: Place) -> Vec<Op> {
    let values = Picked(values);
    match operator {
        Operator::Conv => conv::expand(values, place),
        Operator::Dw => dw::expand(values, place),
        Operator::Ds => ds::expand(values, place),
        Operator::Ir => ir::expand(values, place),
        Operator::Er => er::expand(values, place),
        Operator::Bottleneck => bottleneck::expand(values, place),
        Operator::Shuffle => shuffle::expand(values, place),
        Operator::Xception => xception::expand(values, place),
        Operator::AvgPool => pool::average(values, place),
        Operator::MaxPool => pool::largest(values, place),
        Operator::Linear => linear::expand(place),
        Operator::Skip | Operator::Zero => Vec::new(),
        Operator::Sum => unreachable!("a sum is made of its branches"),
    }
}

/// Typed access to picked values.
#[derive(Clone, Copy)]
struct Picked<'a>(&'a Values);

impl Picked<'_> {
    fn find(self, name: AttributeName) -> Option<AttributeValue> {
        let found = self.0.iter().find(|(other, _, _)| *other == name);
        found.map(|&(_, value, _)| value)
    }

    fn get(self, name: AttributeName) -> AttributeValue {
        self.find(name)
            .expect("the checker fills in every attribute of an operator")
    }

    fn kernel(self) -> u32 {
        integer(self.get(AttributeName::Kernel))
    }

    fn groups(self) -> u32 {
        integer(self.get(AttributeName::Groups))
    }

    fn expand(self) -> Ratio {
        ratio(self.get(AttributeName::Expand))
    }

    fn ratio(self) -> Ratio {
        ratio(self.get(AttributeName::Ratio))
    }

    fn se(self) -> Ratio {
        ratio(self.get(AttributeName::Se))
    }

    fn act(self) -> Activation {
        match self.get(AttributeName::Act) {
            AttributeValue::Act(act) => act,
            other => panic!("the checker types attributes: act is {other}"),
        }
    }

    fn norm(self) -> Norm {
        match self.get(AttributeName::Norm) {
            AttributeValue::Norm(norm) => norm,
            other => panic!("the checker types attributes: norm is {other}"),
        }
    }

    fn padding(self) -> Padding {
        match self.get(AttributeName::Padding) {
            AttributeValue::Padding(padding) => padding,
            other => panic!("the checker types attributes: padding is {other}"),
        }
    }
}

fn integer(value: AttributeValue) -> u32 {
    match value {
        AttributeValue::Integer(number) => number,
        other => panic!("the checker types attributes: {other} is no integer"),
    }
}

fn ratio(value: AttributeValue) -> Ratio {
    match value {
        AttributeValue::Ratio(ratio) => ratio,
        other => panic!("the checker types attributes: {other} is no ratio"),
    }
}

/// One convolution of a block, before the body knows its width in.
#[derive(Clone, Copy)]
struct Filter {
    out_channels: u32,
    kernel: u32,
    stride: u32,
    groups: u32,
    padding: Padding,
}

impl Filter {
    /// A 1×1 convolution.
    fn pointwise(out_channels: u32) -> Filter {
        Filter {
            out_channels,
            kernel: 1,
            stride: 1,
            groups: 1,
            padding: Padding::Symmetric,
        }
    }
}

/// A block under construction: every new op reads the one before, or where [`Body::turn_to`] went.
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

    fn push(&mut self, name: impl Into<String>, primitive: Primitive, inputs: Vec<Input>) {
        self.ops.push(Op {
            name: name.into(),
            primitive,
            inputs,
        });
        self.last = Input::Op(self.ops.len() - 1);
    }

    fn then(&mut self, name: impl Into<String>, primitive: Primitive) {
        self.push(name, primitive, vec![self.last]);
    }

    fn filter(&mut self, name: &str, filter: Filter, bias: bool) {
        let conv = Primitive::Conv {
            in_channels: self.width,
            out_channels: filter.out_channels,
            kernel: filter.kernel,
            stride: filter.stride,
            groups: filter.groups,
            padding: filter.padding,
            bias,
        };
        self.then(name, conv);
        self.width = filter.out_channels;
    }

    /// A convolution and, unless `norm = none`, its norm `bnN`.
    fn conv(&mut self, name: &str, filter: Filter, number: u32) {
        self.normed(name, filter, &format!("bn{number}"));
    }

    /// A convolution and, unless `norm = none`, its norm; the bias stands in for a missing norm.
    fn normed(&mut self, name: &str, filter: Filter, norm: &str) {
        self.filter(name, filter, self.norm == Norm::None);
        if self.norm == Norm::Batch {
            let channels = self.width;
            self.then(norm, Primitive::Norm { channels });
        }
    }

    /// The activation `actN`, unless it is the identity.
    fn act(&mut self, act: Activation, number: u32) {
        self.activation(act, &format!("act{number}"));
    }

    /// The activation, unless it is the identity.
    fn activation(&mut self, act: Activation, name: &str) {
        if act != Activation::None {
            self.then(name, Primitive::Act(act));
        }
    }

    /// Squeeze and excitation, unless its ratio is 0. ReLU and hard sigmoid whatever `act` is.
    fn squeeze(&mut self, se: Ratio) {
        if se.numerator == 0 {
            return;
        }
        let (map, width) = (self.last, self.width);
        self.then("se.pool", Primitive::GlobalAvgPool);
        self.filter("se.conv_reduce", Filter::pointwise(round8(width, se)), true);
        self.then("se.relu", Primitive::Act(Activation::Relu));
        self.filter("se.conv_expand", Filter::pointwise(width), true);
        self.then("se.gate", Primitive::Act(Activation::Hsigmoid));
        self.push("se.scale", Primitive::Mul, vec![map, self.last]);
    }

    /// The residual, where the shapes allow one.
    fn residual(&mut self, place: Place) {
        if place.keeps_shape() {
            self.push("add", Primitive::Add, vec![self.last, Input::Block]);
        }
    }
}
