//! What a search is asked for.

use std::path::PathBuf;

use crate::train::{DeviceChoice, Show};

/// A search as the command line describes it. Paths are as the user wrote them.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// The file that holds the space.
    pub space: PathBuf,
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
    /// The number of classes instead of the file's.
    pub classes: Option<u32>,
    /// More bounds, as text: `flops in 200M..300M`.
    pub require: Vec<String>,
    /// Threads of one operator; 1 is fastest for tiny networks.
    pub threads: usize,
    /// Whether to draw a progress bar on the terminal.
    pub progress: bool,
    /// Shows warnings about the text, before training begins.
    pub show: Show,
}
