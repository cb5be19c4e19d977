//! Settings files: YAML under the names of the original code, as plain typed values.
//!
//! In go a file's text and `KEY=VALUE` overrides; out come [`SearchSettings`] or
//! [`RetrainSettings`], the warnings, and the resolved settings as YAML that loads
//! to the same values. Every problem of a file is reported at once, with its place.
//!
//! Promises: every value is of its kind and in its range, and no two settings
//! contradict each other. What a setting cannot do here is said, never swallowed.
//!
//! `keys.rs` is the one list of settings: kinds, defaults, meanings.

mod augmentation;
mod auto_augment;
mod keys;
mod kind;
mod locate;
mod problem;
mod read;
mod resolve;
mod retrain;
mod schedule;
mod search;
mod strategy;
mod train;

use std::path::Path;

use resolve::Author;

pub use augmentation::{
    AugmentationSettings, Auto, CropKind, EraseMode, Interpolation, MixSettings,
};
pub use auto_augment::{AutoAugment, Noise, PairTable, RandAugment};
pub use keys::{Key, LEAST_CROP_SHARE, Run, Use, keys};
pub use kind::{Kind, Value};
pub use problem::{Place, Problem, SettingsError, Warning};
pub use retrain::{EmaSettings, PUBLISHED, RetrainSettings, Selection};
pub use schedule::{NoiseSettings, ScheduleSettings, ScheduleShape, Warmup};
pub use search::{
    FlopsEnd, KdLoss, Measure, PickMethod, SearchSettings, Sharing, SupernetSettings, Variant,
    flops_of,
};
pub use strategy::{EvolutionSettings, PathPrior, PickBy, Strategy};
pub use train::{
    CheckpointSettings, Classes, IdleSettings, OptimizerKind, OptimizerSettings, ShortFloats,
    TrainSettings,
};

/// Settings with what is worth knowing about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<T> {
    /// The settings.
    pub settings: T,
    /// Settings of the file that have no effect, and other things to show before the run.
    pub warnings: Vec<Warning>,
    /// Every setting with its value, as YAML: loads to the same settings.
    pub resolved: String,
}

/// Reads the settings of a search: `file` if there is one, then `set` (`KEY=VALUE`, dotted
/// keys), over the defaults.
///
/// # Errors
/// The file cannot be read or is no YAML; a setting is unknown, of the wrong kind, out of
/// range, or contradicts another.
pub fn search(
    file: Option<&Path>,
    set: &[String],
) -> Result<Loaded<SearchSettings>, SettingsError> {
    load(file, set, (Run::Search, Author::User), search::settings)
}

/// Reads the settings of a retraining, as [`search()`] does for a search.
///
/// # Errors
/// As for [`search()`].
pub fn retrain(
    file: Option<&Path>,
    set: &[String],
) -> Result<Loaded<RetrainSettings>, SettingsError> {
    load(file, set, (Run::Retrain, Author::User), retrain::settings)
}

/// As [`retrain()`], for a file that may be the settings of a run: those hold every default, and a default of the
/// warm-up that does not fit is left out, as it was in that run.
///
/// # Errors
/// As for [`search()`].
pub fn retrain_again(
    file: Option<&Path>,
    set: &[String],
) -> Result<Loaded<RetrainSettings>, SettingsError> {
    load(file, set, (Run::Retrain, Author::Run), retrain::settings)
}

fn load<T>(
    file: Option<&Path>,
    set: &[String],
    (run, author): (Run, Author),
    settings: fn(&mut resolve::Resolved) -> T,
) -> Result<Loaded<T>, SettingsError> {
    let written = read::written(file, set)?;
    let mut resolved = resolve::resolve(written, run, author);
    // Contradictions between values are only looked for when each alone is right.
    resolved.stop_at_problems()?;
    let settings = settings(&mut resolved);
    resolved.stop_at_problems()?;
    Ok(Loaded {
        settings,
        resolved: resolved.yaml(),
        warnings: resolved.warnings,
    })
}

#[cfg(test)]
mod tests;
