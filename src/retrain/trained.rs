//! A network with the weights of a file: what is tested, and what predicts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use creamc_lang::arch::Arch;
use creamc_lang::plan::Plan;
use tch::Kind;

use crate::checkpoint::Weights;
use crate::checkpoint::names::Names;
use crate::childnet::Childnet;
use crate::config::{RetrainSettings, TrainSettings};
use crate::data::Normalisation;
use crate::nn::Place;
use crate::train::{Chosen, Error, NetworkOptions, RunOptions};

/// Which network, and which weights.
#[derive(Debug, Clone)]
pub struct TrainedOptions {
    /// Which network.
    pub network: NetworkOptions,
    /// The file of its weights; goes before the settings' `RESUME_PATH`.
    pub weights: Option<PathBuf>,
    /// Whether averaged weights are taken where the file holds some.
    pub average: bool,
}

/// A network with its weights.
pub struct Trained {
    /// The architecture.
    pub arch: Arch,
    /// Its plan.
    pub plan: Plan,
    /// The network.
    pub childnet: Childnet,
    /// The file of the weights.
    pub file: PathBuf,
    /// Whether its averaged weights were taken.
    pub averaged: bool,
    /// What images were normalised with when the weights were trained, where the file says it.
    pub normalisation: Option<Normalisation>,
    /// The share of an image's short side that evaluation saw then, where the file says it.
    pub crop_share: Option<f64>,
}

impl Trained {
    /// Finds the network and reads its weights.
    ///
    /// # Errors
    /// When there is no network or no file of weights, the text is wrong, or the weights are not
    /// the network's.
    pub fn new(
        options: &TrainedOptions,
        settings: &RetrainSettings,
        run: &RunOptions,
    ) -> Result<Trained, Error> {
        let Chosen { arch, plan, .. } = Chosen::new(&options.network, settings, run)?;
        let file = options.weights.clone().or(settings.resume_path.clone());
        let file = file.ok_or_else(no_weights)?;
        let place = Place {
            kind: Kind::Float,
            device: run.device.open()?,
        };
        let network = plan.ir.network(&arch.path, plan.resolution);
        let childnet = Childnet::new(&network, place, settings.train.seed);
        let weights = Weights::load(&file, Names::of_network(&network).ok().as_ref())?;
        let average = options.average && settings.ema.is_some();
        Ok(Trained {
            averaged: weights.copy_into(&childnet, average)?,
            normalisation: normalisation(&weights.about),
            crop_share: crop_share(&weights.about),
            arch,
            plan,
            childnet,
            file,
        })
    }
}

impl Trained {
    /// The share of an image's short side that is looked at: as evaluation did when the weights were
    /// trained, unless the command line says another. Warns where it is not the settings' either.
    pub fn seen_share(&self, settings: &TrainSettings, run: &RunOptions) -> f64 {
        let is_crop =
            |one: &String| one.split('=').next().map(str::trim) == Some("DATASET.CROP_PCT");
        match self.crop_share {
            Some(share) if !run.set.iter().any(is_crop) => {
                if share != settings.crop_share {
                    let idle = settings.idle.cropped.iter();
                    idle.for_each(|warning| (run.warn)(&warning.to_string()));
                }
                share
            }
            _ => settings.crop_share,
        }
    }
}

fn no_weights() -> Error {
    Error::Refused(
        "no weights: give their file with --weights FILE, or RESUME_PATH in the settings".into(),
    )
}

fn normalisation(about: &BTreeMap<String, String>) -> Option<Normalisation> {
    let numbers = |key: &str| serde_json::from_str::<Vec<f64>>(about.get(key)?).ok();
    Some(Normalisation {
        mean: numbers("mean")?,
        deviation: numbers("deviation")?,
    })
}

fn crop_share(about: &BTreeMap<String, String>) -> Option<f64> {
    let share = about.get("crop")?.parse().ok();
    share.filter(|share| *share > 0.0 && *share <= 1.0)
}
