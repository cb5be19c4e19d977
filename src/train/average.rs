//! A running average of a network's weights and norm statistics.

use std::collections::BTreeMap;

use creamc_torch::{TorchError, lerp};
use tch::Tensor;

use crate::nn::{NamedTensor, WeightsError, copy_into};

/// How an average moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decay {
    /// The share that an update keeps.
    pub keep: f64,
    /// Whether the first updates keep less, (1 + n) / (10 + n): a short run would otherwise
    /// average its first, random weights.
    pub warmup: bool,
}

impl Decay {
    /// The share that the update after `made` others keeps.
    fn at(self, made: u64) -> f64 {
        let early = (1.0 + made as f64) / (10.0 + made as f64);
        if self.warmup {
            self.keep.min(early)
        } else {
            self.keep
        }
    }
}

/// Averages of tensors under their names.
#[derive(Debug)]
pub struct Average {
    decay: Decay,
    updates: u64,
    tensors: Vec<NamedTensor>,
}

impl Average {
    /// An average that starts as a copy.
    #[must_use]
    pub fn new(decay: Decay, tensors: &[NamedTensor]) -> Average {
        let copied = tensors.iter().map(|own| NamedTensor {
            name: own.name.clone(),
            tensor: tch::no_grad(|| own.tensor.detach().copy()),
        });
        Average {
            decay,
            updates: 0,
            tensors: copied.collect(),
        }
    }

    /// Moves towards the tensors as they are now; the same ones, in the same order.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn update(&mut self, tensors: &[NamedTensor]) -> Result<(), TorchError> {
        let plain = |named: &[NamedTensor]| -> Vec<Tensor> {
            named.iter().map(|one| one.tensor.shallow_clone()).collect()
        };
        let weight = 1.0 - self.decay.at(self.updates);
        self.updates += 1;
        lerp(&plain(&self.tensors), &plain(tensors), weight)
    }

    /// The averages.
    #[must_use]
    pub fn tensors(&self) -> &[NamedTensor] {
        &self.tensors
    }

    /// Starts again, as a copy of the tensors.
    pub fn restart(&mut self, tensors: &[NamedTensor]) {
        *self = Average::new(self.decay, tensors);
    }

    /// Takes over what [`Average::tensors`] and [`Average::updates`] gave.
    ///
    /// # Errors
    /// When the tensors are not those of this average; nothing has changed then.
    pub fn restore(
        &mut self,
        updates: u64,
        tensors: &BTreeMap<String, Tensor>,
    ) -> Result<(), WeightsError> {
        copy_into(&self.tensors, tensors)?;
        self.updates = updates;
        Ok(())
    }

    /// The number of updates.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_updates_keep_less_when_they_are_warmed_up() {
        let decay = Decay {
            keep: 0.9999,
            warmup: true,
        };
        assert_eq!(decay.at(0), 0.1);
        assert_eq!(decay.at(1_000_000), 0.9999);
        let plain = Decay {
            warmup: false,
            ..decay
        };
        assert_eq!(plain.at(0), 0.9999);
    }

    #[test]
    fn a_restored_average_goes_on_with_its_count() {
        let decay = Decay {
            keep: 0.9,
            warmup: true,
        };
        let named = |value: f64| {
            [NamedTensor {
                name: "w".into(),
                tensor: Tensor::from_slice(&[value]),
            }]
        };
        let mut average = Average::new(decay, &named(0.0));
        average.update(&named(1.0)).unwrap();
        let saved = average.tensors().iter();
        let saved = saved.map(|one| (one.name.to_string(), one.tensor.copy()));
        let mut again = Average::new(decay, &named(5.0));
        again.restore(average.updates(), &saved.collect()).unwrap();
        for one in [&mut average, &mut again] {
            one.update(&named(2.0)).unwrap();
        }
        assert!(
            average.tensors()[0]
                .tensor
                .equal(&again.tensors()[0].tensor)
        );
        assert!(again.restore(1, &BTreeMap::new()).is_err());
    }
}
