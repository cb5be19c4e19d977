//! A search that goes on where it was ended.

use super::records::Found;
use super::run::Ready;
use super::state;
use super::step::Moment;
use super::under_way::Search;
use crate::config;
use crate::run::Stop;
use crate::train::checkpoints::{resumed, stored_ranks};
use crate::train::course::{Recount, whole_epochs};
use crate::train::prepare::reopen_folder;
use crate::train::{Error, ResumeOptions};

/// Goes on with the search of a run folder, from its newest checkpoint, or from the beginning
/// where there is none yet. On the CPU it ends as if it had never been ended; on another device,
/// with another number of threads or another libtorch it goes on with a warning. A finished run
/// gives its result again.
///
/// # Errors
/// When the folder, its checkpoint or the data are not this run's, and as [`super::run()`].
pub fn resume(options: &ResumeOptions) -> Result<Found, Error> {
    let stop = Stop::install()?;
    resume_until(options, &|| stop.asked())
}

/// As [`resume`], until `stop` says so: asked before every step.
///
/// # Errors
/// As [`resume`].
pub fn resume_until(options: &ResumeOptions, stop: &dyn Fn() -> bool) -> Result<Found, Error> {
    let (opened, manifest) = reopen_folder("search", &options.run, &options.ranks)?;
    if let Some(found) = opened.folder.result::<Found>()?
        && !found.stopped
    {
        (options.warn)("this run is finished; here is its result");
        return Ok(Found {
            run: options.run.clone(),
            ..found
        });
    }
    let own = config::search(Some(&opened.folder.settings()), &[])?;
    let loaded = config::search(Some(&opened.folder.settings()), &options.overrides())?;
    let ready = Ready::new(
        &loaded.settings,
        &opened.folder.path().join(&manifest.file),
        (manifest.classes, &manifest.require),
        (options.device(&manifest.device)?, options.show),
        options.ranks.clone(),
    )?;
    let mut search = ready.search(&loaded.settings, opened, &own.resolved)?;
    search.go_on(options)?;
    search.run(options.progress && options.ranks.is_first(), stop)
}

impl Search<'_> {
    /// Takes over the newest checkpoint, if there is one.
    fn go_on(&mut self, options: &ResumeOptions) -> Result<(), Error> {
        let mut say = |text: &str| self.records.say(text);
        let Some(stored) = self.checkpoints.resume_saying(options.warn, &mut say)? else {
            return Ok(self.records.rewind(0)?);
        };
        let (from, world) = (stored.path.clone(), stored_ranks(&stored));
        state::restore(self, stored)?;
        let Moment { epoch, step } = self.walker.at;
        self.records.say(&resumed(&from, (epoch, step)))?;
        let steps = self.train.steps_of(self.settings.train.batch, world) as u64;
        self.records.rewind(whole_epochs((epoch, step), steps))?;
        self.keep_best()?;
        if world != self.learner.ranks.world() {
            let counts = (steps, self.recipe.train.steps);
            self.recount(&Recount::new((epoch, step), counts, 1));
        }
        Ok(())
    }

    /// Goes on with other numbers of steps.
    fn recount(&mut self, recount: &Recount) {
        self.walker.at.step = recount.now;
        self.checkpoints.recount(recount);
        let step = |then: &mut Option<u64>| *then = then.and_then(|then| recount.step(then));
        if let Some((_, at)) = &mut self.pick {
            step(at);
        }
        if let Some(best) = &mut self.best {
            step(&mut best.step);
        }
    }
}
