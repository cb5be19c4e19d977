//! The end of a search: the pick, and what a reader of the log asks then.

use super::evolution::Evolution;
use super::pick::{Pick, board_paths, judge_all, judge_sampled};
use super::recipe::{PickMethod, Strategy};
use super::records::{Found, GenerationRecord};
use super::step::Moment;
use super::text::{lessons_text, meta_text, visits_text};
use super::under_way::Search;
use crate::config::PickBy;
use crate::run::tell;
use crate::train::Error;

/// Paths that are judged when there is no board to pick from.
pub(super) const SAMPLED: usize = 10;

impl Search<'_> {
    /// Picks with the weights as they are now, unless that was done after the last step. An
    /// evolution ends early, with the best so far, when `stop` says so.
    ///
    /// # Errors
    /// As [`Search::run`].
    pub(super) fn finish(
        &mut self,
        stopped: bool,
        (progress, stop): (bool, &dyn Fn() -> bool),
    ) -> Result<Found, Error> {
        if self.recipe.strategy == Strategy::Untrained {
            return self.draw();
        }
        let Moment { epoch, step } = self.walker.at;
        let mut stopped = stopped;
        if self.settings.supernet.pick == PickBy::Evolution && !stopped {
            let pick = self.evolve(progress, stop)?;
            self.follow(pick)?;
            stopped = self.learner.ranks.any(stop())?;
        } else if self.pick.as_ref().is_none_or(|(_, at)| *at != Some(step)) {
            let pick = self.pick_now()?;
            self.follow(pick)?;
        }
        if !stopped {
            // A pick that a run which goes on will not know must not hold its checkpoint.
            self.keep_best()?;
        }
        self.say_broken()?;
        self.explain()?;
        let pick = self.pick.as_ref();
        let (pick, _) = pick.expect("a board or a sampled path was judged");
        let picked = (&pick.path, Some(pick.judged));
        let found = self.records.finish(&self.plan, picked, (epoch, stopped));
        found.map_err(Error::from)
    }

    /// One drawn path is the result; nothing was trained.
    fn draw(&mut self) -> Result<Found, Error> {
        let path = self.walker.draw();
        let seed = self.settings.train.seed;
        self.records.drawn(&self.plan, &path, seed)?;
        let found = self.records.finish(&self.plan, (&path, None), (0, false));
        found.map_err(Error::from)
    }

    /// The best of the board, or of sampled paths where it is empty.
    fn pick_now(&mut self) -> Result<Option<Pick>, Error> {
        if !self.learner.board.is_empty() {
            let (judged, _) = self.judge(true)?;
            return Ok(self.best_of(&judged));
        }
        self.records
            .say("the board is empty: picked among sampled paths")?;
        let walker = &mut self.walker;
        judge_sampled(&self.learner, &self.judge, walker, SAMPLED)
    }

    /// The lowest judge loss of all generations.
    fn evolve(&mut self, progress: bool, stop: &dyn Fn() -> bool) -> Result<Option<Pick>, Error> {
        let board = board_paths(&self.learner);
        let settings = self.settings.supernet.evolution;
        let walker = &mut self.walker;
        let mut evolution = Evolution::new(settings, &walker.draws, &mut walker.random);
        let mut records = Vec::new();
        let mut paths = evolution.first(board);
        while !paths.is_empty() {
            let judged = judge_all(&self.learner, &self.judge, &paths)?;
            evolution.judged(&judged);
            let number = records.len() + 1;
            records.push(GenerationRecord::new(number, &judged, &self.plan));
            let best = evolution.best().expect("a generation was judged");
            let text = self
                .records
                .generations(&records, best, settings.generations)?;
            if progress {
                tell(&text);
            }
            if number == settings.generations || self.learner.ranks.any(stop())? {
                break;
            }
            paths = evolution.next();
        }
        Ok(evolution.best().cloned())
    }

    /// What a reader of the log asks at the end: who taught, what the meta layer learned, what was trained.
    fn explain(&mut self) -> Result<(), Error> {
        let learner = &self.learner;
        let steps = self.walker.at.step;
        let mut lines = vec![
            lessons_text(&learner.lessons, &self.plan.ir),
            format!(
                "{} of {steps} steps had a teacher",
                learner.distilled_steps()
            ),
        ];
        if self.recipe.pick == PickMethod::Meta && learner.distilled_steps() > 0 {
            lines.push(meta_text(learner.meta.moved()));
        }
        lines.extend(visits_text(&learner.visits));
        for line in lines {
            self.records.say(&line)?;
        }
        Ok(())
    }
}
