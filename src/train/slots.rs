//! One tensor of an optimiser's state for each parameter, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use tch::Tensor;

use crate::nn::{NamedTensor, WeightsError};

/// A list of state: one tensor a parameter that has moved, of its shape and layout.
#[derive(Debug)]
pub struct Slots {
    start: f64,
    tensors: BTreeMap<Arc<str>, Tensor>,
}

impl Slots {
    /// Empty; a parameter's tensor starts full of `start` with its first step.
    pub fn new(start: f64) -> Slots {
        Slots {
            start,
            tensors: BTreeMap::new(),
        }
    }

    /// The tensors of these parameters, in their order.
    pub fn of(&mut self, parameters: &[&NamedTensor]) -> Vec<Tensor> {
        parameters
            .iter()
            .map(|parameter| self.one(parameter).shallow_clone())
            .collect()
    }

    fn one(&mut self, parameter: &NamedTensor) -> &Tensor {
        let start = self.start;
        self.tensors
            .entry(Arc::clone(&parameter.name))
            .or_insert_with(|| tch::no_grad(|| parameter.tensor.full_like(start)))
    }

    /// Every tensor as `LIST.PARAMETER`, for a checkpoint.
    pub fn named(&self, list: &str) -> Vec<NamedTensor> {
        let named = self.tensors.iter().map(|(name, tensor)| NamedTensor {
            name: format!("{list}.{name}").into(),
            tensor: tensor.shallow_clone(),
        });
        named.collect()
    }

    /// Takes over the tensors of a checkpoint that belong to this list.
    ///
    /// # Errors
    /// When a parameter has none, or one of another shape.
    pub fn restore(
        &mut self,
        list: &str,
        parameters: &[NamedTensor],
        state: &BTreeMap<String, Tensor>,
    ) -> Result<(), WeightsError> {
        for parameter in parameters {
            let name = format!("{list}.{}", parameter.name);
            let Some(tensor) = state.get(&name) else {
                return Err(WeightsError::Missing {
                    count: 1,
                    first: name,
                });
            };
            let (found, expected) = (tensor.size(), parameter.tensor.size());
            if found != expected {
                return Err(WeightsError::Shape {
                    name,
                    found,
                    expected,
                });
            }
            self.one(parameter).shallow_clone().copy_(tensor);
        }
        Ok(())
    }
}
