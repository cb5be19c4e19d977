//! What a trained network sees: classes of image files, or logits of a batch of tensors.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tch::{Device, Kind, Tensor};

use super::trained::{Trained, TrainedOptions, tell_of_share};
use crate::checkpoint::{self, shown};
use crate::childnet::Inference;
use crate::config;
use crate::data::{Normalisation, Size, class_names, evaluation_images};
use crate::nn::NamedTensor;
use crate::run::require_place;
use crate::train::{Error, RunOptions};

/// A prediction as the command line describes it.
#[derive(Debug, Clone)]
pub struct PredictOptions {
    /// Which network and weights.
    pub trained: TrainedOptions,
    /// What is looked at.
    pub input: Input,
    /// The file of the classes' names, if they have any.
    pub classes: Option<PathBuf>,
    /// Classes told of each image.
    pub top: usize,
    /// Settings and device.
    pub run: RunOptions,
}

/// What is looked at.
#[derive(Debug, Clone)]
pub enum Input {
    /// Image files.
    Images(Vec<PathBuf>),
    /// A batch as a tensor.
    Tensor {
        /// A file of safetensors with `input`, `[N, C, H, W]`, floats, normalised.
        from: PathBuf,
        /// Where `logits`, `[N, classes]`, f32, are written.
        to: PathBuf,
    },
}

/// What was found out.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicted {
    /// Of image files, in their order.
    Images(Vec<Prediction>),
    /// Of a tensor: how many logits were written, and where.
    Tensor {
        /// Images and classes.
        shape: [usize; 2],
        /// The file of the logits.
        to: PathBuf,
    },
}

/// What the network sees in one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    /// The image's file.
    #[serde(serialize_with = "crate::run::as_text")]
    pub image: PathBuf,
    /// The likeliest classes, first the likeliest.
    pub classes: Vec<Likely>,
}

/// A class and how likely it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Likely {
    /// The class, from 0.
    pub class: usize,
    /// Its name, where classes have names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its softmax, in 0..1.
    pub probability: f64,
}

/// Runs a network in evaluation mode.
///
/// # Errors
/// When there is no network or no file of weights, the text or the settings are wrong, the
/// weights are not the network's, names and classes are not equally many, or what is looked at
/// cannot be read or has the wrong shape, or there is no place for the logits. Nothing is predicted then.
pub fn run(options: &PredictOptions) -> Result<Predicted, Error> {
    let loaded = config::retrain_again(options.run.config.as_deref(), &options.run.overrides())?;
    for warning in loaded.warnings.iter().chain(&loaded.settings.training_only) {
        (options.run.warn)(&warning.to_string());
    }
    if let Input::Tensor { to, .. } = &options.input {
        require_place(to)?;
    }
    let train = &loaded.settings.train;
    let trained = Trained::new(&options.trained, &loaded.settings, &options.run)?;
    let network = Inference::of(&trained.childnet);
    let (classes, size) = (trained.plan.ir.classes as usize, size(&trained));
    let names = match &options.classes {
        Some(file) => names(file, classes)?,
        None => Vec::new(),
    };
    match &options.input {
        Input::Tensor { from, to } => {
            let images = input(from, size)?;
            // A batch of more than there are can be too long for libtorch to count.
            let batch = train.eval_batch.min(images.size()[0] as usize);
            let batches = images.split(batch as i64, 0);
            let logits = batches.iter().map(|one| logits(&network, one));
            let logits = logits.collect::<Result<Vec<Tensor>, Error>>();
            let logits = logits.map_err(|error| trained.told(error))?;
            save(to, Tensor::cat(&logits, 0))?;
            Ok(Predicted::Tensor {
                shape: [images.size()[0] as usize, classes],
                to: to.clone(),
            })
        }
        Input::Images(files) => {
            let usual = || Normalisation::imagenet(size.channels);
            let normalisation = trained.normalisation.clone().unwrap_or_else(usual);
            let crop_share = trained.seen_share(train, &options.run);
            tell_of_share(crop_share, train, &options.run);
            let mut found = Vec::new();
            for files in files.chunks(train.eval_batch) {
                let images = evaluation_images(files, size, crop_share, &normalisation)?;
                let logits = logits(&network, &images).map_err(|error| trained.told(error))?;
                let likely = likely(&logits, &names, options.top);
                let both = files.iter().zip(likely);
                found.extend(both.map(|(file, classes)| Prediction {
                    image: file.clone(),
                    classes,
                }));
            }
            Ok(Predicted::Images(found))
        }
    }
}

