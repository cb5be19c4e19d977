//! A block: one candidate's operators with their tensors, run in order.

use std::convert::Infallible as Never;

use creamc_lang::ir::{Input, Op};
use creamc_lang::space::NormSettings;
use creamc_torch::{LazyStatistics, TorchError};
use tch::Tensor;

use super::folded::FoldedBlock;
use super::init::Initial;
use super::lazy::{LazyBlock, Packed};
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
        let inputs: Vec<&[Input]> = ops.iter().map(|op| &op.inputs[..]).collect();
        for (at, op) in ops.iter().enumerate() {
            let name = format!("{prefix}.{}", op.name);
            let built = Built::new(&op.primitive, norm, &name, source);
            parameters.extend(named(&name, built.parameters()));
            buffers.extend(named(&name, built.buffers()));
            steps.push(Step {
                built,
                inputs: op.inputs.clone(),
                last_read: last_read(&inputs, at),
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
        let packed = match mode {
            Mode::Train => None,
            _ => Packed::for_images(&self.steps, x),
        };
        let lazy = packed.as_ref().map(|packed| self.lazy(packed));
        match (lazy, mode) {
            (Some(block), Mode::Probe) => block.run_groups(x, x.size()[0]),
            (Some(block), Mode::ProbeGroups(size)) => block.run_groups(x, size),
            (Some(block), Mode::Eval) => block.run_given(x),
            _ => self.watched(x, mode),
        }
    }

    fn lazy<'b>(&'b self, packed: &'b Packed) -> LazyBlock<'b> {
        LazyBlock {
            steps: &self.steps,
            packed,
        }
    }

    /// As [`Block::forward`], by operators of libtorch, which keep what a gradient needs.
    fn watched(&self, x: &Tensor, mode: Mode) -> Tensor {
        let Ok(y) = run(&self.steps, x, 0.0, |_, norm, x| {
            Ok::<_, Never>(norm.forward(x, mode))
        });
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
            _ => run(&self.steps, x, drop, |_, norm, x| {
                norm.forward_over(x, mode, over)
            }),
        }
    }

    /// The block for inference, with copies of its tensors as they are now.
    pub fn folded(&self) -> FoldedBlock {
        FoldedBlock::of(&self.steps)
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
        if let Some(packed) = Packed::for_images(&self.steps, x) {
            let batch = x.size()[0];
            return self.lazy(&packed).run(x, Some(batch), |at, _| {
                let moments = &statistics.norms[at];
                LazyStatistics::Groups(batch, Some((&moments.mean, &moments.var, share)))
            });
        }
        let Ok(y) = run(&self.steps, x, 0.0, |at, norm, x| {
            let moments = &statistics.norms[at];
            Ok::<_, Never>(norm.by_batch(x, Some((&moments.mean, &moments.var)), share))
        });
        y
    }

    /// Runs the block with outside statistics.
    pub fn judge(&self, x: &Tensor, statistics: &BlockStatistics) -> Tensor {
        if let Some(packed) = Packed::for_images(&self.steps, x) {
            return self.lazy(&packed).run(x, None, |at, _| {
                let moments = &statistics.norms[at];
                LazyStatistics::Given(&moments.mean, &moments.var)
            });
        }
        let Ok(y) = run(&self.steps, x, 0.0, |at, norm, x| {
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
}

/// Runs the steps of a block by operators of libtorch; `normalise` is told which of the block's norms it does.
pub(super) fn run<E>(
    steps: &[Step],
    x: &Tensor,
    drop: f64,
    normalise: impl Fn(usize, &Norm, &Tensor) -> Result<Tensor, E>,
) -> Result<Tensor, E> {
    let mut values: Vec<Option<Tensor>> = Vec::with_capacity(steps.len());
    let mut norms = 0;
    for step in steps {
        let input = |at: usize| match step.inputs[at] {
            Input::Block => x,
            Input::Op(op) => values[op]
                .as_ref()
                .expect("a value lives until its last reader"),
        };
        let output = match &step.built {
            Built::Norm(norm) => {
                norms += 1;
                normalise(norms - 1, norm, input(0))?
            }
            Built::Add if drop > 0.0 && step.inputs.contains(&Input::Block) => {
                let branch = usize::from(step.inputs[0] == Input::Block);
                x + op::drop_images(input(branch), drop)
            }
            built => built.run(&(0..step.inputs.len()).map(input).collect::<Vec<_>>()),
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

/// Outputs that the step at `at` reads and no later one does, by the inputs of all steps.
pub(super) fn last_read(inputs: &[&[Input]], at: usize) -> Vec<usize> {
    let is_read_later = |input| inputs[at + 1..].iter().any(|later| later.contains(input));
    let done = inputs[at].iter().filter_map(|input| match *input {
        Input::Op(op) if !is_read_later(input) => Some(op),
        _ => None,
    });
    let mut done: Vec<usize> = done.collect();
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
