//! Training one network, a batch at a time.

use creamc_torch::{Short, TorchError};
use tch::Tensor;

use super::scale::LossScale;
use crate::childnet::{Childnet, Drops};
use crate::config::RetrainSettings;
use crate::data::Batch;
use crate::nn::NamedTensor;
use crate::ranks::Ranks;
use crate::train::average::{Average, Decay};
use crate::train::epoch::Measured;
use crate::train::loss::{cross_entropy, mixed_targets, target_cross_entropy};
use crate::train::meter::{Seen, hits};
use crate::train::optimiser::Optimiser;
use crate::train::{Error, Recipe};

/// How a network is trained, beside the recipe.
#[derive(Debug, Clone, Copy, PartialEq)]
struct How {
    drops: Drops,
    clip: Option<f64>,
    accumulate: u64,
    seed: u64,
}

/// A network and what its training moves.
#[derive(Debug)]
pub struct Learner {
    /// The network.
    pub childnet: Childnet,
    pub(super) optimiser: Optimiser,
    pub(super) average: Option<Average>,
    how: How,
    /// Sums over the batches of the update that is being gathered; empty before its first.
    pub(super) gathered: Vec<Tensor>,
    pub(super) scale: Option<LossScale>,
    /// The processes that train together.
    pub ranks: Ranks,
}

impl Learner {
    /// A network that has made no step.
    #[must_use]
    pub fn new(
        childnet: Childnet,
        settings: &RetrainSettings,
        recipe: &Recipe,
        ranks: Ranks,
    ) -> Learner {
        let average = settings.ema.map(|ema| {
            let decay = Decay {
                keep: ema.decay,
                warmup: ema.warmup,
            };
            Average::new(decay, &childnet.tensors())
        });
        Learner {
            optimiser: recipe.optimiser(),
            average,
            how: How {
                drops: Drops {
                    dropout: settings.dropout,
                    path: settings.drop_path,
                },
                clip: settings.clip,
                accumulate: settings.accumulate,
                seed: settings.train.seed,
            },
            gathered: Vec::new(),
            scale: (recipe.short == Some(Short::F16)).then(LossScale::default),
            childnet,
            ranks,
        }
    }

    /// Trains on one batch, the step counted from 0 over the whole run. The weights move with
    /// the last batch of an update.
    ///
    /// # Errors
    /// When libtorch refuses, or a rank is lost.
    pub fn step(&mut self, recipe: &Recipe, step: u64, batch: &Batch) -> Result<Measured, Error> {
        let logits = self.forward(recipe, &batch.images, step)?;
        let loss = mixed_cross_entropy(&logits, batch, recipe.smoothing);
        let update = Update::of(step, recipe.steps, self.how.accumulate);
        let seen = Seen::of(&loss, &hits(&logits, &prevailing(batch), 1));
        let ranks = self.ranks.clone();
        let sharing = seen.share(&ranks, self.childnet.buffers())?;
        self.gather(&loss, update.batches)?;
        sharing.finish()?;
        if update.is_whole {
            self.update(recipe.schedule.lr(step))?;
        }
        let (loss, hits) = seen.sums(&ranks);
        Ok(Measured {
            loss,
            hits,
            images: batch.len() * ranks.world(),
        })
    }

    /// The averaged weights, where an average is kept.
    #[must_use]
    pub fn average(&self) -> Option<&Average> {
        self.average.as_ref()
    }

    /// Starts the average anew, from the weights as they are now.
    pub fn restart_average(&mut self) {
        if let Some(average) = &mut self.average {
            average.restart(&self.childnet.tensors());
        }
    }

    /// What `look` makes of the network with its averaged weights, where an average is kept.
    pub fn on_average<T>(&self, look: impl FnOnce(&Childnet) -> T) -> Option<T> {
        let average = self.average.as_ref()?;
        let tensors = self.childnet.tensors();
        let own = copies(&tensors);
        let averaged = average.tensors().iter();
        let averaged: Vec<Tensor> = averaged.map(|one| one.tensor.shallow_clone()).collect();
        copy_all(&averaged, &tensors);
        let seen = look(&self.childnet);
        copy_all(&own, &tensors);
        Some(seen)
    }

    /// Logits as f32, whatever the forward computes in.
    fn forward(&self, recipe: &Recipe, images: &Tensor, step: u64) -> Result<Tensor, Error> {
        let How { drops, seed, .. } = self.how;
        if !drops.are_none() {
            // What a step draws depends on the seed, the step and the rank alone.
            let (rank, world) = (self.ranks.rank() as u64, self.ranks.world() as u64);
            tch::manual_seed(stream(seed, step * world + rank));
        }
        let norms = self.ranks.norms(recipe.sync_norms);
        let forward = || self.childnet.forward_training(images, drops, norms);
        let logits = recipe.forward(self.childnet.place(), forward);
        Ok(self.ranks.found(logits)?)
    }

