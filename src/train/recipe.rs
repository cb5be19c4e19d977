//! The numbers of a step that every training has, and how its weights move.

use creamc_torch::Sgd;

use super::{Error, Schedule, Shape};
use crate::config::{ScheduleSettings, ScheduleShape, TrainSettings};

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
}

impl Recipe {
    /// The recipe for a train part of so many `images`.
    ///
    /// # Errors
    /// When they do not fill a batch, or a setting is not built yet.
    pub fn new(settings: &TrainSettings, images: usize) -> Result<Recipe, Error> {
        let steps = (images / settings.batch) as u64;
        if steps == 0 {
            return Err(Error::Refused(format!(
                "the train part has {images} images, fewer than `DATASET.BATCH_SIZE`, {}: lower it",
                settings.batch
            )));
        }
        Ok(Recipe {
            schedule: schedule(&settings.schedule, settings.epochs, steps)?,
            steps,
            momentum: settings.optimizer.momentum,
            weight_decay: settings.optimizer.weight_decay,
            smoothing: settings.smoothing,
        })
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

fn schedule(settings: &ScheduleSettings, epochs: u64, steps: u64) -> Result<Schedule, Error> {
    let shape = match settings.shape {
        ScheduleShape::Linear => Shape::Linear,
        ScheduleShape::Cosine => Shape::Cosine,
        ScheduleShape::Constant => Shape::Constant,
        ScheduleShape::Step { .. } => {
            return Err(Error::Refused(
                "`SCHED: step` is not built yet; use linear, cosine or constant".to_owned(),
            ));
        }
    };
    let too_long = || Error::Refused(format!("`EPOCHS` is {epochs}: too many steps to count"));
    Ok(Schedule {
        shape,
        lr: settings.lr,
        min_lr: settings.min_lr,
        warmup_lr: settings.warmup_lr,
        warmup_steps: settings.warmup.steps(steps),
        steps: epochs.checked_mul(steps).ok_or_else(too_long)?,
    })
}
