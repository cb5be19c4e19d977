//! Steps of Adam and RMSprop, and sums, over lists of tensors.

use tch::Tensor;

use crate::shim::{self, TorchError};

/// Settings of a step of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Learning rate.
    pub lr: f64,
    /// Shares of the averages of the gradient and of its square that are kept.
    pub betas: (f64, f64),
    /// Added to the root of the averaged square.
    pub eps: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Whether decay shrinks the weights (AdamW) instead of joining the gradient.
    pub decoupled: bool,
}

/// Settings of a step of RMSprop in TensorFlow's form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmspropTf {
    /// Learning rate; it enters the momentum buffer.
    pub lr: f64,
    /// Share of the averaged square that is kept.
    pub alpha: f64,
    /// Share of the momentum buffer that is kept.
    pub momentum: f64,
    /// Added to the averaged square, inside the root.
    pub eps: f64,
    /// Times the parameter, added to its gradient.
    pub weight_decay: f64,
}

/// Moves `parameters`, and the averages `first` and `second`, which start at zero, in place.
/// `step` counts from 1.
///
/// # Errors
/// When a gradient is undefined or shapes do not go together.
///
/// # Panics
/// When the lists differ in length.
pub fn adam_step(
    settings: Adam,
    step: u64,
    parameters: &[Tensor],
    gradients: &[Tensor],
    [first, second]: [&[Tensor]; 2],
) -> Result<(), TorchError> {
    let count = parameters.len();
    assert!(
        [gradients.len(), first.len(), second.len()] == [count; 3],
        "lists of one length"
    );
    // SAFETY: four lists of `count` live tensors, as the shim expects.
    shim::outcome(unsafe {
        shim::shim_adam_step(
            shim::pointers(parameters).as_ptr(),
            shim::pointers(gradients).as_ptr(),
            shim::pointers(first).as_ptr(),
            shim::pointers(second).as_ptr(),
            count,
            step,
            settings.lr,
            settings.betas.0,
            settings.betas.1,
            settings.eps,
            settings.weight_decay,
            settings.decoupled,
        )
    })
}

/// Moves `parameters`, the averaged squares, which start at one, and the momentum buffers,
/// which start at zero, in place.
///
/// # Errors
/// When a gradient is undefined or shapes do not go together.
///
/// # Panics
/// When the lists differ in length.
pub fn rmsprop_tf_step(
    settings: RmspropTf,
    parameters: &[Tensor],
    gradients: &[Tensor],
    [squares, buffers]: [&[Tensor]; 2],
) -> Result<(), TorchError> {
    let count = parameters.len();
    assert!(
        [gradients.len(), squares.len(), buffers.len()] == [count; 3],
        "lists of one length"
    );
    // SAFETY: four lists of `count` live tensors, as the shim expects.
    shim::outcome(unsafe {
        shim::shim_rmsprop_tf_step(
            shim::pointers(parameters).as_ptr(),
            shim::pointers(gradients).as_ptr(),
            shim::pointers(squares).as_ptr(),
            shim::pointers(buffers).as_ptr(),
            count,
            settings.lr,
            settings.alpha,
            settings.momentum,
            settings.eps,
            settings.weight_decay,
        )
    })
}

/// Moves each of `to` by `weight` of the way to its counterpart in `from`.
///
/// # Errors
/// When shapes or kinds differ.
///
/// # Panics
/// When the lists differ in length.
pub fn lerp(to: &[Tensor], from: &[Tensor], weight: f64) -> Result<(), TorchError> {
    assert_eq!(to.len(), from.len(), "a counterpart each");
    // SAFETY: two lists of `to.len()` live tensors, as the shim expects.
    shim::outcome(unsafe {
        shim::shim_lerp(
            shim::pointers(to).as_ptr(),
            shim::pointers(from).as_ptr(),
            to.len(),
            weight,
        )
    })
}

/// The Euclidean norm of all numbers of all tensors: a scalar that may still be under way.
///
/// # Errors
/// When there is no tensor, or they lie on several devices.
pub fn norm(tensors: &[Tensor]) -> Result<Tensor, TorchError> {
    // SAFETY: a list of `tensors.len()` live tensors, as the shim expects.
    shim::one_tensor(|output| unsafe {
        shim::shim_norm(shim::pointers(tensors).as_ptr(), tensors.len(), output)
    })
}

/// Multiplies every tensor by a scalar, in place; it may still be under way on the device.
///
/// # Errors
/// When libtorch refuses.
pub fn scale(tensors: &[Tensor], factor: &Tensor) -> Result<(), TorchError> {
    // SAFETY: a list of `tensors.len()` live tensors and a live one, as the shim expects.
    shim::outcome(unsafe {
        shim::shim_scale(
            shim::pointers(tensors).as_ptr(),
            tensors.len(),
            shim::pointer(factor),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_norm_is_that_of_all_numbers_and_scaling_changes_it() {
        let tensors = [
            Tensor::from_slice(&[3.0]),
            Tensor::from_slice2(&[[0.0, 4.0]]),
        ];
        assert_eq!(norm(&tensors).unwrap().double_value(&[]), 5.0);
        scale(&tensors, &Tensor::from(0.5)).unwrap();
        assert_eq!(norm(&tensors).unwrap().double_value(&[]), 2.5);
        assert!(norm(&[]).is_err());
    }

    #[test]
    fn a_missing_gradient_or_another_shape_is_an_error() {
        let weight = [Tensor::from_slice(&[1.0, 2.0])];
        let state = [weight[0].zeros_like()];
        let settings = RmspropTf {
            lr: 0.1,
            alpha: 0.9,
            momentum: 0.9,
            eps: 1e-3,
            weight_decay: 0.0,
        };
        for wrong in [Tensor::new(), Tensor::from_slice(&[1.0])] {
            let states: [&[Tensor]; 2] = [&state, &state];
            assert!(rmsprop_tf_step(settings, &weight, &[wrong], states).is_err());
        }
        assert!(lerp(&weight, &[Tensor::from_slice(&[1.0])], 0.5).is_err());
    }
}
