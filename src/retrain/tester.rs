//! A trained network on the test part: from options to counted outcomes.

use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;
use tch::Tensor;

use super::test::{ClassTested, Confusion, Outcome, Tested, test};
use super::trained::{Trained, TrainedOptions, tell_of_share};
use crate::childnet::Childnet;
use crate::config::{self, TrainSettings};
use crate::data::{BrokenImages, Loader};
use crate::nn::NamedTensor;
use crate::ranks::Ranks;
use crate::run::{self, Progress, Tick};
use crate::train::broken::news;
use crate::train::prepare::{load_test_data, warnings};
use crate::train::{ArchRecord, Error, NetworkOptions, RunOptions};

/// A test as the command line describes it.
#[derive(Debug, Clone)]
pub struct TestOptions {
    /// Which network.
    pub network: NetworkOptions,
    /// The file of its weights; goes before the settings' `RESUME_PATH`.
    pub weights: Option<PathBuf>,
    /// Whether averaged weights are tested where the file holds some.
    pub average: bool,
    /// Where a line for each class is written, as CSV.
    pub csv: Option<PathBuf>,
    /// Settings, data, device and the processes that share the images.
    pub run: RunOptions,
}

impl TestOptions {
    fn trained(&self) -> TrainedOptions {
        TrainedOptions {
            network: self.network.clone(),
            weights: self.weights.clone(),
            average: self.average,
        }
    }
}

/// What a test gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestResult {
    /// The architecture and its cost.
    #[serde(flatten)]
    pub arch: ArchRecord,
    /// The file of the weights.
    #[serde(serialize_with = "crate::run::as_text")]
    pub weights: PathBuf,
    /// Whether its averaged weights were tested.
    pub averaged: bool,
    /// Over all images.
    #[serde(flatten)]
    pub tested: Tested,
    /// Images that could not be read, and so were not tested.
    pub broken: BrokenImages,
    /// Images a second, reading included.
    pub images_per_second: f64,
    /// Class by class.
    pub classes: Vec<ClassTested>,
    /// The most frequent confusions.
    pub confusions: Vec<Confusion>,
}

/// Confusions that a result names.
const CONFUSIONS: usize = 10;

/// Tests a network's weights on the test images, which ranks share; every rank knows the result, the first writes it.
///
/// # Errors
/// When there is no network or no file of weights, no place for the table, the text, the settings or the data are
/// wrong, the weights are not the network's, or a rank is lost or has other weights or images.
pub fn run(options: &TestOptions) -> Result<TestResult, Error> {
    let loaded = config::retrain_again(options.run.config.as_deref(), &options.run.overrides())?;
    for warning in loaded.warnings.iter().chain(&loaded.settings.training_only) {
        (options.run.warn)(&warning.to_string());
    }
    let ranks = &options.run.ranks;
    let csv = options.csv.as_deref().filter(|_| ranks.is_first());
    csv.map_or(Ok(()), run::require_place)?;
    let settings = &loaded.settings;
    let trained = Trained::new(&options.trained(), settings, &options.run)?;
    let Trained {
        arch,
        plan,
        childnet,
        ..
    } = &trained;
    let train = TrainSettings {
        crop_share: trained.seen_share(&settings.train, &options.run),
        ..settings.train.clone()
    };
    let data = load_test_data(&train, plan)?;
    for warning in warnings(&[], &train, &data) {
        (options.run.warn)(&warning);
    }
    if data.is_decoded() {
        tell_of_share(train.crop_share, &settings.train, &options.run);
    }
    let normalisation = trained.normalisation.as_ref();
    let normalisation = normalisation.unwrap_or(&data.normalisation);
    let part = Loader::plain(&data.test, normalisation, train.seed, train.workers)
        .pinned_for(childnet.place().device, train.pin_memory);
    require_same(childnet, &part, ranks)?;
    let start = Instant::now();
    let tell = |image: &str| (options.run.warn)(&format!("not readable: {image}"));
    let outcome = watched(childnet, &part, train.eval_batch, &options.run);
    let outcome = outcome.inspect_err(|_| {
        // The other ranks may be lost, or ask for nothing: this one's own images are the reasons that are left.
        let own = data.test.set.news();
        own.iter().for_each(|(_, image)| tell(image));
    });
    let outcome = outcome.map_err(|error| trained.told(error))?;
    let seconds = start.elapsed().as_secs_f64();
    for image in news(ranks, &[&*data.train.set, &*data.test.set])? {
        tell(&image);
    }
    if let Some(csv) = csv {
        run::replace(csv, table(&outcome).as_bytes())?;
    }
    let mut confusions = outcome.confusions;
    confusions.truncate(CONFUSIONS);
    Ok(TestResult {
        arch: ArchRecord::new(arch, plan),
        weights: trained.file.clone(),
        averaged: trained.averaged,
        tested: outcome.tested,
        broken: data.broken(),
        images_per_second: outcome.tested.images as f64 / seconds,
        classes: outcome.classes,
        confusions,
    })
}

/// A line for each class.
fn table(outcome: &Outcome) -> String {
    let mut text = "class,images,top1,top5,most_taken_for,most_taken_for_images\n".to_owned();
    for (class, counts) in outcome.classes.iter().enumerate() {
        // The first of a class is its most frequent.
        let most = outcome.confusions.iter().find(|one| one.class == class);
        let most = most.map_or(",".to_owned(), |one| {
            format!("{},{}", one.taken_for, one.images)
        });
        let ClassTested { images, top1, top5 } = counts;
        text += &format!("{class},{images},{top1},{top5},{most}\n");
    }
    text
}

/// Ranks that test other weights, or other numbers of images, would add up nonsense.
fn require_same(childnet: &Childnet, part: &Loader, ranks: &Ranks) -> Result<(), Error> {
    let mut tensors = childnet.tensors();
    let images = Tensor::from(part.images() as i64);
    tensors.push(NamedTensor {
        name: "images".into(),
        tensor: images.to_device(childnet.place().device),
    });
    Ok(ranks.compare("what is tested", &tensors)?)
}

/// Tests with a bar that shows loss and top-1 so far: of the first rank's images.
fn watched(
    childnet: &Childnet,
    part: &Loader,
    batch: usize,
    run: &RunOptions,
) -> Result<Outcome, Error> {
    let ranks = &run.ranks;
    let batches = part.images().div_ceil(batch).div_ceil(ranks.world());
    let shown = run.progress && ranks.is_first();
    let mut progress = Progress::new(batches as u64, 0, 1, shown);
    let outcome = test(childnet, part, batch, ranks, |images, so_far| {
        let tick = Tick {
            epoch: 1,
            images,
            loss: so_far.mean_loss(),
            top1: so_far.top1(),
        };
        progress.advance(1, &tick);
    });
    progress.finish();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_a_line_with_what_it_was_most_often_taken_for() {
        let counts = |images, top1, top5| ClassTested { images, top1, top5 };
        let confusion = |class, taken_for, images| Confusion {
            class,
            taken_for,
            images,
        };
        let outcome = Outcome {
            tested: Tested {
                top1: 50.0,
                top5: 75.0,
                loss: 1.0,
                images: 12,
            },
            classes: vec![counts(8, 3, 6), counts(4, 3, 3), counts(0, 0, 0)],
            // The most frequent first.
            confusions: vec![confusion(0, 2, 4), confusion(1, 0, 1), confusion(0, 1, 1)],
        };
        let expected = "class,images,top1,top5,most_taken_for,most_taken_for_images\n0,8,3,6,2,4\n1,4,3,3,0,1\n2,0,0,0,,\n";
        assert_eq!(table(&outcome), expected);
    }
}
