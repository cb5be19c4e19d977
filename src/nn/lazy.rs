//! A block run without gradient on a CPU: weights packed once, and what follows a convolution done by whoever reads
//! its output next, so that a norm takes no pass of its own over the values.

use creamc_lang::ir::Input;
use creamc_lang::space::Activation;
use creamc_torch::{Lazy, LazyAct, LazyConv, LazyStatistics, TorchError};
use tch::Tensor;

use super::block::Step;
use super::norm::Norm;
use super::op::Built;

/// Numbers of a block's largest value that a CPU's caches hold: groups of images beyond run one after the other.
const CACHED: i64 = 1 << 19;

/// The weights of a block's convolutions, packed, for as long as they stay as they are.
#[derive(Debug)]
pub(super) struct Packed {
    /// With each, whether a norm reads its output.
    convs: Vec<Option<(LazyConv, bool)>>,
}

/// A block's steps with packed weights.
#[derive(Clone, Copy)]
pub(super) struct LazyBlock<'s> {
    pub steps: &'s [Step],
    pub packed: &'s Packed,
}

impl Packed {
    /// Packs the weights of these steps, where the block can run so on such images, here and now.
    pub fn for_images(steps: &[Step], x: &Tensor) -> Option<Packed> {
        serves(steps, x).then(|| Packed::of(steps))
    }

    /// Packs the weights of these steps.
    pub fn of(steps: &[Step]) -> Packed {
        let packed = |(at, step): (usize, &Step)| match &step.built {
            Built::Conv(conv) if LazyConv::serves(&conv.weight, conv.groups) => {
                let bias = conv.bias.as_ref();
                let packed = LazyConv::new(&conv.weight, bias, conv.stride, conv.groups)
                    .expect("weights of this kind can be packed");
                Some((packed, is_normed(steps, at)))
            }
            _ => None,
        };
        Packed {
            convs: steps.iter().enumerate().map(packed).collect(),
        }
    }
}

/// Whether a block of these steps can run on packed weights on such images, here and now.
pub(super) fn serves(steps: &[Step], x: &Tensor) -> bool {
    let flat = |step: &Step| matches!(step.built, Built::Linear { .. });
    let inner = steps.len().saturating_sub(1);
    Lazy::serves(x) && !steps[..inner].iter().any(flat)
}

impl<'s> LazyBlock<'s> {
    /// Runs the block on `[N, C, H, W]` with the statistics of each group of so many images, on as many groups at once
    /// as the caches hold.
    ///
    /// # Panics
    /// When the images are no whole number of groups.
    pub fn run_groups(self, x: &Tensor, group: i64) -> Tensor {
        let images = x.size()[0];
        assert!(
            group > 0 && images % group == 0,
            "{images} images in groups of {group}"
        );
        let run = |x: &Tensor| {
            let each = |_, _: &'s Norm| LazyStatistics::Groups(group, None);
            self.run(x, Some(group), each)
        };
        let at_once = (CACHED / (self.largest(x) * group)).max(1) * group;
        if at_once >= images {
            return run(x);
        }
        let outputs: Vec<Tensor> = x.split(at_once, 0).iter().map(run).collect();
        Tensor::cat(&outputs, 0)
    }

    /// Runs the block on `[N, C, H, W]` with the norms' running statistics.
    pub fn run_given(self, x: &Tensor) -> Tensor {
        self.run(x, None, |_, norm| {
            LazyStatistics::Given(&norm.mean, &norm.var)
        })
    }

