//! The numbers of a training step.

use super::sandwich::Ends;
use super::step::Moment;
use crate::train;
use crate::train::loss::KdLoss;

/// Who picks the teacher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PickMethod {
    /// The meta layer, for each student anew; it also weighs the teacher.
    Meta,
    /// The best entry of the board teaches, with weight 0.5.
    Top1,
}

/// Whose method is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// The paper's.
    Paper,
    /// The authors' released code's, with its mistakes.
    Released,
}

/// How the supernet is trained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strategy {
    /// On one sampled path a step, taught by the board.
    Cream(Variant),
    /// On one sampled path a step, alone.
    Single,
    /// On the ends of the space and two sampled paths a step.
    Sandwich(Ends),
    /// Not at all.
    Untrained,
}

impl Strategy {
    /// Whether it is the released code's.
    #[must_use]
    pub fn is_released(&self) -> bool {
        *self == Strategy::Cream(Variant::Released)
    }
}

/// What a training step needs to know; the settings, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// What every training step needs.
    pub train: train::Recipe,
    /// How the supernet is trained (`STRATEGY`, `VARIANT`).
    pub strategy: Strategy,
    /// Epochs before anything enters the board or teaches (`META_STA_EPOCH`).
    pub start_epoch: u64,
    /// The meta layer learns at every so many steps (`UPDATE_ITER`).
    pub update_every: u64,
    /// Images an entry keeps (`SLICE`).
    pub slice: i64,
    /// Who picks the teacher (`PICK_METHOD`).
    pub pick: PickMethod,
    /// How the two losses are joined (`KD_LOSS`).
    pub kd_loss: KdLoss,
    /// The meta layer's learning rate before the schedule's factor (`META_LR`).
    pub meta_lr: f64,
}

impl Recipe {
    /// The meta layer's learning rate.
    #[must_use]
    pub fn meta_rate(&self, at: Moment) -> f64 {
        self.meta_lr * self.train.schedule.factor(at.step - 1)
    }
}
