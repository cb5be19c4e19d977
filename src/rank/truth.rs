//! Training one path alone: exactly what `creamc retrain` does with it.

use std::path::Path;

use crate::ranks::Ranks;
use crate::retrain::{self, RetrainOptions, Tested};
use crate::train::{Error, NetworkOptions, RunOptions};

/// What every path is trained with.
#[derive(Debug, Clone)]
pub struct Alone<'a> {
    /// The file of the architectures.
    pub file: &'a Path,
    /// The settings file.
    pub settings: &'a Path,
    /// The number of classes instead of the file's.
    pub classes: Option<u32>,
    /// Device, data and progress.
    pub run: &'a RunOptions,
}

/// Trains the architecture `name` with `seed`; the files of the training go to `folder`, which
/// must not be there. `None` when the user asked to stop before its end.
///
/// # Errors
/// As [`retrain::run`].
pub fn alone(with: &Alone, name: &str, seed: u64, folder: &Path) -> Result<Option<Tested>, Error> {
    let trained = retrain::run(&RetrainOptions {
        network: NetworkOptions {
            file: Some(with.file.to_owned()),
            arch: Some(name.to_owned()),
            classes: with.classes,
        },
        inherit: None,
        run: RunOptions {
            config: Some(with.settings.to_owned()),
            out: Some(folder.to_owned()),
            seed: Some(seed),
            set: Vec::new(),
            // Whoever else ranks makes trainings of its own; the first's is shown.
            ranks: Ranks::alone(),
            progress: with.run.progress && with.run.ranks.is_first(),
            // Said once, when the ranking began.
            warn: |_| {},
            show: |_| {},
            ..with.run.clone()
        },
    })?;
    Ok((!trained.stopped).then_some(trained.test))
}
