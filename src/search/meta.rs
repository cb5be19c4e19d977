//! The meta layer: it scores teachers, and learns from how a student would do
//! on other images after a step towards the teacher.

use std::collections::BTreeMap;

use creamc_lang::ir::Path;
use creamc_torch::{Sgd, TorchError, sgd_step};
use tch::{Kind, Tensor};

use super::teacher::Choice;
use crate::nn::{Initial, Mode, NamedTensor, Place, WeightsError, copy_into};
use crate::ranks::{Ranks, RanksError};
use crate::supernet::Supernet;
use crate::train::loss::{cross_entropy, soft_cross_entropy};

/// Settings of the meta layer's own steps.
const MOMENTUM: f64 = 0.9;
/// Its gradient is clipped to this norm.
const CLIP: f64 = 1.0;

/// One linear map from a difference of softmaxes, `[SLICE · classes]`, to a score.
#[derive(Debug)]
pub struct MetaLayer {
    weight: Tensor,
    bias: Tensor,
    weight_momentum: Tensor,
    bias_momentum: Tensor,
    /// Weight and bias as they were made, `[SLICE · classes + 1]`.
    start: Tensor,
}

impl MetaLayer {
    /// A layer for `slice` images of `classes` classes: weight uniform in ±1, bias 0.
    pub fn new(slice: i64, classes: i64, place: Place, seed: u64) -> MetaLayer {
        let initial = Initial { seed, place };
        let weight = initial.linear("meta_layer.weight", [1, slice * classes]);
        let bias = initial.constant(1, 0.0);
        MetaLayer {
            weight_momentum: weight.zeros_like(),
            bias_momentum: bias.zeros_like(),
            start: flat(&weight, &bias),
            weight: weight.set_requires_grad(true),
            bias: bias.set_requires_grad(true),
        }
    }

    /// The score of one difference, `[SLICE · classes]`: `[1]`, with its gradient.
    pub fn score(&self, difference: &Tensor) -> Tensor {
        difference.linear(&self.weight, Some(&self.bias))
    }

    /// Weight and bias, sharing memory.
    pub fn parameters(&self) -> Vec<NamedTensor> {
        self.tensors().into_iter().take(2).collect()
    }

    /// How far the layer is from where it started, as a share of its length there: 0.01 is one percent.
    /// Waits for the device.
    pub fn moved(&self) -> f64 {
        let now = tch::no_grad(|| flat(&self.weight, &self.bias));
        let way = (now - &self.start).norm().double_value(&[]);
        way / self.start.norm().double_value(&[])
    }

    /// Scores of differences `[entries, SLICE · classes]`. Waits for the device.
    ///
    /// # Panics
    /// When the differences are not of this layer's width.
    pub fn scores(&self, differences: &Tensor) -> Vec<f64> {
        let scores = tch::no_grad(|| differences.linear(&self.weight, Some(&self.bias)));
        Vec::try_from(scores.flatten(0, -1).to_kind(Kind::Double))
            .expect("one dimension of float64 is a vector")
    }

    /// Clips the gradient to norm 1, then one step (Nesterov, momentum 0.9, no decay).
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn step(&mut self, gradient: &MetaGradient, lr: f64) -> Result<(), TorchError> {
        let norm = (gradient.weight.square().sum(None::<Kind>)
            + gradient.bias.square().sum(None::<Kind>))
        .sqrt();
        let factor = (CLIP / (norm + 1e-6)).clamp_max(1.0);
        let clipped = [&gradient.weight * &factor, &gradient.bias * &factor];
        self.step_along(&clipped, lr)
    }

    /// One step (Nesterov, momentum 0.9, no decay) along gradients of weight and bias as they are.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn step_along(&mut self, gradients: &[Tensor], lr: f64) -> Result<(), TorchError> {
        sgd_step(
            Sgd {
                lr,
                momentum: MOMENTUM,
                weight_decay: 0.0,
                nesterov: true,
            },
            &[self.weight.shallow_clone(), self.bias.shallow_clone()],
            gradients,
            &[
                self.weight_momentum.shallow_clone(),
                self.bias_momentum.shallow_clone(),
            ],
        )
    }

    /// Weight, bias and their momentum, for a checkpoint.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let tensors = [
            ("meta_layer.weight", &self.weight),
            ("meta_layer.bias", &self.bias),
            ("meta_layer.weight.momentum", &self.weight_momentum),
            ("meta_layer.bias.momentum", &self.bias_momentum),
        ];
        let named = tensors.map(|(name, tensor)| NamedTensor {
            name: name.into(),
            tensor: tensor.shallow_clone(),
        });
        named.into()
    }

    /// Takes over the tensors of a checkpoint.
    ///
    /// # Errors
    /// When they are not exactly this layer's.
    pub fn load(&self, tensors: &BTreeMap<String, Tensor>) -> Result<(), WeightsError> {
        copy_into(&self.tensors(), tensors)
    }

    /// The layer's weight, `[1, SLICE · classes]`, sharing memory.
    pub fn weight(&self) -> Tensor {
        self.weight.shallow_clone()
    }
}

