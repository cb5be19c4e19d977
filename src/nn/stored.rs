//! Tensors that several blocks share: as large as the largest of them needs, each taking its slice.

use creamc_lang::ir::{Op, Primitive};
use creamc_lang::space::NormSettings;
use tch::Tensor;

use super::block::{Block, named};
use super::init::Initial;
use super::op::Built;
use super::source::Source;
use super::{NamedTensor, Place};

/// The tensors of blocks that share their weights.
#[derive(Debug)]
pub struct Stored {
    parameters: Vec<NamedTensor>,
    buffers: Vec<NamedTensor>,
    place: Place,
}

impl Stored {
    /// Makes what blocks with the operators of `members` need: of operators with one name a tensor as large as the
    /// largest. Every tensor is named `prefix.OP.weight` and the like, in the order in which the members first name them.
    pub fn new<'a>(
        prefix: &str,
        members: impl Iterator<Item = &'a [Op]>,
        norm: NormSettings,
        initial: Initial,
    ) -> Stored {
        let (mut parameters, mut buffers) = (Vec::new(), Vec::new());
        for (name, primitive) in largest(members) {
            let name = format!("{prefix}.{name}");
            let built = Built::new(&primitive, norm, &name, Source::Made(initial));
            parameters.extend(named(&name, built.parameters()));
            buffers.extend(named(&name, built.buffers()));
        }
        Stored {
            parameters,
            buffers,
            place: initial.place,
        }
    }

    /// A block whose tensors are slices of these.
    ///
    /// # Panics
    /// When its operators were none of the members'.
    pub fn block(&self, prefix: &str, ops: &[Op], norm: NormSettings) -> Block {
        Block::from_source(prefix, ops, norm, Source::Sliced(self))
    }

    /// The trainable tensors.
    pub fn parameters(&self) -> &[NamedTensor] {
        &self.parameters
    }

    /// The running norm statistics.
    pub fn buffers(&self) -> &[NamedTensor] {
        &self.buffers
    }

    /// Kind and device of all tensors.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The part of a tensor that one of `shape` uses, sharing its memory; it takes a gradient of its own.
    pub(super) fn slice(&self, name: &str, shape: &[i64]) -> Tensor {
        let mut tensors = self.parameters.iter().chain(&self.buffers);
        let stored = tensors.find(|stored| &*stored.name == name);
        let stored = stored.expect("what a member needs is stored under its name");
        tch::no_grad(|| slice(&stored.tensor, shape).detach())
    }
}

/// The part of `whole` that a tensor of `shape` uses: the first entries of its first two dimensions (widths), and of
/// the others (the sides of kernels, which are odd) the middle. A view.
///
/// # Panics
/// When `shape` has other dimensions, or does not fit.
pub fn slice(whole: &Tensor, shape: &[i64]) -> Tensor {
    let size = whole.size();
    assert_eq!(size.len(), shape.len(), "a slice has as many dimensions");
    let dimensions = size.iter().zip(shape).enumerate();
    let smaller = dimensions.filter(|(_, (all, length))| all != length);
    smaller.fold(whole.shallow_clone(), |part, (at, (&all, &length))| {
        let start = if at < 2 { 0 } else { (all - length) / 2 };
        part.narrow(at as i64, start, length)
    })
}

/// Every operator that some member has, by name, as large as the largest of that name.
fn largest<'a>(members: impl Iterator<Item = &'a [Op]>) -> Vec<(&'a str, Primitive)> {
    let mut all: Vec<(&str, Primitive)> = Vec::new();
    for op in members.flatten() {
        match all.iter_mut().find(|(name, _)| *name == op.name) {
            Some((_, primitive)) => *primitive = larger(primitive, &op.primitive),
            None => all.push((&op.name, op.primitive.clone())),
        }
    }
    all
}

/// One whose tensors hold those of both.
fn larger(a: &Primitive, b: &Primitive) -> Primitive {
    match (a, b) {
        (
            &Primitive::Conv {
                in_channels: a_in,
                out_channels: a_out,
                kernel: a_kernel,
                groups: a_groups,
                bias: a_bias,
                stride,
                padding,
            },
            &Primitive::Conv {
                in_channels,
                out_channels,
                kernel,
                groups,
                bias,
                ..
            },
        ) => Primitive::Conv {
            in_channels: in_channels.max(a_in),
            out_channels: out_channels.max(a_out),
            kernel: kernel.max(a_kernel),
            // One for each channel, or as many for all.
            groups: groups.max(a_groups),
            bias: bias || a_bias,
            stride,
            padding,
        },
        (&Primitive::Norm { channels: a }, &Primitive::Norm { channels: b }) => {
            Primitive::Norm { channels: a.max(b) }
        }
        (&Primitive::LayerNorm { channels: a }, &Primitive::LayerNorm { channels: b }) => {
            Primitive::LayerNorm { channels: a.max(b) }
        }
        (&Primitive::Scale { channels: a, start }, &Primitive::Scale { channels: b, .. }) => {
            Primitive::Scale {
                channels: a.max(b),
                start,
            }
        }
        (
            &Primitive::Linear {
                in_features: a_in,
                out_features: a_out,
            },
            &Primitive::Linear {
                in_features,
                out_features,
            },
        ) => Primitive::Linear {
            in_features: in_features.max(a_in),
            out_features: out_features.max(a_out),
        },
        // Operators without tensors have no size. Of two kinds the first is kept.
        (
            Primitive::Act(_)
            | Primitive::GlobalAvgPool
            | Primitive::AvgPool { .. }
            | Primitive::GlobalMaxPool
            | Primitive::MaxPool { .. }
            | Primitive::Add
            | Primitive::Mul
            | Primitive::Half { .. }
            | Primitive::Slice { .. }
            | Primitive::Shuffle { .. }
            | Primitive::Concat { .. }
            | Primitive::Conv { .. }
            | Primitive::Norm { .. }
            | Primitive::LayerNorm { .. }
            | Primitive::Scale { .. }
            | Primitive::Linear { .. },
            _,
        ) => a.clone(),
    }
}
