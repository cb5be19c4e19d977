//! A block for inference: norms folded into the convolutions before them, what follows a convolution done in its
//! pass, activations in place.

use creamc_lang::ir::Input;
use creamc_lang::space::Activation;
use tch::Tensor;

use super::layer_norm::LayerNorm;
use super::norm::Norm;
use super::op::{self, Built, Conv};
use super::packed::{self, Packed};

/// A block whose norms have their running statistics for good: half the passes over its values, no gradient.
/// Equal to the block in [`Mode::Eval`](super::Mode::Eval) up to rounding.
#[derive(Debug)]
pub struct FoldedBlock {
    steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub work: Work,
    pub inputs: Vec<Input>,
    /// Outputs that no later step reads.
    last_read: Vec<usize>,
}

#[derive(Debug)]
pub(super) enum Work {
    Conv(Conv),
    /// A convolution and what was fused with it; a second input is what its values are added to.
    Packed(Packed),
    /// A norm that no convolution could take up.
    Norm(Norm),
    LayerNorm(LayerNorm),
    Scale(Tensor),
    /// Its value is its input's: a norm that went into its convolution.
    Pass,
    Act(Activation),
    /// Of a value that nothing else reads, so that it may be written over.
    ActInPlace(Activation),
    GlobalAvgPool,
    AvgPool {
        kernel: i64,
        stride: i64,
    },
    Linear {
        weight: Tensor,
        bias: Tensor,
    },
    GlobalMaxPool,
    MaxPool {
        kernel: i64,
        stride: i64,
    },
    Add,
    Mul,
    Half {
        first: i64,
    },
    Slice {
        from: i64,
        channels: i64,
    },
    Shuffle {
        groups: i64,
    },
    Concat,
}

impl FoldedBlock {
    /// From a block's steps: what each does, what it reads, and what is read there for the last time.
    pub(super) fn new<'a>(
        steps: impl Iterator<Item = (&'a Built, &'a [Input], &'a [usize])>,
    ) -> FoldedBlock {
        let mut folded: Vec<Step> = Vec::new();
        for (built, inputs, last_read) in steps {
            let own = |before: &usize| {
                let read = Input::Op(*before);
                let alias = folded[*before].work.is_alias();
                last_read.contains(before)
                    && !alias
                    && !folded.iter().any(|step| step.inputs.contains(&read))
            };
            let before = match inputs {
                [Input::Op(before)] if own(before) => Some(*before),
                _ => None,
            };
            let work = match (built, before.map(|before| &mut folded[before].work)) {
                (Built::Norm(norm), Some(Work::Conv(conv))) => {
                    fold(norm, conv);
                    Work::Pass
                }
                (Built::Act(activation), Some(_)) => Work::ActInPlace(*activation),
                _ => Work::of(built),
            };
            folded.push(Step {
                work,
                inputs: inputs.to_vec(),
                last_read: last_read.to_vec(),
            });
        }
        packed::fuse(&mut folded);
        FoldedBlock { steps: folded }
    }

    /// Runs the block on `[N, C, H, W]`, which it may write over. No gradient may be asked for.
    ///
    /// # Panics
    /// When the input's shape is not the one the operators were made for.
    pub fn forward(&self, x: Tensor) -> Tensor {
        let mut values: Vec<Option<Tensor>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let output = step.run(&x, &values);
            for &done in &step.last_read {
                values[done] = None;
            }
            values.push(Some(output));
        }
        match values.pop() {
            Some(output) => output.expect("the last output has no reader"),
            None => x,
        }
    }
}