/// The size of the network's images.
fn size(trained: &Trained) -> Size {
    let side = trained.plan.resolution as usize;
    Size {
        channels: trained.plan.ir.input_channels as usize,
        height: side,
        width: side,
    }
}

/// The names in `file`: one a class, or classes would get the names of others.
fn names(file: &Path, classes: usize) -> Result<Vec<String>, Error> {
    let names = class_names(file)?;
    match names.len() == classes {
        true => Ok(names),
        false => Err(Error::Refused(format!(
            "{} holds {} names of classes, and the network has {classes} classes: one name a line is \
             needed, in the order of the classes (where the network was trained on another number \
             of classes than its file says, give that with --num-classes N)",
            file.display(),
            names.len()
        ))),
    }
}

/// The images of a file of tensors.
fn input(file: &Path, size: Size) -> Result<Tensor, Error> {
    let refuse = |what: String| Error::Refused(format!("{}: {what}", file.display()));
    let mut tensors = checkpoint::load(file)?.tensors;
    let Some(images) = tensors.remove("input") else {
        let names: Vec<String> = tensors.keys().take(8).map(|name| shown(name)).collect();
        let what = format!(
            "it holds no tensor `input`, only these: {}",
            names.join(", ")
        );
        return Err(refuse(what));
    };
    let Size {
        channels,
        height,
        width,
    } = size;
    let wanted = [channels, height, width].map(|length| length as i64);
    let found = images.size();
    if found.len() != 4 || found[1..] != wanted || found[0] == 0 {
        return Err(refuse(format!(
            "`input` is {found:?}, the network takes [N, {channels}, {height}, {width}] with N of 1 or more"
        )));
    }
    let floats = [Kind::Float, Kind::Double, Kind::Half, Kind::BFloat16];
    if !floats.contains(&images.kind()) {
        return Err(refuse(format!(
            "`input` holds {:?} values; floats, normalised, are needed",
            images.kind()
        )));
    }
    if !is_finite(&images) {
        let what = "`input` holds values that are not numbers, or infinite";
        return Err(refuse(what.to_owned()));
    }
    Ok(images)
}

/// Logits `[N, classes]` of images `[N, C, H, W]`: f32, on the CPU.
///
/// # Errors
/// When one is no number, or infinite.
fn logits(network: &Inference, images: &Tensor) -> Result<Tensor, Error> {
    let place = network.place();
    let images = images.to_device(place.device).to_kind(place.kind);
    let logits = network.forward(&images);
    let logits = logits.to_kind(Kind::Float).to_device(Device::Cpu);
    match is_finite(&logits) {
        true => Ok(logits),
        false => Err(Error::Diverged),
    }
}

/// Whether all values are numbers, none infinite.
fn is_finite(tensor: &Tensor) -> bool {
    tensor.isfinite().all().int64_value(&[]) == 1
}

fn save(file: &Path, logits: Tensor) -> Result<(), Error> {
    let named = NamedTensor {
        name: "logits".into(),
        tensor: logits,
    };
    Ok(checkpoint::save(file, &[named], &BTreeMap::new())?)
}

/// The likeliest classes of each image.
fn likely(logits: &Tensor, names: &[String], top: usize) -> Vec<Vec<Likely>> {
    let softmax = logits.softmax(-1, Kind::Double);
    let count = top.min(softmax.size()[1] as usize);
    let (values, classes) = softmax.topk(count as i64, -1, true, true);
    let values = Vec::<f64>::try_from(values.view([-1])).expect("a row of numbers");
    let classes = Vec::<i64>::try_from(classes.view([-1])).expect("a row of numbers");
    let one = |(&class, &probability): (&i64, &f64)| {
        let class = usize::try_from(class).expect("classes count from 0");
        Likely {
            class,
            name: names.get(class).cloned(),
            probability,
        }
    };
    let rows = classes.chunks_exact(count).zip(values.chunks_exact(count));
    rows.map(|(classes, values)| classes.iter().zip(values).map(one).collect())
        .collect()
}
