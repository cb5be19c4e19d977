//! What search and retraining write down alike.

use creamc_lang::arch::Arch;
use creamc_lang::plan::Plan;
use serde::{Deserialize, Serialize};

use super::meter::Reading;

/// What was measured in one epoch, a line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpochRecord {
    /// Steps of the whole run.
    pub step: u64,
    /// The epoch, from 1.
    pub epoch: u64,
    /// Mean training loss.
    pub loss: f64,
    /// Training top-1, in percent.
    pub top1: f64,
    /// The learning rate of the epoch's last step.
    pub lr: f64,
    /// Wall-clock seconds.
    pub seconds: f64,
}

impl EpochRecord {
    /// The record of `epoch`, which ended with step `step` of the run.
    #[must_use]
    pub fn new((epoch, step): (u64, u64), reading: &Reading, lr: f64, seconds: f64) -> EpochRecord {
        EpochRecord {
            step,
            epoch,
            loss: reading.mean_loss(),
            top1: reading.top1(),
            lr,
            seconds,
        }
    }
}

impl EpochRecord {
    /// What TensorBoard shows of it, by name.
    #[must_use]
    pub fn scalars(&self) -> [(&'static str, f64); 3] {
        [
            ("train/loss", self.loss),
            ("train/top1", self.top1),
            ("train/lr", self.lr),
        ]
    }
}

/// An architecture and what it costs, as every `result.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArchRecord {
    /// Its name.
    pub arch: String,
    /// Its index form; `None` where the space has none.
    pub choices: Option<Vec<Vec<u32>>>,
    /// Side of the images, in pixels.
    pub resolution: u32,
    /// Its flops.
    pub flops: u64,
    /// Its macs.
    pub macs: u64,
    /// Its params.
    pub params: u64,
}

impl ArchRecord {
    /// The record of an architecture of the plan's space.
    #[must_use]
    pub fn new(arch: &Arch, plan: &Plan) -> ArchRecord {
        let cost = plan.cost(&arch.path);
        ArchRecord {
            arch: arch.name.clone(),
            choices: arch.choices(&plan.ir),
            resolution: plan.side(&arch.path),
            flops: cost.flops,
            macs: cost.macs,
            params: cost.params,
        }
    }
}
