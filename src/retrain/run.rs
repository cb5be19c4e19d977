//! A retraining from its options to its result.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use creamc_lang::arch::{self, Arch};
use creamc_lang::plan::Plan;
use serde::Serialize;
use tch::Kind;

use super::learner::Learner;
use super::options::RetrainOptions;
use super::test::{Tested, test};
use crate::checkpoint;
use crate::childnet::Childnet;
use crate::config::{self, OptimizerKind, RetrainSettings};
use crate::data::{Batch, Data, Loader, Shard};
use crate::nn::Place;
use crate::run::{Log, Metrics, Progress, RunFolder, Stop, Tick};
use crate::train::epoch::{Done, Measured, Steps, epoch};
use crate::train::meter::Reading;
use crate::train::prepare::{Asked, Opened, Source, load_data, open_folder, train_loader};
use crate::train::{ArchRecord, EpochRecord, Error, Recipe};

/// Steps between two readings of the losses.
const READ_EVERY: usize = 10;

/// What a retraining gave, as `result.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retrained {
    /// The architecture and its cost.
    #[serde(flatten)]
    pub arch: ArchRecord,
    /// What it got on the test part, in evaluation mode.
    pub test: Tested,
    /// Epochs that were trained.
    pub epochs: u64,
    /// Whether the retraining was stopped before its end.
    pub stopped: bool,
    /// The run folder.
    pub run: PathBuf,
}

/// Trains an architecture alone, from new weights, on all training images, and tests it once.
///
/// # Errors
/// When the text, the settings or the data are wrong, the loss is not a number, or
/// the disk is full.
pub fn run(options: &RetrainOptions) -> Result<Retrained, Error> {
    let stop = Stop::install()?;
    let loaded = config::retrain(options.run.config.as_deref(), &options.run.overrides())?;
    let settings = &loaded.settings;
    require_built(settings)?;
    let classes = options.classes.or(settings.train.classes);
    let source = Source::load(&options.file, classes, options.run.show)?;
    let (arch, plan) = source.plan_arch(options.arch.as_deref())?;
    let data = load_data(&settings.train, &plan, 0)?;
    let recipe = Recipe::new(&settings.train, data.train.len())?;
    let device = options.run.device.open()?;
    let place = Place {
        kind: Kind::Float,
        device,
    };
    let resolved = (loaded.resolved.as_str(), loaded.warnings.as_slice());
    let asked = Asked {
        command: "retrain",
        files: &source.files,
        arch: options.arch.as_deref(),
        classes: options.classes,
        require: &[],
    };
    let Opened { folder, log, .. } =
        open_folder(asked, &options.run, &settings.train, resolved, device)?;
    let network = plan.ir.network(&arch.path, plan.resolution);
    let mut retraining = Retraining {
        learner: Learner::new(Childnet::new(&network, place, settings.train.seed)),
        recipe,
        about: about(&arch, &plan, &data),
        metrics: folder.metrics()?,
        settings,
        data,
        place,
        folder,
        log,
        stop,
        progress: Progress::new(0, 0, 0, false),
        step: 0,
        epoch: 0,
        shown: 0,
    };
    let stopped = retraining.train(options.run.progress)?;
    retraining.finish(&arch, &plan, stopped)
}

/// A setting works or is refused.
fn require_built(settings: &RetrainSettings) -> Result<(), Error> {
    let refuse = |text: &str| Err(Error::Refused(text.to_owned()));
    if !matches!(settings.train.optimizer.kind, OptimizerKind::Sgd) {
        return refuse("`OPT: rmsproptf` is not built yet; use sgd");
    }
    if settings.ema.is_some() {
        return refuse("`NET.EMA.USE: True` is not built yet; set it to False");
    }
    if settings.dropout > 0.0 {
        return refuse("`NET.DROPOUT_RATE` above 0 is not built yet; set it to 0");
    }
    if settings.selection.is_some() {
        return refuse("`MODEL_SELECTION` and `INPUT_ARCH` are not built yet; give an arch file");
    }
    Ok(())
}

/// What is saved with the weights: the architecture, and how images are normalised.
fn about(arch: &Arch, plan: &Plan, data: &Data) -> BTreeMap<String, String> {
    let settled = Arch {
        resolution: Some(plan.resolution),
        ..arch.clone()
    };
    let normalisation = &data.normalisation;
    BTreeMap::from([
        ("arch".to_owned(), arch::write(&settled, &plan.ir)),
        ("mean".to_owned(), format!("{:?}", normalisation.mean)),
        (
            "deviation".to_owned(),
            format!("{:?}", normalisation.deviation),
        ),
    ])
}

