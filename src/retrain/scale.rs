//! A factor on the loss, so that small gradients do not vanish in float16.

use creamc_torch::TorchError;
use tch::Tensor;

/// The factor, which grows until gradients overflow and halves when they do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossScale {
    factor: f64,
    /// Updates since it last changed.
    good: u64,
}

/// Good updates before the factor doubles.
const PATIENCE: u64 = 2000;

impl Default for LossScale {
    fn default() -> LossScale {
        LossScale {
            factor: 65_536.0,
            good: 0,
        }
    }
}

impl LossScale {
    /// The scale that a checkpoint holds.
    pub fn restored(factor: f64, good: u64) -> LossScale {
        LossScale { factor, good }
    }

    /// Updates since the factor last changed.
    pub fn good(&self) -> u64 {
        self.good
    }

    /// What the loss is multiplied with.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Divides the gradients by the factor. `false`: they overflowed, and the update is to be
    /// left out. Waits for the device.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn undo(&mut self, gradients: &[Tensor]) -> Result<bool, TorchError> {
        let norm = creamc_torch::norm(gradients)?;
        if !norm.double_value(&[]).is_finite() {
            self.factor = (self.factor / 2.0).max(1.0);
            self.good = 0;
            return Ok(false);
        }
        let inverse = Tensor::from(1.0 / self.factor).to_device(norm.device());
        creamc_torch::scale(gradients, &inverse.to_kind(norm.kind()))?;
        self.good += 1;
        if self.good == PATIENCE {
            self.factor *= 2.0;
            self.good = 0;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_halves_the_factor_and_good_updates_get_their_gradients_back() {
        let mut scale = LossScale::default();
        assert!(!scale.undo(&[Tensor::from_slice(&[f32::INFINITY])]).unwrap());
        assert_eq!(scale.factor(), 32_768.0);
        let gradient = [Tensor::from_slice(&[32_768.0_f32])];
        assert!(scale.undo(&gradient).unwrap());
        assert_eq!(gradient[0].double_value(&[0]), 1.0);
        for _ in 1..PATIENCE {
            scale.undo(&gradient).unwrap();
        }
        assert_eq!(scale.factor(), 65_536.0);
    }
}
