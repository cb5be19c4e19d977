//! What a step of an optimiser moves: parameters whole, or slices of them, which may overlap.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use crate::nn::{NamedTensor, slice};

/// A parameter, or the smallest slice of one that holds all its slices that are moved.
#[derive(Debug)]
pub struct Move {
    /// What is moved.
    pub parameter: NamedTensor,
    /// Its gradient: the sum over all slices, 0 where none lies.
    pub gradient: Tensor,
    /// Whether none lies there; `None` where one lies everywhere.
    outside: Option<Tensor>,
}

/// One move for each parameter that is named, in the order of the names. One that is named several times is given in
/// slices, each of another shape, of the tensor that `stored` has under its name.
///
/// # Panics
/// When there is not one gradient a parameter, or nothing is stored under the name of one given in slices.
pub fn moves<'a>(
    parameters: &'a [NamedTensor],
    gradients: &'a [Tensor],
    stored: impl Fn(&str) -> Option<&'a Tensor>,
) -> Vec<Move> {
    assert_eq!(parameters.len(), gradients.len(), "a gradient a parameter");
    let mut by_name: BTreeMap<&str, Vec<(&NamedTensor, &Tensor)>> = BTreeMap::new();
    for (parameter, gradient) in parameters.iter().zip(gradients) {
        let slices = by_name.entry(&*parameter.name).or_default();
        slices.push((parameter, gradient));
    }
    let one = |(name, slices): (&str, Vec<(&NamedTensor, &Tensor)>)| match slices[..] {
        [(parameter, gradient)] => Move {
            parameter: parameter.clone(),
            gradient: gradient.shallow_clone(),
            outside: None,
        },
        _ => {
            let stored = stored(name).expect("what is given in slices is stored");
            tch::no_grad(|| Move::union(stored, &slices))
        }
    };
    by_name.into_iter().map(one).collect()
}

impl Move {
    fn union(stored: &Tensor, slices: &[(&NamedTensor, &Tensor)]) -> Move {
        let size = |tensor: &Tensor| tensor.size();
        let mut shape = size(slices[0].1);
        for (_, gradient) in slices {
            let larger = shape.iter().zip(size(gradient)).map(|(&a, b)| a.max(b));
            shape = larger.collect();
        }
        let parameter = NamedTensor {
            name: slices[0].0.name.clone(),
            tensor: slice(stored, &shape).detach(),
        };
        let sum = parameter.tensor.zeros_like();
        for (_, gradient) in slices {
            let _ = slice(&sum, &size(gradient)).g_add_(gradient);
        }
        let covered = slices.iter().any(|(_, gradient)| size(gradient) == shape);
        Move {
            outside: (!covered).then(|| outside(&sum, slices)),
            gradient: sum,
            parameter,
        }
    }

    /// What must not move with it, of the parameter and of its optimiser's `state` for it.
    pub fn still(&self, state: &Tensor) -> Vec<Still> {
        let still = |outside: &Tensor| {
            let tensors = [&self.parameter.tensor, state].into_iter();
            let kept = tensors.map(|tensor| Still {
                tensor: tensor.shallow_clone(),
                before: tensor.detach().copy(),
                outside: outside.shallow_clone(),
            });
            kept.collect()
        };
        self.outside.as_ref().map_or_else(Vec::new, still)
    }
}

/// Where none of the slices lies, in a tensor like `sum`.
fn outside(sum: &Tensor, slices: &[(&NamedTensor, &Tensor)]) -> Tensor {
    let outside = sum.ones_like().to_kind(Kind::Bool);
    for (_, gradient) in slices {
        let _ = slice(&outside, &gradient.size()).fill_(0.0);
    }
    outside
}

/// Numbers beside the slices of a tensor, as they were before a step.
#[derive(Debug)]
#[must_use = "they stand still only when they are put back"]
pub struct Still {
    tensor: Tensor,
    before: Tensor,
    outside: Tensor,
}

impl Still {
    /// Puts them back after the step, bit by bit.
    pub fn put_back(mut self) {
        tch::no_grad(|| {
            let now = self.before.where_self(&self.outside, &self.tensor);
            self.tensor.copy_(&now);
        });
    }
}
