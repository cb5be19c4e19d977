//! A retraining from its options to its result.

use std::path::{Path, PathBuf};

use creamc_lang::arch::Arch;
use creamc_lang::plan::Plan;
use tch::Kind;

use super::inherit::inherit;
use super::learner::Learner;
use super::options::RetrainOptions;
use super::records::{Records, Retrained, about, arch_text};
use super::under_way::Retraining;
use crate::checkpoint::Store;
use crate::childnet::Childnet;
use crate::config::{self, RetrainSettings, ShortFloats};
use crate::data::Data;
use crate::nn::Place;
use crate::ranks::Ranks;
use crate::run::Stop;
use crate::train::checkpoints::{Checkpoints, Subject};
use crate::train::meter::Reading;
use crate::train::prepare::{
    Asked, Opened, Source, agree, identity, load_data, open_folder, train_loader, warnings,
};
use crate::train::{Chosen, Clock, DeviceChoice, Error, Recipe};

/// Trains an architecture alone, from new weights or a search's, on all training images, and tests it once.
///
/// # Errors
/// When the text, the settings or the data are wrong, the loss is not a number, or
/// the disk is full.
pub fn run(options: &RetrainOptions) -> Result<Retrained, Error> {
    let stop = Stop::install()?;
    run_until(options, &|| stop.asked())
}

/// As [`run`], until `stop` says so: asked before every step.
///
/// # Errors
/// As [`run`].
pub fn run_until(options: &RetrainOptions, stop: &dyn Fn() -> bool) -> Result<Retrained, Error> {
    let run = &options.run;
    let loaded = config::retrain(run.config.as_deref(), &run.overrides())?;
    let settings = &loaded.settings;
    let chosen = Chosen::new(&options.network, settings, run)?;
    let ready = Ready::new(settings, chosen, run.device, run.ranks.clone())?;
    let heritage = options.inherit.as_deref().map(|run| ready.inherit(run));
    let heritage = heritage.transpose()?;
    let known = [&loaded.warnings[..], &settings.test_only];
    let warnings = warnings(&known, &settings.train, &ready.data);
    let resolved = (loaded.resolved.as_str(), warnings.as_slice());
    let asked = Asked {
        command: "retrain",
        files: &ready.source.files,
        arch: ready.named.then_some(ready.arch.name.as_str()),
        classes: options.network.classes,
        require: &[],
        resolution: (!ready.named).then_some(ready.plan.resolution),
        inherit: heritage.as_deref(),
    };
    let opened = open_folder(asked, run, &settings.train, resolved, ready.place.device)?;
    let mut retraining = ready.retraining(settings, opened, &loaded.resolved)?;
    if let Some(file) = heritage {
        retraining.records.inherited(&file)?;
    }
    retraining.run(run.progress && run.ranks.is_first(), stop)
}

/// A retraining of which all is checked and nothing is written yet.
pub(super) struct Ready {
    source: Source,
    arch: Arch,
    plan: Plan,
    named: bool,
    data: Data,
    recipe: Recipe,
    place: Place,
    childnet: Childnet,
    ranks: Ranks,
}

impl Ready {
    /// Checks all that a retraining of a network needs, and makes its first weights.
    ///
    /// # Errors
    /// When the data are wrong, or the device is not there or cannot do what is set.
    pub fn new(
        settings: &RetrainSettings,
        chosen: Chosen,
        device: DeviceChoice,
        ranks: Ranks,
    ) -> Result<Ready, Error> {
        let Chosen {
            source,
            arch,
            plan,
            named,
        } = chosen;
        let data = load_data(&settings.train, &plan, 0)?;
        agree(&ranks, &plan, &data)?;
        let recipe = Recipe::new(&settings.train, data.train.len(), ranks.world())?;
        let device = device.open()?;
        if settings.train.short == Some(ShortFloats::F16) && !device.is_cuda() {
            let what = "`AMP: f16` needs a CUDA device; on the CPU use bf16";
            return Err(Error::Refused(what.to_owned()));
        }
        let place = Place {
            kind: Kind::Float,
            device,
        };
        let network = plan.ir.network(&arch.path, plan.resolution);
        let childnet = Childnet::new(&network, place, settings.train.seed);
        Ok(Ready {
            source,
            arch,
            plan,
            named,
            data,
            recipe,
            place,
            childnet,
            ranks,
        })
    }

    /// Takes the first weights from a search; the file that they lay in.
    fn inherit(&self, search: &Path) -> Result<PathBuf, Error> {
        let (plan, childnet) = (&self.plan, &self.childnet);
        inherit(search, &self.arch.path, plan, childnet, &self.ranks)
    }

    /// The retraining before its first step. `resolved` is the text of its settings.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn retraining<'a>(
        self,
        settings: &'a RetrainSettings,
        opened: Opened,
        resolved: &str,
    ) -> Result<Retraining<'a>, Error> {
        let store = Store::new(opened.folder.checkpoint(), settings.checkpoints.keep);
        let subject = Subject::Network(arch_text(&self.arch, &self.plan));
        let made_with = (resolved, self.place.device, self.ranks.world());
        let identity = identity(self.plan.weights.clone(), subject, &self.data, made_with);
        let network = self.plan.ir.network(&self.arch.path, self.plan.resolution);
        let about = about(&self.arch, &self.plan, &self.data);
        Ok(Retraining {
            settings,
            learner: Learner::new(self.childnet, settings, &self.recipe, self.ranks.clone()),
            recipe: self.recipe,
            train: train_loader(&settings.train, &self.data, self.place.device)
                .mixing(settings.mix),
            data: self.data,
            place: self.place,
            records: Records::open(opened, about, &network)?,
            arch: self.arch,
            plan: self.plan,
            checkpoints: Checkpoints::new(store, identity, self.ranks),
            step: 0,
            epoch: 0,
            reading: Reading::default(),
            clock: Clock::after(0.0, 0.0),
        })
    }
}
