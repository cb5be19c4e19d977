//! Tensors under their names, and copying them by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use tch::Tensor;

/// A tensor with its full name: `s1.0.3.conv_pw.weight`. Clones share the memory.
#[derive(Debug)]
pub struct NamedTensor {
    /// The name.
    pub name: Arc<str>,
    /// The tensor.
    pub tensor: Tensor,
}

impl NamedTensor {
    /// Whether weight decay belongs on it: on weights, not on biases and norms.
    pub fn decays(&self) -> bool {
        self.tensor.dim() > 1
    }
}

impl Clone for NamedTensor {
    fn clone(&self) -> NamedTensor {
        NamedTensor {
            name: Arc::clone(&self.name),
            tensor: self.tensor.shallow_clone(),
        }
    }
}

/// Weights that do not fit the network they are meant for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// Some tensors of the network are not there.
    #[error("{count} tensors are missing, the first is `{first}`")]
    Missing {
        /// How many.
        count: usize,
        /// The first in the network's order.
        first: String,
    },
    /// Some tensors belong to no part of the network.
    #[error("{count} tensors belong to no part of the network, the first is `{first}`")]
    Unknown {
        /// How many.
        count: usize,
        /// The first by name.
        first: String,
    },
    /// A tensor has another shape.
    #[error("`{name}` is {found:?}, the network's is {expected:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape in the weights.
        found: Vec<i64>,
        /// Its shape in the network.
        expected: Vec<i64>,
    },
}

/// Copies every tensor of `from` into the one of `to` with its name, converting
/// kind and device.
///
/// # Errors
/// When a name has no counterpart on the other side, or shapes differ; nothing
/// is copied then.
pub fn copy_into(to: &[NamedTensor], from: &BTreeMap<String, Tensor>) -> Result<(), WeightsError> {
    check_names(to, from)?;
    for own in to {
        let (found, expected) = (from[&*own.name].size(), own.tensor.size());
        if found != expected {
            return Err(WeightsError::Shape {
                name: own.name.to_string(),
                found,
                expected,
            });
        }
    }
    tch::no_grad(|| {
        for own in to {
            own.tensor.shallow_clone().copy_(&from[&*own.name]);
        }
    });
    Ok(())
}

fn check_names(to: &[NamedTensor], from: &BTreeMap<String, Tensor>) -> Result<(), WeightsError> {
    let missing: Vec<_> = to
        .iter()
        .filter(|own| !from.contains_key(&*own.name))
        .collect();
    if let Some(first) = missing.first() {
        return Err(WeightsError::Missing {
            count: missing.len(),
            first: first.name.to_string(),
        });
    }
    let known: std::collections::BTreeSet<&str> = to.iter().map(|own| &*own.name).collect();
    let unknown: Vec<_> = from
        .keys()
        .filter(|name| !known.contains(name.as_str()))
        .collect();
    match unknown.first() {
        None => Ok(()),
        Some(first) => Err(WeightsError::Unknown {
            count: unknown.len(),
            first: (*first).clone(),
        }),
    }
}
