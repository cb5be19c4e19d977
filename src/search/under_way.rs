//! A search under way: epoch after epoch, the board re-scored between them, a pick at the end.
//!
//! A checkpoint follows whatever an epoch ends with ([`course`]). What is written between two checkpoints is written again,
//! equally, by a run that goes on from the first.

use creamc_lang::board::Entry;
use creamc_lang::ir::Path;
use creamc_lang::plan::Plan;

use super::equal;
use super::judge::{Judge, Judged};
use super::pick::{Pick, board_paths, judge_all, lowest, rescore};
use super::recipe::{Recipe, Strategy};
use super::records::{Found, JudgedRecord, Records, SearchRecord};
use super::run::sharing;
use super::state;
use super::step::{Learner, Moment};
use super::teacher::Probe;
use super::text::sharing_text;
use super::training::{Epoch, Walker};
use crate::config::SearchSettings;
use crate::data::Loader;
use crate::nn::Place;
use crate::ranks::{FIRST, SAVED};
use crate::run::{Progress, Tick};
use crate::train::broken::news;
use crate::train::checkpoints::Checkpoints;
use crate::train::epoch::{Done, epoch};
use crate::train::meter::Reading;
use crate::train::{Clock, EpochRecord, Error, course};

/// Steps between two readings of the losses.
const READ_EVERY: usize = 10;

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
    /// Paths that are judged after every epoch, always the same.
    pub probes: Vec<Path>,
    /// The training images.
    pub train: Loader,
    /// Kind and device of all tensors.
    pub place: Place,
    /// The best path so far and the step it was picked at; none where steps were counted otherwise then.
    pub pick: Option<(Pick, Option<u64>)>,
    /// The best of all picks.
    pub best: Option<Best>,
    /// Losses and hits of the epoch under way.
    pub reading: Reading,
    /// What the run goes on from.
    pub checkpoints: Checkpoints,
    /// How long it takes.
    pub clock: Clock,
}

/// The pick with the lowest judge loss so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// That loss.
    pub loss: f64,
    /// The step it was picked at; none where steps were counted otherwise then.
    pub step: Option<u64>,
}

