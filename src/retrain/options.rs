//! What a retraining is asked for.

use std::path::PathBuf;

use crate::train::RunOptions;

/// A retraining as the command line describes it.
#[derive(Debug, Clone)]
pub struct RetrainOptions {
    /// The file that holds the architecture; it `use`s its space.
    pub file: PathBuf,
    /// Which of the file's architectures; needed when there are several.
    pub arch: Option<String>,
    /// The number of classes instead of the file's.
    pub classes: Option<u32>,
    /// What every training run is asked for.
    pub run: RunOptions,
}
