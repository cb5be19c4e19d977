//! All that a retraining goes on from, as it lies in a checkpoint.
//!
//! | in the file | what |
//! |---|---|
//! | `ROW.BLOCK.PART` | weights and norm statistics |
//! | `optimiser/…` | the optimiser's lists and its count of steps |
//! | `average/…` | the averaged weights |
//! | `gathered/…` | sums of the gradients of an update that has not all its batches yet |
//! | the word `state` | [`Words`]: everything small, as JSON |
//! | the word `seconds` | the clock; all else is equal in equal runs |
//!
//! Nothing of a random generator is in it: what a step draws depends on the seed and the step
//! alone, as do the order of images, their augmentation and the noise of the rate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::learner::Learner;
use super::scale::LossScale;
use super::under_way::Retraining;
use crate::checkpoint::{Contents, Stored};
use crate::nn::{NamedTensor, copy_into};
use crate::train::average::Average;
use crate::train::meter::Reading;
use crate::train::state::{self, prefixed, read_words, unusable};
use crate::train::{Error, Exact};

const OPTIMISER: &str = "optimiser/";
const AVERAGE: &str = "average/";
const GATHERED: &str = "gathered/";

/// Everything small.
#[derive(Debug, Serialize, Deserialize)]
struct Words {
    epoch: u64,
    step: u64,
    reading: [Exact; 3],
    /// Training images that could not be read.
    broken: Vec<(usize, String)>,
    /// Updates of the average.
    averaged: Option<u64>,
    scale: Option<ScaleWords>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ScaleWords {
    factor: Exact,
    good: u64,
}

impl Words {
    fn of(retraining: &Retraining) -> Words {
        let Reading { loss, hits, images } = retraining.reading;
        let learner = &retraining.learner;
        Words {
            epoch: retraining.epoch,
            step: retraining.step,
            reading: [loss, hits, images].map(Exact),
            broken: retraining.data.broken_to_train(),
            averaged: learner.average().map(Average::updates),
            scale: learner.scale.map(|scale| ScaleWords {
                factor: Exact(scale.factor()),
                good: scale.good(),
            }),
        }
    }
}

/// The tensors of a retraining.
pub fn tensors(learner: &Learner) -> Vec<NamedTensor> {
    let mut tensors = learner.childnet.tensors();
    tensors.extend(prefixed(OPTIMISER, learner.optimiser.tensors()));
    if let Some(average) = learner.average() {
        tensors.extend(prefixed(AVERAGE, average.tensors().to_vec()));
    }
    tensors.extend(prefixed(GATHERED, named(learner, &learner.gathered)));
    tensors
}

/// A tensor for each parameter, under its name; none before the first batch of an update.
fn named(learner: &Learner, gathered: &[Tensor]) -> Vec<NamedTensor> {
    let parameters = learner.childnet.parameters().into_iter().zip(gathered);
    let named = parameters.map(|(parameter, sum)| NamedTensor {
        name: parameter.name,
        tensor: sum.shallow_clone(),
    });
    named.collect()
}

/// The words of a retraining.
pub fn words(retraining: &Retraining) -> BTreeMap<String, String> {
    state::words(&Words::of(retraining), &retraining.clock)
}

/// Puts a new retraining where the one was that `stored` is of.
///
/// # Errors
/// When the file is not what a retraining of this network saves.
pub fn restore(retraining: &mut Retraining, stored: Stored) -> Result<(), Error> {
    let path = stored.path;
    put(retraining, stored.contents).map_err(|reason| unusable(&path, &reason))
}

fn put(retraining: &mut Retraining, mut contents: Contents) -> Result<(), String> {
    let (words, clock): (Words, _) = read_words(&contents)?;
    put_tensors(&mut retraining.learner, &words, &mut contents)?;
    (retraining.epoch, retraining.step) = (words.epoch, words.step);
    let [loss, hits, images] = words.reading.map(|number| number.0);
    retraining.reading = Reading { loss, hits, images };
    retraining.clock = clock;
    retraining.data.recall_broken(words.broken);
    Ok(())
}

fn put_tensors(
    learner: &mut Learner,
    words: &Words,
    contents: &mut Contents,
) -> Result<(), String> {
    let fault = |error: crate::nn::WeightsError| error.to_string();
    let parameters = learner.childnet.parameters();
    let optimiser = contents.take(OPTIMISER);
    let restored = learner.optimiser.restore(&parameters, &optimiser);
    restored.map_err(fault)?;
    let averages = contents.take(AVERAGE);
    match (&mut learner.average, words.averaged) {
        (None, None) => {}
        (Some(average), Some(updates)) => average.restore(updates, &averages).map_err(fault)?,
        _ => return Err("it and the settings differ about the average of the weights".to_owned()),
    }
    match (&mut learner.scale, &words.scale) {
        (None, None) => {}
        (Some(own), Some(saved)) => *own = LossScale::restored(saved.factor.0, saved.good),
        _ => return Err("it and the settings differ about float16".to_owned()),
    }
    let gathered = contents.take(GATHERED);
    if !gathered.is_empty() {
        let sums = learner.zeros();
        copy_into(&named(learner, &sums), &gathered).map_err(fault)?;
        learner.gathered = sums;
    }
    learner.childnet.load(&contents.tensors).map_err(fault)
}
