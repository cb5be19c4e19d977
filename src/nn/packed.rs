//! Convolutions of a folded block as oneDNN runs them fastest: weights packed, what follows in the same pass.

use std::cell::OnceCell;

use creamc_lang::ir::Input;
use creamc_lang::space::Activation;
use creamc_torch::{Fused, PackedConv};
use tch::Tensor;

use super::folded::{Step, Work};
use super::op::Conv;

/// A convolution whose weights are packed when the first images show its input's size.
#[derive(Debug)]
pub(super) struct Packed {
    conv: Conv,
    packed: OnceCell<PackedConv>,
    fused: Fused,
}

impl Packed {
    /// The convolution of `x`, then the fused activation; or added to `sum`, which may be written over.
    pub fn forward(&self, x: &Tensor, sum: Option<&Tensor>) -> Tensor {
        let (x, padding) = self.conv.placed(x);
        let packed = self.packed.get_or_init(|| {
            let Conv {
                weight,
                bias,
                stride,
                groups,
                ..
            } = &self.conv;
            PackedConv::new(weight, bias.as_ref(), *stride, *groups, &x)
                .expect("libtorch packs weights that it says it packs")
        });
        match sum {
            None => packed.forward(&x, padding, self.fused),
            Some(sum) => packed.onto(sum, &x, padding),
        }
        .expect("the input's shape is the one the convolution was made for")
    }
}

/// Packs the convolutions of a block where libtorch can, and lets them do what follows: an activation of a
/// value that nothing else reads, a residual.
pub(super) fn fuse(steps: &mut [Step]) {
    for at in 0..steps.len() {
        let work = std::mem::replace(&mut steps[at].work, Work::Pass);
        steps[at].work = match work {
            Work::Conv(conv) if PackedConv::serves(&conv.weight) => Work::Packed(Packed {
                conv,
                packed: OnceCell::new(),
                fused: Fused::None,
            }),
            Work::ActInPlace(activation) => fuse_activation(steps, at, activation),
            Work::Add => fuse_residual(steps, at),
            work => work,
        };
    }
}

/// What is left to do for the activation at `at`.
fn fuse_activation(steps: &mut [Step], at: usize, activation: Activation) -> Work {
    let fused = match activation {
        Activation::Relu => Fused::Relu,
        Activation::Swish => Fused::Swish,
        Activation::Hswish => Fused::Hswish,
        Activation::Sigmoid => Fused::Sigmoid,
        _ => return Work::ActInPlace(activation),
    };
    match conv_behind(steps, steps[at].inputs[0]).map(|conv| &mut steps[conv].work) {
        Some(Work::Packed(packed)) => {
            packed.fused = fused;
            Work::Pass
        }
        _ => Work::ActInPlace(activation),
    }
}

/// What is left to do for the addition at `at`: nothing, where one input is the block's and the other comes from a
/// convolution.
fn fuse_residual(steps: &mut [Step], at: usize) -> Work {
    let ([value, Input::Block] | [Input::Block, value]) = steps[at].inputs[..] else {
        return Work::Add;
    };
    let readers = steps.iter().filter(|step| step.inputs.contains(&value));
    if readers.count() > 1 {
        return Work::Add;
    }
    match conv_behind(steps, value) {
        Some(conv) if block_is_done(steps, conv, at) => {
            steps[conv].inputs.push(Input::Block);
            steps[at].inputs = vec![value];
            Work::Pass
        }
        _ => Work::Add,
    }
}

/// The packed convolution, still alone, whose value `input` is.
fn conv_behind(steps: &[Step], input: Input) -> Option<usize> {
    let Input::Op(at) = input else {
        return None;
    };
    let step = &steps[at];
    match &step.work {
        Work::Pass => conv_behind(steps, step.inputs[0]),
        Work::Packed(packed) if packed.fused == Fused::None && step.inputs.len() == 1 => Some(at),
        _ => None,
    }
}

/// Whether the block's input may be written over by the step at `conv`: nothing but the addition at `add` reads
/// it then or later, nor a value that shares its memory.
fn block_is_done(steps: &[Step], conv: usize, add: usize) -> bool {
    let mut readers = (0..steps.len()).filter(|&at| steps[at].inputs.contains(&Input::Block));
    readers.all(|at| {
        let own = matches!(steps[at].work, Work::Packed(_) | Work::GlobalAvgPool);
        at == add || (at < conv && own)
    })
}
