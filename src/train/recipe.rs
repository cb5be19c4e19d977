//! The numbers of a step that every training has, and how its weights move.

use creamc_torch::{Sgd, Short, TorchError, autocast};
use tch::{Kind, Tensor};

use super::optimiser::{Optimiser, OptimiserKind};
use super::{Error, Noise, Per, Schedule, Shape};
use crate::config::{
    OptimizerKind, OptimizerSettings, ScheduleShape, ShortFloats, TrainSettings, Warmup,
};
use crate::nn::Place;

/// What any training step needs to know; the settings, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The learning rate.
    pub schedule: Schedule,
    /// Steps of an epoch; at least 1.
    pub steps: u64,
    /// Momentum (Nesterov).
    pub momentum: f64,
    /// Weight decay, on weights but not on biases and norms.
    pub weight_decay: f64,
    /// Label smoothing.
    pub smoothing: f64,
    /// Whether norms see the images of all processes (`SYNC_BN`).
    pub sync_norms: bool,
    /// Short floats in the forward (`AMP`).
    pub short: Option<Short>,
    /// Which optimiser.
    pub optimiser: OptimiserKind,
}

impl Recipe {
    /// The recipe for a train part of so many `images`, of which each of `world` processes takes a batch a step.
    ///
    /// # Errors
    /// When they do not fill a batch, or a setting is not built yet.
    pub fn new(settings: &TrainSettings, images: usize, world: usize) -> Result<Recipe, Error> {
        // A product past all numbers is more than any images.
        let together = settings.batch.checked_mul(world);
        let steps = together.map_or(0, |together| images / together) as u64;
        if steps == 0 {
            let each = match world {
                1 => String::new(),
                world => format!(" for each of {world} processes"),
            };
            return Err(Error::Refused(format!(
                "the train part has {images} images, fewer than `DATASET.BATCH_SIZE`, {}{each}: lower it",
                settings.batch
            )));
        }
        Ok(Recipe {
            schedule: schedule(settings, steps)?,
            steps,
            momentum: settings.optimizer.momentum,
            weight_decay: settings.optimizer.weight_decay,
            smoothing: settings.smoothing,
            sync_norms: settings.sync_norms,
            short: settings.short.map(|short| match short {
                ShortFloats::Bf16 => Short::Bf16,
                ShortFloats::F16 => Short::F16,
            }),
            optimiser: optimiser(&settings.optimizer),
        })
    }

    /// The optimiser that the settings name, before its first step.
    #[must_use]
    pub fn optimiser(&self) -> Optimiser {
        Optimiser::new(self.optimiser, self.weight_decay)
    }

    /// What a training forward at `place` gives, in short floats where the recipe has them; as f32 in any case.
    ///
    /// # Errors
    /// Those of the forward, and when libtorch refuses.
    pub fn forward(
        &self,
        place: Place,
        forward: impl FnOnce() -> Result<Tensor, TorchError>,
    ) -> Result<Tensor, TorchError> {
        match self.short {
            None => forward(),
            Some(short) => {
                let logits = autocast(short, place.device.is_cuda(), forward)??;
                Ok(logits.to_kind(Kind::Float))
            }
        }
    }

    /// How the weights move at step `step`, counted from 0 over the whole run.
    #[must_use]
    pub fn sgd(&self, step: u64) -> Sgd {
        Sgd {
            lr: self.schedule.lr(step),
            momentum: self.momentum,
            weight_decay: self.weight_decay,
            nesterov: true,
        }
    }
}

fn optimiser(settings: &OptimizerSettings) -> OptimiserKind {
    let momentum = settings.momentum;
    match settings.kind {
        OptimizerKind::Sgd => OptimiserKind::Sgd {
            nesterov: true,
            momentum,
        },
        OptimizerKind::Momentum => OptimiserKind::Sgd {
            nesterov: false,
            momentum,
        },
        OptimizerKind::Adam { eps } => OptimiserKind::Adam {
            eps,
            decoupled: false,
        },
        OptimizerKind::AdamW { eps } => OptimiserKind::Adam {
            eps,
            decoupled: true,
        },
        OptimizerKind::RmspropTf { eps } => OptimiserKind::RmspropTf { momentum, eps },
    }
}

/// The rate of a run whose epochs have `steps` steps.
fn schedule(settings: &TrainSettings, steps: u64) -> Result<Schedule, Error> {
    let rate = &settings.schedule;
    let (per, unit) = match rate.per_epoch {
        true => (Per::Epoch, steps),
        false => (Per::Update, 1),
    };
    // From epochs, and from steps, to the schedule's own time.
    let epochs = |epochs: f64| epochs * steps as f64 / unit as f64;
    let warmup = match rate.warmup {
        Warmup::Epochs(all) if rate.per_epoch => all,
        warmup => warmup.steps(steps) as f64 / unit as f64,
    };
    let all = settings.epochs.saturating_add(rate.cooldown);
    let too_long = || Error::Refused(format!("`EPOCHS` is {all}: too many steps to count"));
    let end = epochs(settings.epochs as f64);
    Ok(Schedule {
        shape: match &rate.shape {
            ScheduleShape::Linear => Shape::Linear,
            ScheduleShape::Cosine => Shape::Cosine,
            ScheduleShape::Constant => Shape::Constant,
            ScheduleShape::Step {
                epochs: every,
                rate,
            } => Shape::Step {
                every: epochs(*every),
                rate: *rate,
            },
            ScheduleShape::MultiStep { epochs: at, rate } => Shape::MultiStep {
                at: at.iter().map(|&at| epochs(at)).collect(),
                rate: *rate,
            },
        },
        per,
        unit,
        lr: rate.lr,
        min_lr: rate.min_lr,
        warmup_lr: rate.warmup_lr,
        warmup,
        end,
        steps: all.checked_mul(steps).ok_or_else(too_long)?,
        noise: rate.noise.map(|noise| Noise {
            from: noise.from * end,
            to: noise.to.map_or(f64::INFINITY, |to| to * end),
            share: noise.share,
            seed: settings.seed,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn a_batch_past_all_numbers_is_refused_as_any_that_is_too_large() {
        let steps = |batch: u64, world| {
            let settings = config::search(None, &[format!("DATASET.BATCH_SIZE={batch}")]);
            let recipe = Recipe::new(&settings.unwrap().settings.train, 600, world);
            recipe
                .map(|recipe| recipe.steps)
                .map_err(|error| error.to_string())
        };
        assert_eq!(steps(100, 3), Ok(2));
        for (batch, world) in [
            (i64::MAX as u64, 1),
            (i64::MAX as u64, 3),
            (1 << 62, 4),
            (601, 1),
        ] {
            let error = steps(batch, world).unwrap_err();
            let what = format!("600 images, fewer than `DATASET.BATCH_SIZE`, {batch}");
            assert!(error.contains(&what), "{error}");
        }
    }
}
