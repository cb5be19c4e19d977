//! A network with the weights of a file: what is tested, and what predicts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use creamc_lang::arch::Arch;
use creamc_lang::plan::Plan;
use tch::Kind;

use crate::checkpoint::Weights;
use crate::childnet::Childnet;
use crate::config::{LEAST_CROP_SHARE, RetrainSettings, TrainSettings};
use crate::data::Normalisation;
use crate::nn::Place;
use crate::train::checkpoints::not_finite;
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
    /// When there is no network or no file of weights, the text is wrong, the weights are not
    /// the network's, or what their file says of images cannot be.
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
        let weights = Weights::load(&file, &network)?;
        let average = options.average && settings.ema.is_some();
        if !average && weights.plain.is_empty() && weights.averaged.is_some() {
            return Err(Error::Refused(format!(
                "{}: holds averaged weights only: leave out --no-ema, and set `NET.EMA.USE` to True",
                file.display()
            )));
        }
        let channels = plan.ir.input_channels as usize;
        let damaged = |what: String| Error::Refused(format!("{}: {what}", file.display()));
        let averaged = weights.copy_into(&childnet, average)?;
        if let Some(name) = not_finite(&childnet.tensors()) {
            return Err(damaged(format!(
                "`{name}` holds values that are no finite numbers, as after a training that diverged: give other weights"
            )));
        }
        Ok(Trained {
            averaged,
            normalisation: normalisation(&weights.about, channels).map_err(damaged)?,
            crop_share: crop_share(&weights.about).map_err(damaged)?,
            arch,
            plan,
            childnet,
            file,
        })
    }

    /// An error of a prediction or a test, with the file of the weights where they are to blame.
    pub fn told(&self, error: Error) -> Error {
        match error {
            Error::Diverged => Error::Refused(format!(
                "{}: with these weights the network's outputs are not numbers, or infinite, as after a training that diverged: \
                 give other weights",
                self.file.display()
            )),
            other => other,
        }
    }

    /// The share of an image's short side that is looked at: as evaluation did when the weights were
    /// trained, unless the command line says another.
    pub fn seen_share(&self, settings: &TrainSettings, run: &RunOptions) -> f64 {
        let is_crop =
            |one: &String| one.split('=').next().map(str::trim) == Some("DATASET.CROP_PCT");
        let own = self.crop_share.filter(|_| !run.set.iter().any(is_crop));
        own.unwrap_or(settings.crop_share)
    }
}

/// Says of images that are cropped that it is by another share than the settings'.
pub fn tell_of_share(seen: f64, settings: &TrainSettings, run: &RunOptions) {
    if seen != settings.crop_share {
        let idle = settings.idle.cropped.iter();
        idle.for_each(|warning| (run.warn)(&warning.to_string()));
    }
}

fn no_weights() -> Error {
    Error::Refused(
        "no weights: give their file with --weights FILE, or RESUME_PATH in the settings".into(),
    )
}

/// What the words beside the weights say of normalisation, for so many channels.
fn normalisation(
    about: &BTreeMap<String, String>,
    channels: usize,
) -> Result<Option<Normalisation>, String> {
    let (mean, deviation) = match (about.get("mean"), about.get("deviation")) {
        (None, None) => return Ok(None),
        (Some(mean), Some(deviation)) => (mean, deviation),
        (Some(_), None) => return Err("it says a `mean`, but no `deviation`".to_owned()),
        (None, Some(_)) => return Err("it says a `deviation`, but no `mean`".to_owned()),
    };
    let numbers = |text: &str| serde_json::from_str::<Vec<f64>>(text).ok();
    let read = numbers(mean)
        .zip(numbers(deviation))
        .map(|(mean, deviation)| Normalisation { mean, deviation })
        .filter(|read| read.fits(channels));
    let what = || {
        format!(
            "its `mean` and `deviation` are not {channels} number(s) each, from 0 to 1, the deviation's above 0"
        )
    };
    read.map(Some).ok_or_else(what)
}

/// What they say of the share that evaluation sees.
fn crop_share(about: &BTreeMap<String, String>) -> Result<Option<f64>, String> {
    let Some(text) = about.get("crop") else {
        return Ok(None);
    };
    let share = text.parse().ok();
    let share = share.filter(|share| (LEAST_CROP_SHARE..=1.0).contains(share));
    share.map(Some).ok_or_else(|| {
        format!("its `crop` is no share of an image's short side, from {LEAST_CROP_SHARE} to 1")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(key, word)| ((*key).to_owned(), (*word).to_owned()))
            .collect()
    }

    #[test]
    fn words_beside_weights_are_checked_before_images_go_through_them() {
        let both = |mean, deviation| words(&[("mean", mean), ("deviation", deviation)]);
        let grey = normalisation(&both("[0.5]", "[0.25]"), 1).unwrap().unwrap();
        assert_eq!((grey.mean, grey.deviation), (vec![0.5], vec![0.25]));
        assert_eq!(normalisation(&words(&[]), 1), Ok(None));
        for (mean, deviation) in [
            ("[0.5, 0.5]", "[0.25, 0.25]"),
            ("[0.5]", "[0]"),
            ("[0.5]", "[-1]"),
            ("[0.5]", "[1e-300]"),
            ("[1e9]", "[0.25]"),
            ("[0.5]", "[]"),
            ("0.5", "0.25"),
            ("", ""),
        ] {
            let error = normalisation(&both(mean, deviation), 1).unwrap_err();
            assert!(error.contains("not 1 number(s)"), "{error}");
        }
        for half in ["mean", "deviation"] {
            let error = normalisation(&words(&[(half, "[0.5]")]), 1).unwrap_err();
            assert!(error.contains(&format!("says a `{half}`")), "{error}");
        }
        assert_eq!(crop_share(&words(&[])), Ok(None));
        assert_eq!(crop_share(&words(&[("crop", "0.875")])), Ok(Some(0.875)));
        for crop in ["0", "1e-9", "2", "NaN", "all"] {
            assert!(crop_share(&words(&[("crop", crop)])).is_err(), "{crop}");
        }
    }
}
