//! What a training is measured by: losses and hits, read from the device rarely.

use tch::{Kind, Tensor};

use crate::ranks::{Ranks, RanksError, Sharing};

/// Losses and hits of the steps since the last reading, still on the device.
#[derive(Debug, Default)]
pub struct Meter {
    losses: Vec<Tensor>,
    hits: Vec<Tensor>,
    images: Vec<usize>,
}

/// What a meter showed: sums over the steps it was read for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reading {
    /// Sum of the losses, each times its images.
    pub loss: f64,
    /// Images whose class had the highest logit.
    pub hits: f64,
    /// Images in all.
    pub images: f64,
}

/// A loss from which no training comes back: no cross entropy of live weights is near it.
const EXPLODED: f64 = 1e6;

/// A loss that is no number or beyond every measure, at this step since the last reading, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotANumber(pub usize);

impl Meter {
    /// Adds one step: its loss, a scalar, and its hits, from [`hits`]. Waits for nothing.
    pub fn add(&mut self, loss: &Tensor, hits: &Tensor, images: usize) {
        self.losses.push(loss.detach());
        self.hits.push(hits.detach());
        self.images.push(images);
    }

    /// Steps since the last reading.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether nothing was added since the last reading.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Waits for the device, adds every step to `sums`, one after the other, and starts anew.
    /// The sums depend on the steps alone, not on when they were read.
    ///
    /// # Errors
    /// When a loss is not finite or has exploded.
    pub fn read(&mut self, sums: &mut Reading) -> Result<(), NotANumber> {
        let losses = numbers(&std::mem::take(&mut self.losses));
        let hits = numbers(&std::mem::take(&mut self.hits));
        let images = std::mem::take(&mut self.images);
        if let Some(at) = losses
            .iter()
            .position(|loss| loss.is_nan() || loss.abs() >= EXPLODED)
        {
            return Err(NotANumber(at));
        }
        for ((loss, hits), images) in losses.iter().zip(&hits).zip(images) {
            *sums += Reading {
                loss: loss * images as f64,
                hits: *hits,
                images: images as f64,
            };
        }
        Ok(())
    }
}

impl Reading {
    /// Mean loss of an image; 0 where there was none.
    pub fn mean_loss(&self) -> f64 {
        share(self.loss, self.images)
    }

    /// Share of hits in percent; 0 where there was no image.
    pub fn top1(&self) -> f64 {
        100.0 * share(self.hits, self.images)
    }
}

impl std::ops::AddAssign for Reading {
    fn add_assign(&mut self, other: Reading) {
        self.loss += other.loss;
        self.hits += other.hits;
        self.images += other.images;
    }
}

/// Loss and hits of one step on this rank, on their way to what all ranks saw.
#[derive(Debug)]
pub struct Seen(Tensor);

impl Seen {
    /// Of a mean loss and of hits, two scalars.
    #[must_use]
    pub fn of(loss: &Tensor, hits: &Tensor) -> Seen {
        let loss = loss.detach();
        Seen(Tensor::stack(&[&loss, &hits.to_kind(loss.kind())], 0))
    }

    /// Begins to average it over ranks, with norm statistics of the same kind in the same message.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn share<'a>(
        &self,
        ranks: &'a Ranks,
        mut statistics: Vec<Tensor>,
    ) -> Result<Sharing<'a>, RanksError> {
        statistics.push(self.0.shallow_clone());
        ranks.share(&statistics)
    }

    /// Once it is averaged: the mean loss of all images, and all hits, a whole number.
    pub fn sums(&self, ranks: &Ranks) -> (Tensor, Tensor) {
        // A third in 24 bits is no third; times the ranks it is as near to the count as those bits go.
        let hits = self.0.get(1).to_kind(Kind::Double) * ranks.world() as f64;
        (self.0.get(0), hits.round())
    }
}

/// How many images have their class (`[N]`) among the `k` highest of their
/// logits (`[N, classes]`): a scalar that stays on the device.
pub fn hits(logits: &Tensor, classes: &Tensor, k: i64) -> Tensor {
    let k = k.min(logits.size()[1]);
    let (_, highest) = logits.detach().topk(k, -1, true, true);
    highest.eq_tensor(&classes.unsqueeze(-1)).sum(Kind::Double)
}

/// Scalars as numbers; waits for the device once.
pub fn numbers(scalars: &[Tensor]) -> Vec<f64> {
    if scalars.is_empty() {
        return Vec::new();
    }
    let stacked = Tensor::stack(scalars, 0).to_kind(Kind::Double);
    Vec::try_from(stacked).expect("a stack of scalars is a vector")
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use creamc_torch::group::testing;

    use super::*;

    #[test]
    fn losses_weigh_by_their_images_and_hits_add_up() {
        let mut meter = Meter::default();
        meter.add(&Tensor::from(2.0), &Tensor::from(1.0), 2);
        meter.add(&Tensor::from(5.0), &Tensor::from(0.0), 1);
        let mut reading = Reading::default();
        meter.read(&mut reading).unwrap();
        assert_eq!(reading.mean_loss(), 3.0);
        assert!((reading.top1() - 100.0 / 3.0).abs() < 1e-9);
        assert!(meter.is_empty());
        let before = reading;
        meter.read(&mut reading).unwrap();
        assert_eq!(reading, before);
    }

    #[test]
    fn hits_of_three_ranks_are_whole() {
        let sums = testing::ranks(3, |group| {
            let ranks = Ranks::of(Arc::new(group));
            let counts = (0..200_i64).map(|step| {
                let own = step * (ranks.rank() as i64 + 1) + i64::from(ranks.is_first());
                let loss = Tensor::from(own as f32);
                let seen = Seen::of(&loss, &Tensor::from(own).to_kind(Kind::Double));
                seen.share(&ranks, Vec::new()).unwrap().finish().unwrap();
                seen.sums(&ranks).1.double_value(&[])
            });
            counts.collect::<Vec<f64>>()
        });
        let counted: Vec<f64> = (0..200).map(|step| f64::from(6 * step + 1)).collect();
        assert_eq!(sums, [(); 3].map(|()| counted.clone()));
    }

    #[test]
    fn sums_do_not_depend_on_when_they_were_read() {
        let sums = |every: usize| {
            let (mut meter, mut sums) = (Meter::default(), Reading::default());
            for step in 1..50_usize {
                meter.add(&Tensor::from(0.1 / step as f64), &Tensor::from(1.0), 3);
                if step.is_multiple_of(every) {
                    meter.read(&mut sums).unwrap();
                }
            }
            meter.read(&mut sums).unwrap();
            sums.loss.to_bits()
        };
        assert!((2..50).all(|every| sums(every) == sums(1)));
    }

    #[test]
    fn the_first_loss_that_is_no_number_is_told() {
        let mut meter = Meter::default();
        for bad in [f64::INFINITY, f64::NAN, 2e6] {
            for loss in [1.0, bad, f64::NAN] {
                meter.add(&Tensor::from(loss), &Tensor::from(0.0), 4);
            }
            assert_eq!(meter.read(&mut Reading::default()), Err(NotANumber(1)));
        }
    }

    #[test]
    fn a_class_among_the_highest_is_a_hit() {
        let logits = Tensor::from_slice2(&[[0.1, 0.9, 0.5], [0.7, 0.2, 0.6]]);
        let classes = Tensor::from_slice(&[2_i64, 0]);
        let count = |k| hits(&logits, &classes, k).double_value(&[]);
        assert_eq!((count(1), count(2), count(9)), (1.0, 2.0, 2.0));
    }
}
