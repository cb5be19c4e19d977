//! SGD with Nesterov momentum on exactly the parameters it is given.
//!
//! A block that is not sampled stands still: it is not given, so neither
//! momentum nor weight decay moves it, and its momentum waits for it. So does the
//! rest of a tensor of which slices are given.

use std::collections::BTreeMap;
use std::sync::Arc;

use creamc_torch::{Sgd, TorchError, sgd_step};
use tch::Tensor;

use super::moves::{Still, moves};
use crate::nn::{NamedTensor, WeightsError, slice};

/// The momentum of every parameter that has moved, by name; of one that moves in slices, that of the whole.
#[derive(Debug, Default)]
pub struct Momentum {
    buffers: BTreeMap<Arc<str>, Tensor>,
    /// What parameters may be slices of.
    stored: BTreeMap<Arc<str>, Tensor>,
}

impl Momentum {
    /// Nothing has moved yet. Parameters are slices of those `stored` under their names, or whole where there is none.
    #[must_use]
    pub fn of(stored: &[NamedTensor]) -> Momentum {
        let stored = stored.iter();
        let stored = stored.map(|one| (Arc::clone(&one.name), one.tensor.shallow_clone()));
        Momentum {
            buffers: BTreeMap::new(),
            stored: stored.collect(),
        }
    }

    /// One step. `gradients` in the order of `parameters`; `settings.weight_decay`
    /// applies to weights, not to biases and norms. A parameter's momentum
    /// starts at zero with its first step.
    ///
    /// Several slices of one parameter move as one: each number by the sum of its gradients, once, and not at all
    /// where no slice lies.
    ///
    /// # Errors
    /// When libtorch refuses.
    ///
    /// # Panics
    /// When there is not one gradient a parameter.
    pub fn step(
        &mut self,
        settings: Sgd,
        parameters: &[NamedTensor],
        gradients: &[Tensor],
    ) -> Result<(), TorchError> {
        let moves = moves(parameters, gradients, |name| self.stored.get(name));
        let [mut decaying, mut plain] = [Group::default(), Group::default()];
        let mut still = Vec::new();
        for one in &moves {
            let buffer = self.buffer(&one.parameter);
            still.extend(one.still(&buffer));
            match one.parameter.decays() {
                true => decaying.push(&one.parameter, &one.gradient, buffer),
                false => plain.push(&one.parameter, &one.gradient, buffer),
            }
        }
        decaying.step(settings)?;
        plain.step(Sgd {
            weight_decay: 0.0,
            ..settings
        })?;
        still.into_iter().for_each(Still::put_back);
        Ok(())
    }

    /// Makes room for the momentum of these, as their first step would.
    pub fn begin(&mut self, parameters: &[NamedTensor]) {
        for parameter in parameters {
            drop(self.buffer(parameter));
        }
    }

    /// The buffers, for a checkpoint: name and tensor, by name.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let buffers = self.buffers.iter().map(|(name, tensor)| NamedTensor {
            name: Arc::clone(name),
            tensor: tensor.shallow_clone(),
        });
        buffers.collect()
    }

    /// The buffers of a checkpoint, for these parameters (all that may ever move).
    ///
    /// # Errors
    /// When a buffer belongs to none of them, or has another shape.
    pub fn restore(
        parameters: &[NamedTensor],
        tensors: &BTreeMap<String, Tensor>,
    ) -> Result<Momentum, WeightsError> {
        let mut momentum = Momentum::of(parameters);
        let by_name: BTreeMap<&str, &NamedTensor> = parameters
            .iter()
            .map(|parameter| (&*parameter.name, parameter))
            .collect();
        for (name, tensor) in tensors {
            let Some(parameter) = by_name.get(name.as_str()) else {
                return Err(WeightsError::Unknown {
                    count: 1,
                    first: name.clone(),
                });
            };
            let (found, expected) = (tensor.size(), parameter.tensor.size());
            if found != expected {
                return Err(WeightsError::Shape {
                    name: name.clone(),
                    found,
                    expected,
                });
            }
            momentum.buffer(parameter).copy_(tensor);
        }
        Ok(momentum)
    }

    fn buffer(&mut self, parameter: &NamedTensor) -> Tensor {
        let whole = self.stored.get(&parameter.name);
        let whole = whole.unwrap_or(&parameter.tensor);
        let buffer = self
            .buffers
            .entry(Arc::clone(&parameter.name))
            .or_insert_with(|| tch::no_grad(|| whole.zeros_like()));
        slice(buffer, &parameter.tensor.size())
    }
}

/// The three lists of one call of the fused step.
#[derive(Default)]
struct Group {
    parameters: Vec<Tensor>,
    gradients: Vec<Tensor>,
    buffers: Vec<Tensor>,
}

impl Group {
    fn push(&mut self, parameter: &NamedTensor, gradient: &Tensor, buffer: Tensor) {
        self.parameters.push(parameter.tensor.shallow_clone());
        self.gradients.push(gradient.shallow_clone());
        self.buffers.push(buffer);
    }

    fn step(&self, settings: Sgd) -> Result<(), TorchError> {
        sgd_step(settings, &self.parameters, &self.gradients, &self.buffers)
    }
}

/// Gradients of a scalar loss, in the order of `parameters`; the loss's graph is used up.
///
/// # Panics
/// When a parameter did not take part in the loss.
pub fn gradients(loss: &Tensor, parameters: &[NamedTensor]) -> Vec<Tensor> {
    let inputs: Vec<&Tensor> = parameters
        .iter()
        .map(|parameter| &parameter.tensor)
        .collect();
    let (keep_graph, create_graph) = (false, false);
    Tensor::run_backward(&[loss], &inputs, keep_graph, create_graph)
}
