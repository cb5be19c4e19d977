//! A block: one candidate's operators with their tensors, run in order.

use std::convert::Infallible as Never;

use creamc_lang::ir::{Input, Op};
use creamc_lang::space::NormSettings;
use creamc_torch::{LazyStatistics, TorchError};
use tch::Tensor;

use super::folded::FoldedBlock;
use super::init::Initial;
use super::lazy::LazyBlock;
use super::norm::Norm;
use super::op::{self, Built};
use super::source::Source;
use super::statistics::BlockStatistics;
use super::{Mode, NamedTensor, Over, Place};

/// Tensors for the operators of one block.
#[derive(Debug)]
pub struct Block {
    steps: Vec<Step>,
    parameters: Vec<NamedTensor>,
    buffers: Vec<NamedTensor>,
    place: Place,
}

#[derive(Debug)]
pub(super) struct Step {
    pub built: Built,
    pub inputs: Vec<Input>,
    /// Outputs that no later step reads: they are let go after this one.
    pub last_read: Vec<usize>,
}

impl Block {
    /// Builds the operators; every tensor is named `prefix.OP.weight` and the like.
    pub fn new(prefix: &str, ops: &[Op], norm: NormSettings, initial: Initial) -> Block {
        Block::from_source(prefix, ops, norm, Source::Made(initial))
    }

    /// As [`Block::new`], with tensors from where `source` says.
    pub(super) fn from_source(
        prefix: &str,
        ops: &[Op],
        norm: NormSettings,
        source: Source,
    ) -> Block {
        let (mut parameters, mut buffers) = (Vec::new(), Vec::new());
        let mut steps = Vec::with_capacity(ops.len());
        for (at, op) in ops.iter().enumerate() {
            let name = format!("{prefix}.{}", op.name);
            let built = Built::new(&op.primitive, norm, &name, source);
            parameters.extend(named(&name, built.parameters()));
            buffers.extend(named(&name, built.buffers()));
            steps.push(Step {
                built,
                inputs: op.inputs.clone(),
                last_read: last_read(ops, at),
            });
        }
        Block {
            steps,
            parameters,
            buffers,
            place: source.place(),
        }
    }

    /// The trainable tensors, in the order of the operators.
    pub fn parameters(&self) -> &[NamedTensor] {
        &self.parameters
    }

    /// The running statistics of the norms, in the order of the operators.
    pub fn buffers(&self) -> &[NamedTensor] {
        &self.buffers
    }

