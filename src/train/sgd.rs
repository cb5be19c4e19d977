//! SGD with Nesterov momentum on exactly the parameters it is given.
//!
//! A block that is not sampled stands still: it is not given, so neither
//! momentum nor weight decay moves it, and its momentum waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use creamc_torch::{Sgd, TorchError, sgd_step};
use tch::Tensor;

use crate::nn::{NamedTensor, WeightsError};

/// The momentum of every parameter that has moved, by name.
#[derive(Debug, Default)]
pub struct Momentum {
    buffers: BTreeMap<Arc<str>, Tensor>,
}

impl Momentum {
    /// One step. `gradients` in the order of `parameters`; `settings.weight_decay`
    /// applies to weights, not to biases and norms. A parameter's momentum
    /// starts at zero with its first step.
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
        assert_eq!(parameters.len(), gradients.len(), "a gradient a parameter");
        for decays in [true, false] {
            let mut group = Group::default();
            for (parameter, gradient) in parameters.iter().zip(gradients) {
                if parameter.decays() == decays {
                    group.push(parameter, gradient, self.buffer(parameter));
                }
            }
            let weight_decay = if decays { settings.weight_decay } else { 0.0 };
            group.step(Sgd {
                weight_decay,
                ..settings
            })?;
        }
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
        let mut momentum = Momentum::default();
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
        self.buffers
            .entry(Arc::clone(&parameter.name))
            .or_insert_with(|| tch::no_grad(|| parameter.tensor.zeros_like()))
            .shallow_clone()
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