impl Search<'_> {
    /// Trains epoch after epoch, until the end or until `stop` says so, and picks.
    ///
    /// # Errors
    /// When a loss is not a number, libtorch refuses, or the disk is full.
    pub fn run(mut self, progress: bool, stop: &dyn Fn() -> bool) -> Result<Found, Error> {
        let result = self.train(progress, stop);
        let result = result.and_then(|stopped| self.finish(stopped, (progress, stop)));
        result.map_err(|error| {
            let error = error.with_saved(self.checkpoints.newest());
            // Where the disk is full the log has no room for it either.
            let _ = self.records.say(&format!("ended: {error}"));
            error.with_cure("search", self.records.path())
        })
    }

    /// All epochs that are left; whether it was stopped.
    fn train(&mut self, progress: bool, stop: &dyn Fn() -> bool) -> Result<bool, Error> {
        if self.recipe.strategy == Strategy::Untrained {
            return Ok(false);
        }
        if self.walker.at.step == 0 {
            self.records.say(sharing_text(sharing(self.settings)))?;
        }
        let epochs = self.settings.train.epochs;
        let (steps, made) = (self.recipe.train.schedule.steps, self.walker.at.step);
        let mut progress = Progress::new(steps, made, epochs, progress);
        equal::compare(&self.learner, &self.walker.random, FIRST)?;
        while self.position().0 <= epochs {
            let done = self.epoch(&mut progress, stop)?;
            if done.stopped {
                self.stopped(&done)?;
                return Ok(true);
            }
            self.after_epoch(&done)?;
        }
        progress.finish();
        Ok(false)
    }

    /// The epoch to go on with, and how many of its steps are made.
    fn position(&self) -> (u64, usize) {
        let Moment { epoch, step } = self.walker.at;
        course::position((epoch, step), self.recipe.train.steps)
    }

    /// Makes the steps that are left of an epoch, with a checkpoint every so often.
    fn epoch(&mut self, progress: &mut Progress, stop: &dyn Fn() -> bool) -> Result<Done, Error> {
        let (number, first) = self.position();
        if first == 0 {
            self.reading = Reading::default();
            self.clock.next_epoch();
            self.follow_board()?;
        }
        self.walker.at.epoch = number;
        let (batch, world) = (self.settings.train.batch, self.learner.ranks.world());
        let mut batches = self
            .train
            .epoch(batch, number, first, self.learner.ranks.shard());
        let mut done = Done {
            reading: self.reading,
            steps: first,
            stopped: false,
        };
        let mut shown = first;
        let mut show = |steps: usize, so_far: &Reading| {
            let newest = steps - shown;
            shown = steps;
            let tick = Tick {
                epoch: number,
                loss: so_far.mean_loss(),
                top1: so_far.top1(),
                images: newest * batch * world,
            };
            progress.advance(newest as u64, &tick);
        };
        loop {
            let every = self.settings.checkpoints.every_steps;
            let piece = course::until_checkpoint(done.steps, every);
            let until_checkpoint = batches.by_ref().take(piece);
            let mut training = Epoch::new(
                &self.plan,
                &self.recipe,
                &mut self.learner,
                &mut self.walker,
                stop,
                &mut show,
            );
            done = epoch(
                until_checkpoint,
                self.place,
                READ_EVERY,
                done,
                &mut training,
            )?;
            self.reading = done.reading;
            if done.stopped || batches.len() == 0 {
                return Ok(done);
            }
            self.save()?;
        }
    }

    /// Lets the prior follow the board as it is when an epoch begins, where it is asked for.
    fn follow_board(&mut self) -> Result<(), Error> {
        let board = board_paths(&self.learner);
        let followed = self.walker.draws.follow(board);
        followed.or_else(|error| Ok(self.records.say(&format!("warning: {error}"))?))
    }

    /// Saves everything that the run goes on from.
    fn save(&mut self) -> Result<(), Error> {
        let Moment { epoch, step } = self.walker.at;
        equal::compare(&self.learner, &self.walker.random, SAVED)?;
        let tensors = state::tensors(&self.learner);
        let words = state::words(self);
        self.checkpoints.save((epoch, step), &tensors, words)
    }

    /// Saves after the step that a stop came upon.
    fn stopped(&mut self, done: &Done) -> Result<(), Error> {
        if done.steps == 0 {
            // Nothing of this epoch is done.
            self.walker.at.epoch -= 1;
        }
        let step = self.walker.at.step;
        if step == 0 || self.checkpoints.has(step) {
            return Ok(());
        }
        self.records.board(&self.plan, &self.learner)?;
        self.save()
    }

    /// Judges, re-scores the board, follows the pick, and writes everything down.
    fn after_epoch(&mut self, done: &Done) -> Result<(), Error> {
        let Moment { epoch, step } = self.walker.at;
        let every = self.settings.supernet.rescore_epochs;
        let rescores = every > 0 && epoch.is_multiple_of(every);
        let (judged, probes) = self.judge(rescores)?;
        self.say_broken()?;
        let records = self.judged_records(&judged);
        if !judged.is_empty() {
            rescore(&mut self.learner, &judged);
            self.follow(self.best_of(&judged))?;
        }
        let best = self.pick.as_ref().map(|(pick, _)| pick.judged);
        let lr = self.recipe.train.schedule.lr(step.saturating_sub(1));
        let [seconds, _] = self.clock.read();
        let record = SearchRecord {
            epoch: EpochRecord::new((epoch, step), &done.reading, lr, seconds),
            board: self.learner.board.len(),
            judge_loss: best.map(|judged| judged.loss),
            judge_top1: best.map(|judged| judged.top1),
            distilled_steps: self.learner.distilled_steps(),
            meta_moved: self.learner.meta.moved(),
            judged: records,
            probes: probes.iter().map(|probe| probe.judged).collect(),
            random_path: self.evaluate_random()?,
        };
        self.records
            .epoch(&self.plan, &record, &self.learner, &done.reading)?;
        self.save()?;
        self.keep_best()
    }

    /// The lowest judge loss of the board's entries; with the released code the board's first, whatever
    /// the judge says.
    pub(super) fn best_of(&self, judged: &[Pick]) -> Option<Pick> {
        if !self.recipe.strategy.is_released() {
            return lowest(judged);
        }
        let first = self.learner.board.best()?;
        judged.iter().find(|pick| pick.path == first.path).cloned()
    }

    /// The checkpoint of the best pick stays when its turn to go has come.
    pub(super) fn keep_best(&self) -> Result<(), Error> {
        let step = self.walker.at.step;
        if self.best.is_some_and(|best| best.step == Some(step)) && self.checkpoints.has(step) {
            self.checkpoints.set_best()?;
        }
        Ok(())
    }

    /// What the judge says of the board's entries, if they are to be re-scored, and of the probes.
    pub(super) fn judge(&self, board: bool) -> Result<(Vec<Pick>, Vec<Pick>), Error> {
        let mut paths = match board {
            true => board_paths(&self.learner),
            false => Vec::new(),
        };
        let entries = paths.len();
        paths.extend(self.probes.iter().cloned());
        let mut judged = judge_all(&self.learner, &self.judge, &paths)?;
        let probes = judged.split_off(entries);
        Ok((judged, probes))
    }

    /// Images that any rank could not read; those of the judge part are of the same set.
    pub(super) fn say_broken(&mut self) -> Result<(), Error> {
        for image in news(&self.learner.ranks, &[self.train.set()])? {
            self.records.say(&format!("not readable: {image}"))?;
        }
        Ok(())
    }

    /// The released code's one look at its supernet after an epoch.
    fn evaluate_random(&mut self) -> Result<Option<Judged>, Error> {
        if !self.recipe.strategy.is_released() {
            return Ok(None);
        }
        let path = self.walker.draw();
        let judged = self.judge.evaluate(&self.learner.supernet, &path)?;
        Ok(Some(judged))
    }

    fn judged_records(&self, judged: &[Pick]) -> Vec<JudgedRecord> {
        let entries = self.learner.board.entries().iter().zip(judged);
        let record = |(entry, pick): (&Entry<Probe>, &Pick)| {
            let lessons = self.learner.lessons.get(&entry.path).copied();
            JudgedRecord::new(entry, pick.judged, lessons.unwrap_or(0), &self.plan.ir)
        };
        entries.map(record).collect()
    }

    /// Takes over a pick and writes `best.cream`.
    pub(super) fn follow(&mut self, pick: Option<Pick>) -> Result<(), Error> {
        let Some(pick) = pick else { return Ok(()) };
        let Moment { epoch, step } = self.walker.at;
        self.records
            .best(&self.plan, &pick, epoch, self.settings.train.seed)?;
        let loss = pick.judged.loss;
        if !loss.is_nan() && self.best.is_none_or(|best| loss < best.loss) {
            self.best = Some(Best {
                loss,
                step: Some(step),
            });
        }
        self.pick = Some((pick, Some(step)));
        Ok(())
    }
}
