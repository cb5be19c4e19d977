//! One step of stochastic gradient descent over a list of tensors.

use tch::Tensor;

use crate::shim::{self, TorchError};

/// Settings of a step. Weight decay is added to the gradient, as torch does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub lr: f64,
    /// Share of the buffer that is kept; the gradient enters it undamped.
    pub momentum: f64,
    /// Times the parameter, added to its gradient.
    pub weight_decay: f64,
    /// Steps by gradient + momentum · buffer instead of the buffer.
    pub nesterov: bool,
}

/// Moves `parameters` and `buffers` in place. A buffer starts as zeros with the
/// layout and type of its parameter; without momentum it stays as it is. The fused kernel of libtorch does it for
/// float32 and float64 on CPU and CUDA, plain operators for the rest and for slices of larger tensors.
///
/// # Errors
/// When a gradient is undefined, or shapes, layouts or types do not go together.
/// Nothing has moved then.
///
/// # Panics
/// When the three lists differ in length.
pub fn sgd_step(
    settings: Sgd,
    parameters: &[Tensor],
    gradients: &[Tensor],
    buffers: &[Tensor],
) -> Result<(), TorchError> {
    assert_eq!(parameters.len(), gradients.len(), "a gradient a parameter");
    assert_eq!(parameters.len(), buffers.len(), "a buffer a parameter");
    let Sgd {
        lr,
        momentum,
        weight_decay,
        nesterov,
    } = settings;
    // SAFETY: three lists of `parameters.len()` live tensors, as the shim expects.
    shim::outcome(unsafe {
        shim::shim_sgd_step(
            shim::pointers(parameters).as_ptr(),
            shim::pointers(gradients).as_ptr(),
            shim::pointers(buffers).as_ptr(),
            parameters.len(),
            lr,
            momentum,
            weight_decay,
            nesterov,
        )
    })
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;
    use crate::channels_last;

    const SETTINGS: Sgd = Sgd {
        lr: 0.1,
        momentum: 0.9,
        weight_decay: 0.01,
        nesterov: true,
    };

    /// The textbook step, on one number.
    fn by_hand(settings: Sgd, w: &mut f64, g: f64, m: &mut f64) {
        let g = g + settings.weight_decay * *w;
        *m = settings.momentum * *m + g;
        let step = if settings.nesterov {
            g + settings.momentum * *m
        } else {
            *m
        };
        *w -= settings.lr * step;
    }

    fn two_steps(kind: Kind, settings: Sgd) {
        let tolerance = match kind {
            Kind::Double => 1e-15,
            Kind::Float => 1e-6,
            _ => 2e-2,
        };
        let weight = Tensor::from_slice(&[1.0, -2.0, 0.5]).to_kind(kind);
        let buffer = weight.zeros_like();
        let mut expected = [1.0, -2.0, 0.5];
        let mut momentum = [0.0; 3];
        for gradient in [[0.25, 0.5, -1.0], [-0.5, 0.125, 2.0]] {
            for i in 0..3 {
                by_hand(settings, &mut expected[i], gradient[i], &mut momentum[i]);
            }
            let gradient = Tensor::from_slice(&gradient).to_kind(kind);
            sgd_step(
                settings,
                std::slice::from_ref(&weight),
                &[gradient],
                std::slice::from_ref(&buffer),
            )
            .unwrap();
        }
        for (i, expected) in expected.iter().enumerate() {
            let got = weight.double_value(&[i as i64]);
            assert!(
                (got - expected).abs() < tolerance,
                "{kind:?} {got} {expected}"
            );
        }
    }

    #[test]
    fn two_steps_are_the_textbooks_in_every_type() {
        for kind in [Kind::Float, Kind::Double, Kind::BFloat16] {
            two_steps(kind, SETTINGS);
            two_steps(
                kind,
                Sgd {
                    nesterov: false,
                    weight_decay: 0.0,
                    ..SETTINGS
                },
            );
        }
    }

    #[test]
    fn a_gradient_in_another_layout_moves_the_right_elements() {
        let shape = [2, 3, 2, 2];
        let values = Tensor::arange(24, (Kind::Double, Device::Cpu)).view(shape);
        let weight = channels_last(&Tensor::zeros(shape, (Kind::Double, Device::Cpu))).unwrap();
        let buffer = weight.zeros_like();
        let settings = Sgd {
            lr: 1.0,
            momentum: 0.0,
            weight_decay: 0.0,
            nesterov: false,
        };
        sgd_step(
            settings,
            &[weight.shallow_clone()],
            &[values.shallow_clone()],
            &[buffer],
        )
        .unwrap();
        assert!(weight.equal(&values.neg()));
    }

    #[test]
    fn an_undefined_gradient_is_an_error_and_nothing_moves() {
        let weights = [
            Tensor::from_slice(&[1.0_f32]),
            Tensor::from_slice(&[2.0_f32]),
        ];
        let buffers = [weights[0].zeros_like(), weights[1].zeros_like()];
        let gradients = [Tensor::from_slice(&[1.0_f32]), Tensor::new()];
        let error = sgd_step(SETTINGS, &weights, &gradients, &buffers).unwrap_err();
        assert!(
            error.to_string().contains("parameter 1 has no gradient"),
            "{error}"
        );
        assert_eq!(weights[0].double_value(&[0]), 1.0);
    }

    #[test]
    fn parameters_that_require_gradients_may_be_moved() {
        let weight = Tensor::from_slice(&[1.0_f32]).set_requires_grad(true);
        (&weight * 3.0).sum(Kind::Float).backward();
        let plain = Sgd {
            lr: 0.5,
            momentum: 0.0,
            weight_decay: 0.0,
            nesterov: false,
        };
        let buffer = Tensor::from_slice(&[0.0_f32]);
        sgd_step(
            plain,
            &[weight.shallow_clone()],
            &[weight.grad()],
            &[buffer],
        )
        .unwrap();
        assert_eq!(weight.double_value(&[0]), -0.5);
        assert!(weight.requires_grad());
    }
}
