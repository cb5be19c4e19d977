//! A retraining under way: epoch after epoch, a test at the end.
//!
//! A checkpoint follows whatever an epoch ends with ([`course`]). What is written between two
//! checkpoints is written again, equally, by a run that goes on from the first.

use creamc_lang::arch::Arch;
use creamc_lang::plan::Plan;

use super::learner::Learner;
use super::records::{Records, Retrained};
use super::state;
use super::test::{Tested, test};
use crate::childnet::Childnet;
use crate::config::RetrainSettings;
use crate::data::{Batch, Data, Loader};
use crate::nn::Place;
use crate::ranks::{COMPARE_EVERY, FIRST, SAVED, TRAINED};
use crate::run::{Progress, Tick};
use crate::train::broken::news;
use crate::train::checkpoints::Checkpoints;
use crate::train::epoch::{Done, Measured, Steps, epoch};
use crate::train::meter::Reading;
use crate::train::{ArchRecord, Clock, EpochRecord, Error, Recipe, course};

/// Steps between two readings of the losses.
const READ_EVERY: usize = 10;

/// A retraining under way.
pub struct Retraining<'a> {
    /// The settings.
    pub settings: &'a RetrainSettings,
    /// What is trained.
    pub arch: Arch,
    /// Its plan.
    pub plan: Plan,
    /// The numbers of a step.
    pub recipe: Recipe,
    /// Everything that training moves.
    pub learner: Learner,
    /// The images.
    pub data: Data,
    /// The training images.
    pub train: Loader,
    /// Kind and device of all tensors.
    pub place: Place,
    /// What is written down.
    pub records: Records,
    /// What the run goes on from.
    pub checkpoints: Checkpoints,
    /// Steps made over the whole run.
    pub step: u64,
    /// The epoch of the step made last, from 1; 0 before the first.
    pub epoch: u64,
    /// Losses and hits of the epoch under way.
    pub reading: Reading,
    /// How long it takes.
    pub clock: Clock,
}

/// Some steps of an epoch.
struct Pass<'a> {
    learner: &'a mut Learner,
    recipe: &'a Recipe,
    /// Steps made over the whole run.
    step: &'a mut u64,
    /// Those made before this pass.
    before: u64,
    epoch: u64,
    stop: &'a dyn Fn() -> bool,
    show: &'a mut dyn FnMut(usize, &Reading),
}

impl Steps for Pass<'_> {
    fn step(&mut self, batch: &Batch) -> Result<Measured, Error> {
        let measured = self.learner.step(self.recipe, *self.step, batch)?;
        *self.step += 1;
        if self.step.is_multiple_of(COMPARE_EVERY) {
            let tensors = state::tensors(self.learner);
            self.learner.ranks.compare(TRAINED, &tensors)?;
        }
        Ok(measured)
    }

    fn stop(&mut self) -> Result<bool, Error> {
        let ranks = &self.learner.ranks;
        ranks.at(*self.step + 1);
        Ok(ranks.any((self.stop)())?)
    }

    fn require_all(&self) -> Result<(), Error> {
        Ok(self.learner.ranks.require_all()?)
    }

    fn show(&mut self, steps: usize, so_far: &Reading) {
        (self.show)(steps, so_far);
    }

    fn not_a_number(&self, step: usize) -> Error {
        Error::NotANumber {
            epoch: self.epoch,
            step: self.before + step as u64 + 1,
            path: "the network's only one".to_owned(),
            saved: None,
        }
    }
}

