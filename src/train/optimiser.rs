//! The optimisers, behind one step. Each keeps its state by the parameters' names.

use std::collections::{BTreeMap, BTreeSet};

use creamc_torch::{Adam, RmspropTf, Sgd, TorchError, adam_step, rmsprop_tf_step};
use tch::{Kind, Tensor};

use super::slots::Slots;
use crate::nn::{NamedTensor, WeightsError};

/// Which optimiser, with the numbers that do not change over a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptimiserKind {
    /// Gradient descent with momentum.
    Sgd {
        /// Whether a step looks ahead, as Nesterov's does.
        nesterov: bool,
        /// Momentum.
        momentum: f64,
    },
    /// Adam, with PyTorch's averages of 0.9 and 0.999.
    Adam {
        /// Added to the root.
        eps: f64,
        /// Whether decay shrinks the weights (AdamW) instead of joining the gradient.
        decoupled: bool,
    },
    /// RMSprop in TensorFlow's form, with an averaged square of 0.9.
    RmspropTf {
        /// Momentum; the rate enters its buffer.
        momentum: f64,
        /// Added inside the root.
        eps: f64,
    },
}

/// Names of the two lists of state. What a list starts with decides its name.
const MOMENTUM: &str = "momentum";
const FIRST: &str = "first";
const SECOND: &str = "second";
const SQUARE: &str = "square";
/// The number of steps made, a scalar beside the lists.
const STEPS: &str = "steps";

const ADAM_BETAS: (f64, f64) = (0.9, 0.999);
const RMSPROP_ALPHA: f64 = 0.9;

/// An optimiser with its state.
#[derive(Debug)]
pub struct Optimiser {
    kind: OptimiserKind,
    weight_decay: f64,
    steps: u64,
    slots: BTreeMap<&'static str, Slots>,
}

impl Optimiser {
    /// An optimiser that has made no step. `weight_decay` applies to weights, not to biases
    /// and norms.
    #[must_use]
    pub fn new(kind: OptimiserKind, weight_decay: f64) -> Optimiser {
        let slots: &[(&'static str, f64)] = match kind {
            OptimiserKind::Sgd { .. } => &[(MOMENTUM, 0.0)],
            OptimiserKind::Adam { .. } => &[(FIRST, 0.0), (SECOND, 0.0)],
            // The average starts at 1: the first steps are not longer than the gradient.
            OptimiserKind::RmspropTf { .. } => &[(SQUARE, 1.0), (MOMENTUM, 0.0)],
        };
        let slots = slots.iter().map(|&(name, start)| (name, Slots::new(start)));
        Optimiser {
            kind,
            weight_decay,
            steps: 0,
            slots: slots.collect(),
        }
    }

    /// One step with this rate; `gradients` in the order of `parameters`.
    ///
    /// # Errors
    /// When libtorch refuses.
    ///
    /// # Panics
    /// When there is not one gradient a parameter.
    pub fn step(
        &mut self,
        lr: f64,
        parameters: &[NamedTensor],
        gradients: &[Tensor],
    ) -> Result<(), TorchError> {
        assert_eq!(parameters.len(), gradients.len(), "a gradient a parameter");
        self.steps += 1;
        for decays in [true, false] {
            let (own, theirs): (Vec<&NamedTensor>, Vec<Tensor>) = parameters
                .iter()
                .zip(gradients)
                .filter(|(parameter, _)| parameter.decays() == decays)
                .map(|(parameter, gradient)| (parameter, gradient.shallow_clone()))
                .unzip();
            let weight_decay = if decays { self.weight_decay } else { 0.0 };
            self.step_group(lr, weight_decay, &own, &theirs)?;
        }
        Ok(())
    }

    fn step_group(
        &mut self,
        lr: f64,
        weight_decay: f64,
        parameters: &[&NamedTensor],
        gradients: &[Tensor],
    ) -> Result<(), TorchError> {
        let weights: Vec<Tensor> = parameters
            .iter()
            .map(|parameter| parameter.tensor.shallow_clone())
            .collect();
        let (kind, steps) = (self.kind, self.steps);
        let mut slot = |name| self.slot(name).of(parameters);
        match kind {
            OptimiserKind::Sgd { nesterov, momentum } => {
                let settings = Sgd {
                    lr,
                    momentum,
                    weight_decay,
                    // Without momentum there is nothing to look ahead along.
                    nesterov: nesterov && momentum > 0.0,
                };
                creamc_torch::sgd_step(settings, &weights, gradients, &slot(MOMENTUM))
            }
            OptimiserKind::Adam { eps, decoupled } => {
                let settings = Adam {
                    lr,
                    betas: ADAM_BETAS,
                    eps,
                    weight_decay,
                    decoupled,
                };
                let (first, second) = (slot(FIRST), slot(SECOND));
                adam_step(settings, steps, &weights, gradients, [&first, &second])
            }
            OptimiserKind::RmspropTf { momentum, eps } => {
                let settings = RmspropTf {
                    lr,
                    alpha: RMSPROP_ALPHA,
                    momentum,
                    eps,
                    weight_decay,
                };
                let (square, buffers) = (slot(SQUARE), slot(MOMENTUM));
                rmsprop_tf_step(settings, &weights, gradients, [&square, &buffers])
            }
        }
    }

    fn slot(&mut self, name: &'static str) -> &mut Slots {
        self.slots.get_mut(name).expect("its kind keeps this list")
    }

    /// The state, for a checkpoint: `momentum.s1.0.conv_pw.weight` and the like, and `steps`.
    #[must_use]
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let steps = NamedTensor {
            name: STEPS.into(),
            tensor: Tensor::from(i64::try_from(self.steps).expect("no run is so long")),
        };
        let lists = self
            .slots
            .iter()
            .flat_map(|(name, slots)| slots.named(name));
        lists.chain([steps]).collect()
    }

    /// Takes over the state of a checkpoint, for these parameters.
    ///
    /// # Errors
    /// When it is another optimiser's or another network's.
    pub fn restore(
        &mut self,
        parameters: &[NamedTensor],
        state: &BTreeMap<String, Tensor>,
    ) -> Result<(), WeightsError> {
        let missing = |name: &str| WeightsError::Missing {
            count: 1,
            first: name.to_owned(),
        };
        let steps = state.get(STEPS).ok_or_else(|| missing(STEPS))?;
        let steps = u64::try_from(steps.to_kind(Kind::Int64).int64_value(&[])).unwrap_or_default();
        if steps == 0 && state.len() == 1 {
            // Before its first step an optimiser has no lists.
            self.steps = 0;
            return Ok(());
        }
        for (list, slots) in &mut self.slots {
            slots.restore(list, parameters, state)?;
        }
        self.refuse_unknown(parameters, state)?;
        self.steps = steps;
        Ok(())
    }

    fn refuse_unknown(
        &self,
        parameters: &[NamedTensor],
        state: &BTreeMap<String, Tensor>,
    ) -> Result<(), WeightsError> {
        let lists = self.slots.keys();
        let known: BTreeSet<String> = lists
            .flat_map(|list| {
                parameters
                    .iter()
                    .map(move |one| format!("{list}.{}", one.name))
            })
            .chain([STEPS.to_owned()])
            .collect();
        let unknown: Vec<&String> = state.keys().filter(|&name| !known.contains(name)).collect();
        match unknown.first() {
            None => Ok(()),
            Some(&first) => Err(WeightsError::Unknown {
                count: unknown.len(),
                first: first.clone(),
            }),
        }
    }
}