    /// Runs the block on `[N, C, H, W]`; a block without operators gives its input back.
    ///
    /// # Panics
    /// When the input's shape is not the one the operators were made for.
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        let lazy = match mode {
            Mode::Train => None,
            _ => LazyBlock::of(&self.steps, x),
        };
        match (lazy, mode) {
            (Some(block), Mode::Probe) => block.run_groups(x, x.size()[0]),
            (Some(block), Mode::ProbeGroups(size)) => block.run_groups(x, size),
            (Some(block), Mode::Eval) => block.run(x, None, |_, norm| {
                LazyStatistics::Given(&norm.mean, &norm.var)
            }),
            _ => self.watched(x, mode),
        }
    }

    /// As [`Block::forward`], by operators of libtorch, which keep what a gradient needs.
    fn watched(&self, x: &Tensor, mode: Mode) -> Tensor {
        let Ok(y) = self.run(x, 0.0, |_, norm, x| Ok::<_, Never>(norm.forward(x, mode)));
        y
    }

    /// As [`Block::forward`], with a batch's statistics over these images; a share `drop` of this rank's images, drawn
    /// from libtorch's generator, passes the block by on its residual connection, where it has one.
    ///
    /// # Errors
    /// When a rank is lost.
    ///
    /// # Panics
    /// When the input's shape is not the one the operators were made for.
    pub fn forward_over(
        &self,
        x: &Tensor,
        mode: Mode,
        over: Over,
        drop: f64,
    ) -> Result<Tensor, TorchError> {
        match over {
            Over::Own if drop == 0.0 => Ok(self.forward(x, mode)),
            _ => self.run(x, drop, |_, norm, x| norm.forward_over(x, mode, over)),
        }
    }

    /// The block for inference, with copies of its tensors as they are now.
    pub fn folded(&self) -> FoldedBlock {
        let steps = self.steps.iter();
        FoldedBlock::new(steps.map(|step| (&step.built, &step.inputs[..], &step.last_read[..])))
    }

    /// Empty outside statistics for this block's norms.
    pub fn statistics(&self) -> BlockStatistics {
        let norms = self.steps.iter().filter_map(|step| match &step.built {
            Built::Norm(norm) => Some(norm.mean.size()[0]),
            _ => None,
        });
        BlockStatistics::new(norms, self.place)
    }

    /// Runs the block with the batch's statistics, and lets `statistics` become
    /// the mean over this batch and all before it.
    pub fn measure(&self, x: &Tensor, statistics: &mut BlockStatistics) -> Tensor {
        statistics.batches += 1;
        let share = 1.0 / f64::from(statistics.batches);
        if let Some(block) = LazyBlock::of(&self.steps, x) {
            let batch = x.size()[0];
            return block.run(x, Some(batch), |at, _| {
                let moments = &statistics.norms[at];
                LazyStatistics::Groups(batch, Some((&moments.mean, &moments.var, share)))
            });
        }
        let Ok(y) = self.run(x, 0.0, |at, norm, x| {
            let moments = &statistics.norms[at];
            Ok::<_, Never>(norm.by_batch(x, Some((&moments.mean, &moments.var)), share))
        });
        y
    }

    /// Runs the block with outside statistics.
    pub fn judge(&self, x: &Tensor, statistics: &BlockStatistics) -> Tensor {
        if let Some(block) = LazyBlock::of(&self.steps, x) {
            return block.run(x, None, |at, _| {
                let moments = &statistics.norms[at];
                LazyStatistics::Given(&moments.mean, &moments.var)
            });
        }
        let Ok(y) = self.run(x, 0.0, |at, norm, x| {
            let moments = &statistics.norms[at];
            Ok::<_, Never>(norm.by_given(x, &moments.mean, &moments.var))
        });
        y
    }

    /// Takes over outside statistics as the running ones.
    pub fn adopt(&self, statistics: &BlockStatistics) {
        let measured = statistics
            .norms
            .iter()
            .flat_map(|moments| [&moments.mean, &moments.var]);
        for (own, measured) in self.buffers.iter().zip(measured) {
            own.tensor.shallow_clone().copy_(measured);
        }
    }

    /// Runs the steps; `normalise` is told which of the block's norms it does.
    fn run<E>(
        &self,
        x: &Tensor,
        drop: f64,
        normalise: impl Fn(usize, &Norm, &Tensor) -> Result<Tensor, E>,
    ) -> Result<Tensor, E> {
        let mut values: Vec<Option<Tensor>> = Vec::with_capacity(self.steps.len());
        let mut norms = 0;
        for step in &self.steps {
            let input = |at: usize| match step.inputs[at] {
                Input::Block => x,
                Input::Op(op) => values[op]
                    .as_ref()
                    .expect("a value lives until its last reader"),
            };
            let output = match &step.built {
                Built::Conv(conv) => conv.forward(input(0)),
                Built::Norm(norm) => {
                    norms += 1;
                    normalise(norms - 1, norm, input(0))?
                }
                Built::Act(activation) => op::activate(*activation, input(0)),
                Built::GlobalAvgPool => op::global_average(input(0)),
                Built::AvgPool { kernel, stride } => op::average(input(0), *kernel, *stride),
                Built::Linear { weight, bias } => op::linear(input(0), weight, bias),
                Built::Add if drop > 0.0 && step.inputs.contains(&Input::Block) => {
                    let branch = usize::from(step.inputs[0] == Input::Block);
                    x + op::drop_images(input(branch), drop)
                }
                Built::Add => input(0) + input(1),
                Built::Mul => input(0) * input(1),
                Built::GlobalMaxPool => op::global_largest(input(0)),
                Built::MaxPool { kernel, stride } => op::largest(input(0), *kernel, *stride),
                Built::Half { first } => op::half(input(0), *first),
                Built::Slice { from, channels } => op::slice(input(0), *from, *channels),
                Built::Shuffle { groups } => op::shuffle(input(0), *groups),
                Built::Concat => op::concat(&(0..step.inputs.len()).map(input).collect::<Vec<_>>()),
                Built::LayerNorm(norm) => norm.forward(input(0)),
                Built::Scale(weight) => op::scale(input(0), weight),
            };
            for &done in &step.last_read {
                values[done] = None;
            }
            values.push(Some(output));
        }
        Ok(match values.pop() {
            Some(output) => output.expect("the last output has no reader"),
            None => x.shallow_clone(),
        })
    }
}

/// Outputs that the op at `at` reads and no later one does.
fn last_read(ops: &[Op], at: usize) -> Vec<usize> {
    let mut done: Vec<usize> = ops[at]
        .inputs
        .iter()
        .filter_map(|input| match *input {
            Input::Op(op)
                if !ops[at + 1..]
                    .iter()
                    .any(|later| later.inputs.contains(input)) =>
            {
                Some(op)
            }
            _ => None,
        })
        .collect();
    done.sort_unstable();
    done.dedup();
    done
}

/// The tensors of the operator `name` under their full names.
pub(super) fn named<'a>(
    name: &'a str,
    tensors: Vec<(&'static str, &'a Tensor)>,
) -> impl Iterator<Item = NamedTensor> + 'a {
    tensors.into_iter().map(move |(part, tensor)| NamedTensor {
        name: format!("{name}.{part}").into(),
        tensor: tensor.shallow_clone(),
    })
}
