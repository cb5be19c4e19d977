//! What a retraining is asked for.

use std::path::PathBuf;

use crate::train::{DeviceChoice, Show};

/// A retraining as the command line describes it. Paths are as the user wrote them.
#[derive(Debug, Clone)]
pub struct RetrainOptions {
    /// The file that holds the architecture; it `use`s its space.
    pub file: PathBuf,
    /// Which of the file's architectures; needed when there are several.
    pub arch: Option<String>,
    /// The settings file; without one every setting has its default.
    pub config: Option<PathBuf>,
    /// The data folder; goes before the settings' `DATA_DIR`.
    pub data: Option<PathBuf>,
    /// The run folder, created; without it one below the settings' `SAVE_PATH`.
    pub out: Option<PathBuf>,
    /// Where tensors live.
    pub device: DeviceChoice,
    /// Goes before the settings' `SEED`.
    pub seed: Option<u64>,
    /// `KEY=VALUE` settings, in order; they go before the file's.
    pub set: Vec<String>,
    /// Threads of one operator; 1 is fastest for tiny networks.
    pub threads: usize,
    /// Whether to draw a progress bar on the terminal.
    pub progress: bool,
    /// Shows warnings about the text, before training begins.
    pub show: Show,
}
