//! What units of two branches are put together with.

use super::{Input, Op, Primitive};
use crate::space::{Activation, Norm, Padding};

/// One convolution of a unit, before the body knows its width in.
#[derive(Clone, Copy)]
pub(super) struct Filter {
    pub out_channels: u32,
    pub kernel: u32,
    pub stride: u32,
    pub groups: u32,
}

impl Filter {
    /// A 1×1 convolution.
    pub fn pointwise(out_channels: u32) -> Filter {
        Filter {
            out_channels,
            kernel: 1,
            stride: 1,
            groups: 1,
        }
    }
}

/// A unit under construction: every new op reads the one before, or where [`Body::turn_to`] went.
pub(super) struct Body {
    pub ops: Vec<Op>,
    /// What the next op reads.
    pub last: Input,
    /// Width of `last`.
    pub width: u32,
    norm: Norm,
}

impl Body {
    pub fn new(in_channels: u32, norm: Norm) -> Body {
        Body {
            ops: Vec::new(),
            last: Input::Block,
            width: in_channels,
            norm,
        }
    }

    /// The next op reads `value`, of this width.
    pub fn turn_to(&mut self, value: Input, width: u32) {
        (self.last, self.width) = (value, width);
    }

    pub fn push(&mut self, name: &str, primitive: Primitive, inputs: Vec<Input>) {
        self.ops.push(Op {
            name: name.to_owned(),
            primitive,
            inputs,
        });
        self.last = Input::Op(self.ops.len() - 1);
    }

    pub fn then(&mut self, name: &str, primitive: Primitive) {
        self.push(name, primitive, vec![self.last]);
    }

    /// A convolution and its norm; it has a bias where that is no batch norm.
    pub fn normed(&mut self, name: &str, filter: Filter, norm: &str) {
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
    pub fn activation(&mut self, act: Activation, name: &str) {
        if act != Activation::None {
            self.then(name, Primitive::Act(act));
        }
    }
}
