//! The time of a whole search, from the times of its parts.

use serde::Serialize;

use super::bench::Bench;
use super::dry_run::{Judging, StepTimes};
use super::ending::SAMPLED;
use super::recipe::Strategy;
use crate::config::PickBy;

/// The time of the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RunTime {
    /// Steps without a teacher.
    pub plain_steps: u64,
    /// Steps with one.
    pub distilled_steps: u64,
    /// Seconds of the first.
    pub plain: f64,
    /// Seconds of the second, the meta layer's share included.
    pub distilled: f64,
    /// Seconds of judging.
    pub judging: f64,
    /// All together.
    pub total: f64,
}

impl RunTime {
    /// The time of the search on the bench.
    pub(super) fn of(bench: &Bench, step: &StepTimes, judging: &Judging) -> RunTime {
        let (plain_steps, distilled_steps) = bench.step_counts();
        let plain = plain_steps as f64 * step.plain.unwrap_or(0.0);
        let distilled = distilled_steps as f64 * mean_distilled(bench, step);
        let judging = judging_time(bench, judging);
        RunTime {
            plain_steps,
            distilled_steps,
            plain,
            distilled,
            judging,
            total: plain + distilled + judging,
        }
    }
}

/// A distilled step, of which some make a meta update.
fn mean_distilled(bench: &Bench, step: &StepTimes) -> f64 {
    let usual = step.distilled.unwrap_or(0.0);
    usual + bench.meta_share() * (step.meta.unwrap_or(usual) - usual)
}

/// All judging of the run: probes after every epoch, the board where it is re-scored, the pick.
fn judging_time(bench: &Bench, judging: &Judging) -> f64 {
    if bench.recipe.strategy == Strategy::Untrained {
        return 0.0;
    }
    let epochs = bench.settings.train.epochs;
    let released = usize::from(bench.recipe.strategy.is_released());
    let usual = judging.seconds(judging.probes + released);
    let more = judging.seconds(judging.probes + released + judging.board) - usual;
    epochs as f64 * usual + rescorings(bench) as f64 * more + pick_time(bench, judging)
}

/// How often the board is judged after an epoch.
fn rescorings(bench: &Bench) -> u64 {
    let every = bench.settings.supernet.rescore_epochs;
    let (epochs, steps) = (bench.settings.train.epochs, bench.recipe.train.steps);
    match (every, bench.step_counts()) {
        (0, _) | (_, (_, 0)) => 0,
        (every, (plain, _)) => epochs / every - plain / steps / every,
    }
}

fn pick_time(bench: &Bench, judging: &Judging) -> f64 {
    let supernet = &bench.settings.supernet;
    let (epochs, every) = (bench.settings.train.epochs, supernet.rescore_epochs);
    let has_board = bench.step_counts().1 > 0;
    match supernet.pick {
        PickBy::Evolution => {
            let evolution = &supernet.evolution;
            evolution.generations as f64 * judging.seconds(evolution.population)
        }
        PickBy::Board if !has_board => judging.seconds(SAMPLED),
        PickBy::Board if every > 0 && epochs.is_multiple_of(every) => 0.0,
        PickBy::Board => judging.seconds(judging.probes + judging.board),
    }
}

impl Judging {
    /// The seconds of judging so many paths together.
    fn seconds(&self, paths: usize) -> f64 {
        match paths {
            0 => 0.0,
            paths => self.one + (paths - 1) as f64 * self.one_more,
        }
    }
}