    /// Adds the gradients of a batch that is one of `batches`, averaged over ranks.
    fn gather(&mut self, loss: &Tensor, batches: u64) -> Result<(), Error> {
        let factor = self.scale.as_ref().map_or(1.0, LossScale::factor) / batches as f64;
        let parameters = self.childnet.parameters();
        let scaled = match factor == 1.0 {
            true => loss.shallow_clone(),
            false => loss * factor,
        };
        // Averaged with every batch, so that what a checkpoint holds is the same on all ranks.
        let new = self.ranks.gradients(&scaled, &parameters)?;
        if batches == 1 {
            self.gathered = new;
            return Ok(());
        }
        if self.gathered.is_empty() {
            // In the weights' layout, as a checkpoint gives them back: the order in which a norm
            // adds up, and with it the last bits, follows from the layout.
            self.gathered = self.zeros();
        }
        for (sum, new) in self.gathered.iter_mut().zip(&new) {
            *sum += new;
        }
        Ok(())
    }

    /// A zero for every parameter, in its shape and layout.
    pub(super) fn zeros(&self) -> Vec<Tensor> {
        let parameters = self.childnet.parameters();
        let zeros = parameters
            .iter()
            .map(|one| one.tensor.detach().zeros_like());
        zeros.collect()
    }

    /// Moves the weights and their average.
    fn update(&mut self, lr: f64) -> Result<(), Error> {
        let gradients = std::mem::take(&mut self.gathered);
        if let Some(scale) = &mut self.scale
            && !scale.undo(&gradients)?
        {
            return Ok(());
        }
        if let Some(largest) = self.how.clip {
            clip(&gradients, largest)?;
        }
        let parameters = self.childnet.parameters();
        self.optimiser.step(lr, &parameters, &gradients)?;
        match &mut self.average {
            Some(average) => Ok(average.update(&self.childnet.tensors())?),
            None => Ok(()),
        }
    }
}

fn copies(tensors: &[NamedTensor]) -> Vec<Tensor> {
    let copied = tensors.iter();
    tch::no_grad(|| copied.map(|one| one.tensor.detach().copy()).collect())
}

/// Copies tensors to those of the same order.
fn copy_all(from: &[Tensor], to: &[NamedTensor]) {
    tch::no_grad(|| {
        for (from, to) in from.iter().zip(to) {
            to.tensor.shallow_clone().copy_(from);
        }
    });
}

/// The loss against the labels, mixed as their images are.
fn mixed_cross_entropy(logits: &Tensor, batch: &Batch, smoothing: f64) -> Tensor {
    if batch.share == 1.0 {
        return cross_entropy(logits, &batch.labels, smoothing);
    }
    let classes = logits.size()[1];
    let targets = mixed_targets(&batch.labels, classes, smoothing, batch.share);
    target_cross_entropy(logits, &targets.to_kind(logits.kind()))
}

/// The class that has most of each image; of two equal ones, its own.
fn prevailing(batch: &Batch) -> Tensor {
    match batch.share < 0.5 {
        true => batch.labels.flip([0]),
        false => batch.labels.shallow_clone(),
    }
}

/// Shortens gradients that are longer than `largest` in all.
///
/// # Errors
/// When libtorch refuses.
pub fn clip(gradients: &[Tensor], largest: f64) -> Result<(), TorchError> {
    // As torch does, which guards against a norm of zero; nothing waits for the device.
    let factor = largest / (creamc_torch::norm(gradients)? + 1e-6);
    creamc_torch::scale(gradients, &factor.clamp_max(1.0))
}

/// The update that a batch belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Update {
    /// Batches that make it: fewer at the end of an epoch.
    batches: u64,
    /// Whether the batch is its last.
    is_whole: bool,
}

impl Update {
    fn of(step: u64, steps: u64, accumulate: u64) -> Update {
        let at = step % steps;
        let start = at - at % accumulate;
        let batches = accumulate.min(steps - start);
        Update {
            batches,
            is_whole: at + 1 == start + batches,
        }
    }
}

/// A seed for one step; SplitMix64, so that neighbours have nothing in common.
fn stream(seed: u64, step: u64) -> i64 {
    let mut z = seed ^ step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_gather_their_batches_and_end_with_the_epoch() {
        let all: Vec<(u64, bool)> = (0..14)
            .map(|step| Update::of(step, 7, 3))
            .map(|update| (update.batches, update.is_whole))
            .collect();
        let epoch = [
            (3, false),
            (3, false),
            (3, true),
            (3, false),
            (3, false),
            (3, true),
            (1, true),
        ];
        assert_eq!(all, [epoch, epoch].concat());
    }

    #[test]
    fn every_step_draws_anew() {
        assert_ne!(stream(1, 0), stream(1, 1));
        assert_ne!(stream(1, 0), stream(2, 0));
        assert_eq!(stream(1, 5), stream(1, 5));
    }
}
