//! A block for inference: norms folded into the convolutions before them, weights packed once.

use std::cell::OnceCell;
use std::convert::Infallible as Never;

use creamc_lang::ir::Input;
use tch::Tensor;

use super::block::{self, Step, last_read};
use super::lazy::{self, LazyBlock, Packed};
use super::norm::Norm;
use super::op::{Built, Conv};

/// A block whose norms have their running statistics for good: fewer passes over its values, no gradient.
/// Equal to the block in [`Mode::Eval`](super::Mode::Eval) up to rounding.
#[derive(Debug)]
pub struct FoldedBlock {
    steps: Vec<Step>,
    /// Made for the first images that it serves.
    packed: OnceCell<Packed>,
}

impl FoldedBlock {
    /// From a block's steps, with copies of their tensors as they are now.
    pub(super) fn of(steps: &[Step]) -> FoldedBlock {
        let (mut folded, mut inputs) = (Vec::new(), Vec::new());
        // Where the output of each step is found now.
        let mut places: Vec<usize> = Vec::with_capacity(steps.len());
        for step in steps {
            let at = |input: &Input| match *input {
                Input::Block => Input::Block,
                Input::Op(op) => Input::Op(places[op]),
            };
            let before = only_read_here(step, steps).map(|op| places[op]);
            let before = before.and_then(|at| Some((at, folded.get_mut(at)?)));
            if let (Built::Norm(norm), Some((at, Built::Conv(conv)))) = (&step.built, before) {
                fold(norm, conv);
                places.push(at);
            } else {
                inputs.push(step.inputs.iter().map(at).collect::<Vec<_>>());
                places.push(folded.len());
                folded.push(step.built.detached());
            }
        }
        let all: Vec<&[Input]> = inputs.iter().map(Vec::as_slice).collect();
        let last_reads: Vec<_> = (0..all.len()).map(|at| last_read(&all, at)).collect();
        let steps = folded.into_iter().zip(inputs).zip(last_reads);
        let steps = steps.map(|((built, inputs), last_read)| Step {
            built,
            inputs,
            last_read,
        });
        FoldedBlock {
            steps: steps.collect(),
            packed: OnceCell::new(),
        }
    }

    /// Runs the block on `[N, C, H, W]`. No gradient may be asked for.
    ///
    /// # Panics
    /// When the input's shape is not the one the operators were made for.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        if lazy::serves(&self.steps, x) {
            let packed = self.packed.get_or_init(|| Packed::of(&self.steps));
            let steps = &self.steps;
            return LazyBlock { steps, packed }.run_given(x);
        }
        let Ok(y) = block::run(&self.steps, x, 0.0, |_, norm, x| {
            Ok::<_, Never>(norm.by_given(x, &norm.mean, &norm.var))
        });
        y
    }
}

/// The step whose output is the only input of this one and has no other reader.
fn only_read_here(step: &Step, steps: &[Step]) -> Option<usize> {
    let [Input::Op(before)] = step.inputs[..] else {
        return None;
    };
    let readers = steps
        .iter()
        .filter(|one| one.inputs.contains(&step.inputs[0]));
    (readers.count() == 1).then_some(before)
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