/// A retraining under way.
struct Retraining<'a> {
    settings: &'a RetrainSettings,
    learner: Learner,
    recipe: Recipe,
    /// Words that are saved with the weights.
    about: BTreeMap<String, String>,
    data: Data,
    place: Place,
    folder: RunFolder,
    log: Log,
    metrics: Metrics,
    stop: Stop,
    progress: Progress,
    /// Steps made over the whole run.
    step: u64,
    epoch: u64,
    /// Steps of this epoch that the progress has been told of.
    shown: usize,
}

impl Steps for Retraining<'_> {
    fn step(&mut self, batch: &Batch) -> Result<Measured, Error> {
        let measured = self.learner.step(&self.recipe, self.step, batch)?;
        self.step += 1;
        Ok(measured)
    }

    fn stop(&self) -> bool {
        self.stop.asked()
    }

    fn show(&mut self, steps: usize, so_far: &Reading) {
        let newest = steps - self.shown;
        self.shown = steps;
        let tick = Tick {
            epoch: self.epoch,
            loss: so_far.mean_loss(),
            top1: so_far.top1(),
            images: newest * self.settings.train.batch,
        };
        self.progress.advance(newest as u64, &tick);
    }

    fn not_a_number(&self, step: usize) -> Error {
        Error::NotANumber {
            epoch: self.epoch,
            step: (self.epoch - 1) * self.recipe.steps + step as u64 + 1,
            path: "the network's only one".to_owned(),
            saved: None,
        }
    }
}

impl Retraining<'_> {
    /// All epochs; whether it was stopped.
    fn train(&mut self, progress: bool) -> Result<bool, Error> {
        let train = &self.settings.train;
        let loader = train_loader(train, &self.data);
        self.progress = Progress::new(self.recipe.schedule.steps, 0, train.epochs, progress);
        for number in 1..=train.epochs {
            let start = Instant::now();
            (self.epoch, self.shown) = (number, 0);
            let batches = loader.epoch(train.batch, number, 0, Shard::ALONE);
            let done = epoch(batches, self.place, READ_EVERY, Done::default(), self)?;
            self.record(&done.reading, start)?;
            if done.stopped {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn record(&mut self, reading: &Reading, start: Instant) -> Result<(), Error> {
        let lr = self.recipe.schedule.lr(self.step.saturating_sub(1));
        let at = (self.epoch, self.step);
        let record = EpochRecord::new(at, reading, lr, start.elapsed().as_secs_f64());
        self.metrics.add(&record)?;
        self.log.line(&format!(
            "epoch {}: loss {:.4}, top-1 {:.2}%, {:.1} s",
            record.epoch, record.loss, record.top1, record.seconds
        ))?;
        say_broken(&self.data, &mut self.log)?;
        self.save()
    }

    /// The weights as they are now, whole or not at all.
    fn save(&self) -> Result<(), Error> {
        let file = self.folder.path().join("model.safetensors");
        Ok(checkpoint::save(
            &file,
            &self.learner.childnet.tensors(),
            &self.about,
        )?)
    }

    /// Tests, and writes the result.
    fn finish(mut self, arch: &Arch, plan: &Plan, stopped: bool) -> Result<Retrained, Error> {
        self.progress.finish();
        let part = Loader::plain(
            &self.data.test,
            &self.data.normalisation,
            self.settings.train.seed,
            self.settings.train.workers,
        );
        let tested = test(
            &self.learner.childnet,
            &part,
            self.settings.train.eval_batch,
        )?;
        say_broken(&self.data, &mut self.log)?;
        let result = Retrained {
            arch: ArchRecord::new(arch, plan),
            test: tested,
            epochs: self.epoch,
            stopped,
            run: self.folder.path().to_owned(),
        };
        let json = serde_json::to_string_pretty(&result).expect("a result is plain JSON");
        self.folder.write("result.json", json + "\n")?;
        self.log.line(&format!(
            "test: top-1 {:.2}%, top-5 {:.2}%, loss {:.4} over {} images",
            tested.top1, tested.top5, tested.loss, tested.images
        ))?;
        Ok(result)
    }
}

/// Images that turned out to be unreadable.
fn say_broken(data: &Data, log: &mut Log) -> Result<(), Error> {
    for image in data.news() {
        log.line(&format!("not readable: {image}"))?;
    }
    Ok(())
}