impl Retraining<'_> {
    /// Trains epoch after epoch, until the end or until `stop` says so, and tests.
    ///
    /// # Errors
    /// When a loss is not a number, libtorch refuses, or the disk is full.
    pub fn run(mut self, progress: bool, stop: &dyn Fn() -> bool) -> Result<Retrained, Error> {
        let result = self.train(progress, stop);
        let result = result.and_then(|stopped| self.finish(stopped));
        result.map_err(|error| {
            let error = error.with_saved(self.checkpoints.newest());
            // Where the disk is full the log has no room for it either.
            let _ = self.records.say(&format!("ended: {error}"));
            error.with_cure("retrain", self.records.path())
        })
    }

    /// All epochs that are left; whether it was stopped.
    fn train(&mut self, progress: bool, stop: &dyn Fn() -> bool) -> Result<bool, Error> {
        let train = &self.settings.train;
        let epochs = train.epochs + train.schedule.cooldown;
        let steps = self.recipe.schedule.steps;
        let mut progress = Progress::new(steps, self.step, epochs, progress);
        let tensors = state::tensors(&self.learner);
        self.learner.ranks.compare(FIRST, &tensors)?;
        while self.position().0 <= epochs {
            let done = self.pass(&mut progress, stop)?;
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
        course::position((self.epoch, self.step), self.recipe.steps)
    }

    /// Makes the steps that are left of an epoch, with a checkpoint every so often.
    fn pass(&mut self, progress: &mut Progress, stop: &dyn Fn() -> bool) -> Result<Done, Error> {
        let (number, first) = self.position();
        if first == 0 {
            self.reading = Reading::default();
            self.clock.next_epoch();
        }
        self.epoch = number;
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
            let mut pass = Pass {
                learner: &mut self.learner,
                recipe: &self.recipe,
                before: self.step,
                step: &mut self.step,
                epoch: number,
                stop,
                show: &mut show,
            };
            let piece = batches.by_ref().take(piece);
            done = epoch(piece, self.place, READ_EVERY, done, &mut pass)?;
            self.reading = done.reading;
            if done.stopped || batches.len() == 0 {
                return Ok(done);
            }
            self.save()?;
        }
    }

    /// Images that any rank could not read, before all of them are listed.
    fn say_broken(&mut self) -> Result<(), Error> {
        let sets = [&*self.data.train.set, &*self.data.test.set];
        let images = news(&self.learner.ranks, &sets)?;
        Ok(self.records.broken(&images)?)
    }

    /// Saves everything that the run goes on from.
    fn save(&mut self) -> Result<(), Error> {
        self.say_broken()?;
        let tensors = state::tensors(&self.learner);
        self.learner.ranks.compare(SAVED, &tensors)?;
        let words = state::words(self);
        self.checkpoints
            .save((self.epoch, self.step), &tensors, words)
    }

    /// Saves after the step that a stop came upon.
    fn stopped(&mut self, done: &Done) -> Result<(), Error> {
        if done.steps == 0 {
            // Nothing of this epoch is done.
            self.epoch -= 1;
        }
        self.records.weights(&self.learner)?;
        if self.step == 0 || self.checkpoints.has(self.step) {
            return Ok(());
        }
        self.save()
    }

    /// Writes everything down.
    fn after_epoch(&mut self, done: &Done) -> Result<(), Error> {
        let lr = self.recipe.schedule.lr(self.step.saturating_sub(1));
        let [seconds, _] = self.clock.read();
        let at = (self.epoch, self.step);
        let record = EpochRecord::new(at, &done.reading, lr, seconds);
        self.records.epoch(&record)?;
        self.records.weights(&self.learner)?;
        self.save()
    }

    /// What the plain weights and, where one is kept, their average get on the test part: the
    /// number to report first.
    fn test(&self) -> Result<(Tested, Option<Tested>), Error> {
        let train = &self.settings.train;
        let (data, normalisation) = (&self.data.test, &self.data.normalisation);
        let part = Loader::plain(data, normalisation, train.seed, train.workers)
            .pinned_for(self.place.device, train.pin_memory);
        let tested = |childnet: &Childnet| -> Result<Tested, Error> {
            let ranks = &self.learner.ranks;
            Ok(test(childnet, &part, train.eval_batch, ranks, |_, _| {})?.tested)
        };
        let plain = tested(&self.learner.childnet)?;
        match self.learner.on_average(tested) {
            Some(averaged) => Ok((averaged?, Some(plain))),
            None => Ok((plain, None)),
        }
    }

    /// Tests, and writes the result.
    fn finish(&mut self, stopped: bool) -> Result<Retrained, Error> {
        let tested = self.test()?;
        self.say_broken()?;
        let arch = ArchRecord::new(&self.arch, &self.plan);
        self.records.finish(
            &self.learner,
            arch,
            tested,
            self.data.broken(),
            (self.epoch, stopped),
        )
    }
}
