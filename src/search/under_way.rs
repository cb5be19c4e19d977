//! A search under way: epoch after epoch, the board re-scored between them, a pick at the end.

use std::time::Instant;

use creamc_lang::plan::Plan;

use super::judge::Judge;
use super::pick::{Pick, judge_board, judge_sampled, rescore};
use super::recipe::Recipe;
use super::records::{Found, Records, SearchRecord};
use super::step::{Learner, Moment};
use super::text::lessons_text;
use super::training::{Epoch, Walker};
use crate::config::SearchSettings;
use crate::data::{Loader, Shard};
use crate::nn::Place;
use crate::run::{Progress, Tick};
use crate::train::epoch::{Done, epoch};
use crate::train::meter::Reading;
use crate::train::{EpochRecord, Error};

/// Steps between two readings of the losses.
const READ_EVERY: usize = 10;
/// Paths that are judged when the board is empty.
const SAMPLED: usize = 10;

/// A search under way.
pub struct Search<'a> {
    /// The settings.
    pub settings: &'a SearchSettings,
    /// What is searched.
    pub plan: Plan,
    /// The numbers of a step.
    pub recipe: Recipe,
    /// Everything that training moves.
    pub learner: Learner,
    /// What paths are judged by.
    pub judge: Judge,
    /// What draws the paths, and where the run is.
    pub walker: Walker,
    /// What is written down.
    pub records: Records,
    /// The training images.
    pub train: Loader,
    /// Kind and device of all tensors.
    pub place: Place,
    /// The best path so far and the step it was picked at.
    pub pick: Option<(Pick, u64)>,
}

impl Search<'_> {
    /// Trains epoch after epoch, until the end or until `stop` says so, and picks.
    ///
    /// # Errors
    /// When a loss is not a number, libtorch refuses, or the disk is full.
    pub fn run(mut self, progress: bool, stop: &dyn Fn() -> bool) -> Result<Found, Error> {
        let epochs = self.settings.train.epochs;
        let mut progress = Progress::new(self.recipe.train.schedule.steps, 0, epochs, progress);
        let mut stopped = false;
        while !stopped && self.walker.at.epoch < epochs {
            let start = Instant::now();
            let done = self.epoch(&mut progress, stop)?;
            stopped = done.stopped;
            if done.steps > 0 {
                self.after_epoch(&done, start)?;
            }
        }
        progress.finish();
        self.finish(stopped)
    }

    fn epoch(&mut self, progress: &mut Progress, stop: &dyn Fn() -> bool) -> Result<Done, Error> {
        let number = self.walker.at.epoch + 1;
        let batch = self.settings.train.batch;
        let batches = self.train.epoch(batch, number, 0, Shard::ALONE);
        let mut shown = 0;
        let mut show = |steps: usize, so_far: &Reading| {
            let newest = steps - shown;
            shown = steps;
            let tick = Tick {
                epoch: number,
                loss: so_far.mean_loss(),
                top1: so_far.top1(),
                images: newest * batch,
            };
            progress.advance(newest as u64, &tick);
        };
        let mut training = Epoch::new(
            &self.plan,
            &self.recipe,
            &mut self.learner,
            &mut self.walker,
            stop,
            &mut show,
        );
        epoch(batches, self.place, READ_EVERY, &mut training)
    }

    /// Re-scores the board, follows the pick, and writes everything down.
    fn after_epoch(&mut self, done: &Done, start: Instant) -> Result<(), Error> {
        let Moment { epoch, step } = self.walker.at;
        let every = self.settings.supernet.rescore_epochs;
        if every > 0 && epoch.is_multiple_of(every) {
            let pick = rescore(&mut self.learner, &self.judge);
            self.follow(pick)?;
        }
        let judged = self.pick.as_ref().map(|(pick, _)| pick.judged);
        let lr = self.recipe.train.schedule.lr(step.saturating_sub(1));
        let seconds = start.elapsed().as_secs_f64();
        let record = SearchRecord {
            epoch: EpochRecord::new((epoch, step), &done.reading, lr, seconds),
            board: self.learner.board.len(),
            judge_loss: judged.map(|judged| judged.loss),
            judge_top1: judged.map(|judged| judged.top1),
        };
        self.records
            .epoch(&self.plan, &record, &self.learner, &done.reading)
    }

    /// Takes over a pick and writes `best.cream`.
    fn follow(&mut self, pick: Option<Pick>) -> Result<(), Error> {
        let Some(pick) = pick else { return Ok(()) };
        let Moment { epoch, step } = self.walker.at;
        self.records
            .best(&self.plan, &pick, epoch, self.settings.train.seed)?;
        self.pick = Some((pick, step));
        Ok(())
    }

    /// Picks with the weights as they are now, unless that was done after the last step.
    fn finish(mut self, stopped: bool) -> Result<Found, Error> {
        let Moment { epoch, step } = self.walker.at;
        if self.pick.as_ref().is_none_or(|(_, at)| *at != step) {
            let pick = match self.learner.board.is_empty() {
                false => judge_board(&self.learner, &self.judge),
                true => {
                    self.records
                        .say("the board is empty: picked among sampled paths")?;
                    judge_sampled(&self.learner, &self.judge, &mut self.walker, SAMPLED)
                }
            };
            self.follow(pick)?;
        }
        let taught = lessons_text(&self.learner.lessons, &self.plan.ir);
        self.records.say(&taught)?;
        let (pick, _) = self.pick.expect("a board or a sampled path was judged");
        self.records
            .finish(&self.plan, &pick, (epoch, stopped))
            .map_err(Error::from)
    }
}