    /// Runs the block on `[N, C, H, W]`. `each` says what each of its norms does; `group` is how many images share
    /// statistics of their own.
    ///
    /// # Panics
    /// When the input's shape is not the one the operators were made for.
    pub fn run(
        self,
        x: &Tensor,
        group: Option<i64>,
        each: impl Fn(usize, &'s Norm) -> LazyStatistics<'s>,
    ) -> Tensor {
        self.try_run(x, group, each)
            .expect("libtorch runs the block")
    }

    fn try_run(
        self,
        x: &Tensor,
        group: Option<i64>,
        each: impl Fn(usize, &'s Norm) -> LazyStatistics<'s>,
    ) -> Result<Tensor, TorchError> {
        let mut values = Values {
            x,
            of_steps: Vec::with_capacity(self.steps.len()),
        };
        let mut norms = 0;
        for (at, step) in self.steps.iter().enumerate() {
            let output = match &step.built {
                Built::GlobalAvgPool => values.average(step)?,
                Built::Norm(norm) => {
                    norms += 1;
                    let [value] = exactly(values.take(step)?);
                    value.norm(&norm.lazy(), each(norms - 1, norm))?
                }
                _ => self.step(at, &mut values, group)?,
            };
            values.of_steps.push(Some(output));
        }
        values.last()
    }

    /// What any other step makes of the values.
    fn step(self, at: usize, values: &mut Values, group: Option<i64>) -> Result<Lazy, TorchError> {
        let step = &self.steps[at];
        let inputs = values.take(step)?;
        match (&step.built, &self.packed.convs[at]) {
            (Built::Conv(conv), Some((packed, normed))) => {
                let [value] = exactly(inputs);
                let place = conv.place(&value.size());
                value.conv(packed, place, group.filter(|_| *normed))
            }
            (Built::Act(activation), _) => match lazy_act(*activation) {
                Some(act) => {
                    let [value] = exactly(inputs);
                    value.act(act)
                }
                None => done(&step.built, inputs),
            },
            (Built::Add, _) => {
                let [a, b] = exactly(inputs);
                a.plus(b)
            }
            (Built::Mul, _) if inputs[1].size()[2..] == [1, 1] => {
                let [value, gate] = exactly(inputs);
                value.gated(gate)
            }
            (built, _) => done(built, inputs),
        }
    }

    /// The largest value of the block for one image of `[N, C, H, W]`, in numbers; more where a stride makes it smaller.
    fn largest(self, x: &Tensor) -> i64 {
        let size = x.size();
        let widths = self
            .packed
            .convs
            .iter()
            .flatten()
            .map(|(conv, _)| conv.width());
        widths.max().unwrap_or(0).max(size[1]) * size[2] * size[3]
    }
}

/// The values inside a block.
struct Values<'x> {
    x: &'x Tensor,
    of_steps: Vec<Option<Lazy>>,
}

impl Values<'_> {
    /// A step's inputs. Those that no later step reads are its own.
    fn take(&mut self, step: &Step) -> Result<Vec<Lazy>, TorchError> {
        let inputs = step.inputs.iter().map(|&at| self.share(at)).collect();
        self.let_go(step);
        inputs
    }

    fn share(&self, input: Input) -> Result<Lazy, TorchError> {
        match input {
            Input::Block => Lazy::new(self.x),
            Input::Op(op) => Ok(self.of_steps[op].as_ref().expect(ALIVE).share()),
        }
    }

    /// The mean of a step's input, whose other readers find everything done then.
    fn average(&mut self, step: &Step) -> Result<Lazy, TorchError> {
        let average = match step.inputs[0] {
            Input::Block => Lazy::new(self.x)?.average(),
            Input::Op(op) => self.of_steps[op].as_mut().expect(ALIVE).average(),
        };
        self.let_go(step);
        average
    }

    fn let_go(&mut self, step: &Step) {
        for &done in &step.last_read {
            self.of_steps[done] = None;
        }
    }

    /// The block's output.
    fn last(&mut self) -> Result<Tensor, TorchError> {
        match self.of_steps.pop() {
            Some(output) => output.expect("the last output has no reader").settled(),
            None => Ok(self.x.shallow_clone()),
        }
    }
}

const ALIVE: &str = "a value lives until its last reader";

fn exactly<const N: usize>(inputs: Vec<Lazy>) -> [Lazy; N] {
    <[Lazy; N]>::try_from(inputs).expect("an operator has as many inputs as it reads")
}

/// An operator without a kernel of its own, by libtorch.
fn done(built: &Built, inputs: Vec<Lazy>) -> Result<Lazy, TorchError> {
    let inputs: Vec<Tensor> = inputs
        .into_iter()
        .map(Lazy::settled)
        .collect::<Result<_, _>>()?;
    Lazy::new(&built.run(&inputs.iter().collect::<Vec<_>>()))
}

/// Whether a norm reads the output of the step at `at`.
fn is_normed(steps: &[Step], at: usize) -> bool {
    let reads = |step: &Step| step.inputs.contains(&Input::Op(at));
    steps
        .iter()
        .any(|step| matches!(step.built, Built::Norm(_)) && reads(step))
}

fn lazy_act(activation: Activation) -> Option<LazyAct> {
    match activation {
        Activation::None => Some(LazyAct::None),
        Activation::Relu => Some(LazyAct::Relu),
        Activation::Relu6 => Some(LazyAct::Relu6),
        Activation::Swish => Some(LazyAct::Swish),
        Activation::Hswish => Some(LazyAct::Hswish),
        Activation::Sigmoid => Some(LazyAct::Sigmoid),
        Activation::Hsigmoid => Some(LazyAct::Hsigmoid),
        Activation::Gelu => None,
    }
}