/// A copy of both as one vector.
fn flat(weight: &Tensor, bias: &Tensor) -> Tensor {
    Tensor::cat(&[weight.flatten(0, -1), bias.flatten(0, -1)], 0)
}

/// A gradient for the meta layer, and the two losses on the way to it.
#[derive(Debug)]
pub struct MetaGradient {
    /// `[1, SLICE · classes]`
    pub weight: Tensor,
    /// `[1]`
    pub bias: Tensor,
    /// The teacher's loss on the first images, a scalar.
    pub kd: Tensor,
    /// The labels' loss on the next images after the virtual step, a scalar.
    pub validation: Tensor,
}

/// What a meta update looks at.
#[derive(Debug)]
pub struct MetaStep<'a> {
    /// The path that is trained now.
    pub student: &'a Path,
    /// The chosen entry's path.
    pub teacher: &'a Path,
    /// The choice that it came from.
    pub choice: &'a Choice,
    /// At least 2 · SLICE images, `[N, C, H, W]`: the first SLICE to learn
    /// from the teacher, the next to be asked on.
    pub images: &'a Tensor,
    /// Their classes, `[N]`.
    pub classes: &'a Tensor,
    /// Number of images of a half.
    pub slice: i64,
    /// The weights' own learning rate at this step.
    pub lr: f64,
    /// Label smoothing.
    pub smoothing: f64,
    /// Whether norms see the images of all ranks.
    pub sync_norms: bool,
}

/// d/dφ CE(w − η·ρ(φ)·∇KD(w)), φ the meta layer, the difference that it sees
/// held constant in w.
///
/// ρ enters the inner step as a factor only, so that the derivative is
/// −η·⟨v, g⟩·∂ρ/∂φ with g = ∇KD(w) and v = ∇CE at the moved weights: two
/// gradients of first order. The weights move for the second one and are put
/// back, bit by bit; norms use the batch's statistics and change none.
///
/// With several ranks both gradients are their averages, so that the layer stays equal on all.
///
/// # Panics
/// When there are fewer than 2 · SLICE images.
///
/// # Errors
/// When a rank is lost.
pub fn gradient(
    supernet: &Supernet,
    step: &MetaStep,
    ranks: &Ranks,
) -> Result<MetaGradient, RanksError> {
    let parameters = supernet.parameters(step.student);
    let half = |tensor: &Tensor, at: i64| tensor.narrow(0, at * step.slice, step.slice);
    let norms = ranks.norms(step.sync_norms);
    let forward = |images: &Tensor, path| {
        ranks.found(supernet.forward_over(images, path, Mode::Probe, norms))
    };

    let images = half(step.images, 0);
    let teacher = tch::no_grad(|| forward(&images, step.teacher))?;
    let kd = soft_cross_entropy(&forward(&images, step.student)?, &teacher);
    let g = ranks.gradients(&kd, &parameters)?;

    let rho = step.choice.rho;
    let before = moved(&parameters, &g, -step.lr * rho);
    let held_out = || {
        let logits = forward(&half(step.images, 1), step.student)?;
        let loss = cross_entropy(&logits, &half(step.classes, 1), step.smoothing);
        let v = ranks.gradients(&loss, &parameters)?;
        Ok::<_, RanksError>((loss, v))
    };
    let held_out = held_out();
    put_back(&parameters, &before);
    let (validation, v) = held_out?;

    let slope = inner_product(&v, &g) * (-step.lr * rho * (1.0 - rho));
    Ok(MetaGradient {
        weight: (&step.choice.difference * &slope).view([1, -1]),
        bias: slope.view([1]),
        kd: kd.detach(),
        validation: validation.detach(),
    })
}

/// Adds `factor` · direction to the parameters; gives back what they were.
fn moved(parameters: &[NamedTensor], direction: &[Tensor], factor: f64) -> Vec<Tensor> {
    tch::no_grad(|| {
        let pairs = parameters.iter().zip(direction);
        pairs
            .map(|(parameter, direction)| {
                let before = parameter.tensor.detach().copy();
                let _ = parameter
                    .tensor
                    .shallow_clone()
                    .g_add_(&(direction * factor));
                before
            })
            .collect()
    })
}

fn put_back(parameters: &[NamedTensor], before: &[Tensor]) {
    tch::no_grad(|| {
        for (parameter, before) in parameters.iter().zip(before) {
            parameter.tensor.shallow_clone().copy_(before);
        }
    });
}

/// Σ ⟨aᵢ, bᵢ⟩, a scalar.
fn inner_product(a: &[Tensor], b: &[Tensor]) -> Tensor {
    let products: Vec<Tensor> = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a * b).sum(None::<Kind>))
        .collect();
    Tensor::stack(&products, 0).sum(None::<Kind>)
}