impl Step {
    fn run(&self, x: &Tensor, values: &[Option<Tensor>]) -> Tensor {
        let input = |at: usize| match self.inputs[at] {
            Input::Block => x,
            Input::Op(op) => values[op]
                .as_ref()
                .expect("a value lives until its last reader"),
        };
        match &self.work {
            Work::Conv(conv) => conv.forward(input(0)),
            Work::Packed(packed) => {
                let sum = self.inputs.get(1).map(|_| input(1));
                packed.forward(input(0), sum)
            }
            Work::Norm(norm) => norm.by_given(input(0), &norm.mean, &norm.var),
            Work::Pass => input(0).shallow_clone(),
            Work::Act(activation) => op::activate(*activation, input(0)),
            Work::ActInPlace(activation) => in_place(*activation, input(0)),
            Work::GlobalAvgPool => op::global_average(input(0)),
            Work::AvgPool { kernel, stride } => op::average(input(0), *kernel, *stride),
            Work::Linear { weight, bias } => op::linear(input(0), weight, bias),
            Work::Add => input(0) + input(1),
            Work::Mul => input(0) * input(1),
            Work::GlobalMaxPool => op::global_largest(input(0)),
            Work::MaxPool { kernel, stride } => op::largest(input(0), *kernel, *stride),
            Work::Half { first } => op::half(input(0), *first),
            Work::Slice { from, channels } => op::slice(input(0), *from, *channels),
            Work::Shuffle { groups } => op::shuffle(input(0), *groups),
            Work::Concat => op::concat(&(0..self.inputs.len()).map(input).collect::<Vec<_>>()),
            Work::LayerNorm(norm) => norm.forward(input(0)),
            Work::Scale(weight) => op::scale(input(0), weight),
        }
    }
}

impl Work {
    /// Whether its output may share the memory of its input: an activation that does nothing gives its
    /// input itself, some of the channels are a view, and so are all of them in their old order.
    fn is_alias(&self) -> bool {
        matches!(
            self,
            Work::Act(Activation::None)
                | Work::Half { .. }
                | Work::Slice { .. }
                | Work::Shuffle { .. }
        )
    }

    fn of(built: &Built) -> Work {
        let copy = |tensor: &Tensor| tensor.detach().copy();
        match built {
            Built::Conv(conv) => Work::Conv(Conv {
                weight: copy(&conv.weight),
                bias: conv.bias.as_ref().map(copy),
                ..*conv
            }),
            Built::Norm(norm) => Work::Norm(norm.detached()),
            Built::Act(activation) => Work::Act(*activation),
            Built::GlobalAvgPool => Work::GlobalAvgPool,
            Built::AvgPool { kernel, stride } => Work::AvgPool {
                kernel: *kernel,
                stride: *stride,
            },
            Built::Linear { weight, bias } => Work::Linear {
                weight: copy(weight),
                bias: copy(bias),
            },
            Built::Add => Work::Add,
            Built::Mul => Work::Mul,
            Built::GlobalMaxPool => Work::GlobalMaxPool,
            Built::MaxPool { kernel, stride } => Work::MaxPool {
                kernel: *kernel,
                stride: *stride,
            },
            Built::Half { first } => Work::Half { first: *first },
            Built::Slice { from, channels } => Work::Slice {
                from: *from,
                channels: *channels,
            },
            Built::Shuffle { groups } => Work::Shuffle { groups: *groups },
            Built::Concat => Work::Concat,
            Built::LayerNorm(norm) => Work::LayerNorm(norm.detached()),
            Built::Scale(weight) => Work::Scale(copy(weight)),
        }
    }
}

/// γ·(w∗x + b − μ)/σ + β as one convolution. The sums are made in double precision.
fn fold(norm: &Norm, conv: &mut Conv) {
    let (scale, shift) = norm.scale_and_shift();
    let kind = conv.weight.kind();
    let weight = conv.weight.to_kind(tch::Kind::Double) * scale.view([-1, 1, 1, 1]);
    let bias = match &conv.bias {
        Some(bias) => bias.to_kind(tch::Kind::Double) * &scale + shift,
        None => shift,
    };
    conv.weight = weight.to_kind(kind);
    conv.bias = Some(bias.to_kind(kind));
}

fn in_place(activation: Activation, x: &Tensor) -> Tensor {
    let mut x = x.shallow_clone();
    match activation {
        Activation::Relu => x.relu_(),
        Activation::Relu6 => x.clamp_(0.0, 6.0),
        Activation::Swish => x.silu_(),
        Activation::Hswish => x.hardswish_(),
        Activation::Sigmoid => x.sigmoid_(),
        Activation::Hsigmoid => x.hardsigmoid_(),
        Activation::Gelu | Activation::None => op::activate(activation, &x),
    }
}
