//! A retraining from its options to its result.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use creamc_lang::arch::{self, Arch};
use creamc_lang::plan::Plan;
use serde::Serialize;
use tch::Kind;

use super::inherit::inherit;
use super::learner::Learner;
use super::options::RetrainOptions;
use super::test::{Tested, test};
use crate::checkpoint::names::Names;
use crate::checkpoint::pth::{self, Words};
use crate::checkpoint::{self, AVERAGED};
use crate::childnet::Childnet;
use crate::config::{self, RetrainSettings, ShortFloats};
use crate::data::{Batch, Data, Loader, Shard};
use crate::nn::{NamedTensor, Place};
use crate::run::{Log, Metrics, Progress, RunFolder, Stop, Tick};
use crate::train::average::Average;
use crate::train::epoch::{Done, Measured, Steps, epoch};
use crate::train::meter::Reading;
use crate::train::prepare::{Asked, Opened, load_data, open_folder, train_loader};
use crate::train::{ArchRecord, Chosen, EpochRecord, Error, Recipe};

/// Steps between two readings of the losses.
const READ_EVERY: usize = 10;

/// What a retraining gave, as `result.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retrained {
    /// The architecture and its cost.
    #[serde(flatten)]
    pub arch: ArchRecord,
    /// What it got on the test part, in evaluation mode; with the averaged weights where an
    /// average is kept.
    pub test: Tested,
    /// What it got with the weights as they are, where `test` is the average's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_plain: Option<Tested>,
    /// Epochs that were trained.
    pub epochs: u64,
    /// Whether the retraining was stopped before its end.
    pub stopped: bool,
    /// The run folder.
    pub run: PathBuf,
}

/// Trains an architecture alone, from new weights or a search's, on all training images, and tests it once.
///
/// # Errors
/// When the text, the settings or the data are wrong, the loss is not a number, or
/// the disk is full.
pub fn run(options: &RetrainOptions) -> Result<Retrained, Error> {
    let stop = Stop::install()?;
    let loaded = config::retrain(options.run.config.as_deref(), &options.run.overrides())?;
    let settings = &loaded.settings;
    let Chosen { source, arch, plan } = Chosen::new(&options.network, settings, &options.run)?;
    let data = load_data(&settings.train, &plan, 0)?;
    let recipe = Recipe::new(&settings.train, data.train.len())?;
    let device = options.run.device.open()?;
    if settings.short == Some(ShortFloats::F16) && !device.is_cuda() {
        let what = "`AMP: f16` needs a CUDA device; on the CPU use bf16";
        return Err(Error::Refused(what.to_owned()));
    }
    let place = Place {
        kind: Kind::Float,
        device,
    };
    let network = plan.ir.network(&arch.path, plan.resolution);
    let childnet = Childnet::new(&network, place, settings.train.seed);
    let heritage = options.inherit.as_deref();
    let heritage = heritage.map(|run| inherit(run, &arch.path, &plan, &childnet));
    let heritage = heritage.transpose()?;
    let resolved = (loaded.resolved.as_str(), loaded.warnings.as_slice());
    let asked = Asked {
        command: "retrain",
        files: &source.files,
        arch: options.network.arch.as_deref(),
        classes: options.network.classes,
        require: &[],
    };
    let Opened {
        folder, mut log, ..
    } = open_folder(asked, &options.run, &settings.train, resolved, device)?;
    if let Some(file) = heritage {
        log.line(&format!("first weights from {}", file.display()))?;
    }
    let mut retraining = Retraining {
        learner: Learner::new(childnet, settings, &recipe),
        names: Names::of_network(&network).ok(),
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
    /// The original's names of the tensors, where the network has such.
    names: Option<Names>,
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
        let epochs = train.epochs + train.schedule.cooldown;
        self.progress = Progress::new(self.recipe.schedule.steps, 0, epochs, progress);
        for number in 1..=epochs {
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
        let mut tensors = self.learner.childnet.tensors();
        let averages = self.learner.average().map_or(&[][..], Average::tensors);
        tensors.extend(averages.iter().map(|own| NamedTensor {
            name: format!("{AVERAGED}{}", own.name).into(),
            tensor: own.tensor.shallow_clone(),
        }));
        let file = self.folder.path().join("model.safetensors");
        Ok(checkpoint::save(&file, &tensors, &self.about)?)
    }

    /// The weights in PyTorch's form, under the original's names.
    fn save_for_pytorch(&mut self, arch: &Arch, metric: f64) -> Result<(), Error> {
        let Some(names) = &self.names else {
            let what = "no model.pth.tar: the original has no names for this network's tensors";
            return Ok(self.log.line(what)?);
        };
        let words = Words {
            arch: arch.name.clone(),
            epoch: self.epoch,
            metric,
        };
        let weights = names.original(&self.learner.childnet.tensors());
        let averaged = self.learner.average();
        let averaged = averaged.map(|average| names.original(average.tensors()));
        let file = self.folder.path().join("model.pth.tar");
        Ok(pth::save(&file, &words, &weights, averaged.as_deref())?)
    }

    /// What the plain weights and, where one is kept, their average get on the test part.
    fn test(&self) -> Result<(Tested, Option<Tested>), Error> {
        let train = &self.settings.train;
        let (data, normalisation) = (&self.data.test, &self.data.normalisation);
        let part = Loader::plain(data, normalisation, train.seed, train.workers);
        let childnet = &self.learner.childnet;
        let tested = || Ok(test(childnet, &part, train.eval_batch, |_, _| {})?.tested);
        let plain = tested()?;
        let Some(average) = self.learner.average() else {
            return Ok((plain, None));
        };
        let own: Vec<NamedTensor> = copies(&childnet.tensors());
        copy_all(average.tensors(), &childnet.tensors());
        let averaged: Result<Tested, Error> = tested();
        copy_all(&own, &childnet.tensors());
        Ok((averaged?, Some(plain)))
    }

    /// Tests, and writes the result.
    fn finish(mut self, arch: &Arch, plan: &Plan, stopped: bool) -> Result<Retrained, Error> {
        std::mem::replace(&mut self.progress, Progress::new(0, 0, 0, false)).finish();
        let (tested, plain) = self.test()?;
        self.save_for_pytorch(arch, tested.top1)?;
        say_broken(&self.data, &mut self.log)?;
        let result = Retrained {
            arch: ArchRecord::new(arch, plan),
            test: tested,
            test_plain: plain,
            epochs: self.epoch,
            stopped,
            run: self.folder.path().to_owned(),
        };
        let json = serde_json::to_string_pretty(&result).expect("a result is plain JSON");
        self.folder.write("result.json", json + "\n")?;
        let line = |what: &str, tested: Tested| {
            format!(
                "{what}: top-1 {:.2}%, top-5 {:.2}%, loss {:.4} over {} images",
                tested.top1, tested.top5, tested.loss, tested.images
            )
        };
        self.log.line(&line("test", tested))?;
        if let Some(plain) = plain {
            self.log.line(&line("test without the average", plain))?;
        }
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

fn copies(tensors: &[NamedTensor]) -> Vec<NamedTensor> {
    let copied = tensors.iter().map(|one| NamedTensor {
        name: one.name.clone(),
        tensor: tch::no_grad(|| one.tensor.detach().copy()),
    });
    copied.collect()
}

/// Copies tensors to those of the same order.
fn copy_all(from: &[NamedTensor], to: &[NamedTensor]) {
    tch::no_grad(|| {
        for (from, to) in from.iter().zip(to) {
            to.tensor.shallow_clone().copy_(&from.tensor);
        }
    });
}
