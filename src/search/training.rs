//! One epoch of the search: a path a step, good ones to the board.

use creamc_lang::board::Score;
use creamc_lang::ir::Path;
use creamc_lang::plan::Plan;
use rand_chacha::ChaCha8Rng;

use super::draws::Draws;
use super::equal;
use super::recipe::{Recipe, Strategy};
use super::sandwich;
use super::step::{Learner, Moment, Stepped};
use super::teacher::Probe;
use super::text::path_text;
use crate::data::Batch;
use crate::ranks::{COMPARE_EVERY, TRAINED};
use crate::train::Error;
use crate::train::epoch::{Measured, Steps};
use crate::train::meter::Reading;

/// What draws the paths, and where the run is.
#[derive(Debug)]
pub struct Walker {
    /// Draws paths inside every bound.
    pub draws: Draws,
    /// Its randomness; nothing else draws from it.
    pub random: ChaCha8Rng,
    /// The step made last.
    pub at: Moment,
}

impl Walker {
    /// The next path.
    pub fn draw(&mut self) -> Path {
        self.draws.draw(&mut self.random)
    }
}

/// One epoch under way.
pub struct Epoch<'a> {
    plan: &'a Plan,
    recipe: &'a Recipe,
    learner: &'a mut Learner,
    walker: &'a mut Walker,
    stop: &'a dyn Fn() -> bool,
    show: &'a mut dyn FnMut(usize, &Reading),
    /// The path whose loss is read, of every step made here.
    paths: Vec<Path>,
}

impl<'a> Epoch<'a> {
    /// Steps of the epoch that `walker` is in. `stop` is asked before every
    /// step; `show` is told of every reading.
    pub fn new(
        plan: &'a Plan,
        recipe: &'a Recipe,
        learner: &'a mut Learner,
        walker: &'a mut Walker,
        stop: &'a dyn Fn() -> bool,
        show: &'a mut dyn FnMut(usize, &Reading),
    ) -> Epoch<'a> {
        Epoch {
            plan,
            recipe,
            learner,
            walker,
            stop,
            show,
            paths: Vec::new(),
        }
    }

    /// Offers the path of this step to the board, with its accuracy on this batch.
    ///
    /// Waits for the device: whether a path is admitted decides who teaches next. The images that it keeps are
    /// rank 0's.
    fn offer(&mut self, path: &Path, batch: &Batch, stepped: &Stepped) -> Result<(), Error> {
        let hits = stepped.hits.double_value(&[]);
        let points = 100.0 * hits / self.images(batch) as f64;
        let score = Score::new(points).expect("a share of images is a number");
        let flops = self.plan.cost(path).flops;
        if !self.learner.board.admits(path, score, flops) {
            return Ok(());
        }
        let slice = self.recipe.slice;
        let probe = Probe {
            images: batch.images.narrow(0, 0, slice).copy(),
            softmax: stepped.kept.narrow(0, 0, slice).copy(),
        };
        let ranks = &self.learner.ranks;
        ranks.follow_first(&[&probe.images, &probe.softmax])?;
        self.learner.board.offer(path.clone(), score, flops, probe);
        Ok(())
    }

    /// Images of a step, over all ranks.
    fn images(&self, batch: &Batch) -> usize {
        batch.len() * self.learner.ranks.world()
    }
}

impl Steps for Epoch<'_> {
    fn step(&mut self, batch: &Batch) -> Result<Measured, Error> {
        self.walker.at.step += 1;
        let path = self.walker.draw();
        let at = self.walker.at;
        self.paths.push(match &self.recipe.strategy {
            Strategy::Sandwich(ends) => ends.largest.clone(),
            _ => path.clone(),
        });
        let stepped = match &self.recipe.strategy {
            Strategy::Sandwich(ends) => {
                let drawn = [path.clone(), self.walker.draw()];
                sandwich::step(self.learner, self.recipe, at, (ends, &drawn), batch)?
            }
            _ => self.learner.step(self.recipe, at, &path, batch)?,
        };
        if Learner::prioritises(self.recipe, at) {
            self.offer(&path, batch, &stepped)?;
        }
        if at.step.is_multiple_of(COMPARE_EVERY) {
            equal::compare(self.learner, &self.walker.random, TRAINED)?;
        }
        Ok(Measured {
            loss: stepped.loss,
            hits: stepped.hits,
            images: self.images(batch),
        })
    }

    fn stop(&mut self) -> Result<bool, Error> {
        let ranks = &self.learner.ranks;
        ranks.at(self.walker.at.step + 1);
        Ok(ranks.any((self.stop)())?)
    }

    fn require_all(&self) -> Result<(), Error> {
        Ok(self.learner.ranks.require_all()?)
    }

    fn show(&mut self, steps: usize, so_far: &Reading) {
        (self.show)(steps, so_far);
    }

    fn not_a_number(&self, step: usize) -> Error {
        let first = self.walker.at.step - self.paths.len() as u64;
        Error::NotANumber {
            epoch: self.walker.at.epoch,
            step: first + step as u64 + 1,
            path: path_text(&self.paths[step], &self.plan.ir),
            saved: None,
        }
    }
}
