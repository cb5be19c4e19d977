//! A retraining that goes on where it was ended.

use super::inherit::inherit_again;
use super::records::Retrained;
use super::run::Ready;
use super::state;
use super::under_way::Retraining;
use crate::config;
use crate::run::{Manifest, Stop};
use crate::train::checkpoints::{resumed, stored_ranks};
use crate::train::course::{Recount, whole_epochs};
use crate::train::prepare::reopen_folder;
use crate::train::{Chosen, Error, ResumeOptions};

/// Goes on with the retraining of a run folder, from its newest checkpoint, or from the beginning
/// where there is none yet. On the CPU it ends as if it had never been ended; on another device,
/// with another number of threads or another libtorch it goes on with a warning. A finished run
/// gives its result again.
///
/// # Errors
/// When the folder, its checkpoint or the data are not this run's, and as [`super::run()`].
pub fn resume(options: &ResumeOptions) -> Result<Retrained, Error> {
    let stop = Stop::install()?;
    resume_until(options, &|| stop.asked())
}

/// As [`resume`], until `stop` says so: asked before every step.
///
/// # Errors
/// As [`resume`].
pub fn resume_until(options: &ResumeOptions, stop: &dyn Fn() -> bool) -> Result<Retrained, Error> {
    let (opened, manifest) = reopen_folder("retrain", &options.run, &options.ranks)?;
    if let Some(result) = opened.folder.result::<Retrained>()?
        && !result.stopped
    {
        (options.warn)("this run is finished; here is its result");
        return Ok(Retrained {
            run: options.run.clone(),
            ..result
        });
    }
    let own = config::retrain_again(Some(&opened.folder.settings()), &[])?;
    let loaded = config::retrain_again(Some(&opened.folder.settings()), &options.overrides())?;
    let settings = &loaded.settings;
    let folder = opened.folder.path();
    let chosen = Chosen::again(&manifest, folder, settings, options.show)?;
    let ready = Ready::new(
        settings,
        chosen,
        options.device(&manifest.device)?,
        options.ranks.clone(),
    )?;
    let mut retraining = ready.retraining(settings, opened, &own.resolved)?;
    retraining.go_on(options, &manifest)?;
    retraining.run(options.progress && options.ranks.is_first(), stop)
}

impl Retraining<'_> {
    /// Takes over the newest checkpoint, if there is one.
    fn go_on(&mut self, options: &ResumeOptions, manifest: &Manifest) -> Result<(), Error> {
        let mut say = |text: &str| self.records.say(text);
        let Some(stored) = self.checkpoints.resume_saying(options.warn, &mut say)? else {
            self.inherit(manifest)?;
            return Ok(self.records.rewind(0)?);
        };
        let (from, world) = (stored.path.clone(), stored_ranks(&stored));
        state::restore(self, stored)?;
        let at = (self.epoch, self.step);
        self.records.say(&resumed(&from, at))?;
        let steps = self.train.steps_of(self.settings.train.batch, world) as u64;
        self.records.rewind(whole_epochs(at, steps))?;
        if world != self.learner.ranks.world() {
            let counts = (steps, self.recipe.steps);
            let recount = Recount::new(at, counts, self.settings.accumulate);
            self.step = recount.now;
            self.checkpoints.recount(&recount);
            self.learner.gathered.clear();
        }
        Ok(())
    }

    /// A run that starts from its beginning takes its first weights from where it did.
    fn inherit(&mut self, manifest: &Manifest) -> Result<(), Error> {
        let Some(file) = &manifest.inherit else {
            return Ok(());
        };
        let childnet = &self.learner.childnet;
        inherit_again(file, &self.arch.path, &self.plan, childnet)?;
        self.learner.restart_average();
        Ok(self.records.inherited(file)?)
    }
}
