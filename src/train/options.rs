//! What every training run is asked for.

use std::path::{Path, PathBuf};

use super::{DeviceChoice, DeviceError, Show};
use crate::ranks::Ranks;

/// A training run as the command line describes it. Paths are as the user wrote them.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The settings file; without one every setting has its default.
    pub config: Option<PathBuf>,
    /// The data folder; goes before the settings' `DATA_DIR`.
    pub data: Option<PathBuf>,
    /// The run folder, created; without it one below the settings' `SAVE_PATH`.
    pub out: Option<PathBuf>,
    /// Where tensors live.
    pub device: DeviceChoice,
    /// The processes that train together.
    pub ranks: Ranks,
    /// Goes before the settings' `SEED`.
    pub seed: Option<u64>,
    /// `KEY=VALUE` settings, in order; they go before the file's.
    pub set: Vec<String>,
    /// Whether to show progress on standard error.
    pub progress: bool,
    /// Shows a warning about the settings, before training begins.
    pub warn: fn(&str),
    /// Shows warnings about the text, before training begins.
    pub show: Show,
}

impl RunOptions {
    /// Every setting of the command line as `KEY=VALUE`.
    pub fn overrides(&self) -> Vec<String> {
        let mut set = self.set.clone();
        set.extend(self.seed.map(|seed| format!("SEED={seed}")));
        set.extend(self.data.as_deref().map(data_dir));
        set
    }
}

/// A run that goes on, as the command line describes it; all else lies in its folder.
#[derive(Debug, Clone)]
pub struct ResumeOptions {
    /// The run folder.
    pub run: PathBuf,
    /// Where the same data lie now, if elsewhere.
    pub data: Option<PathBuf>,
    /// Where tensors live, if not where they did.
    pub device: Option<DeviceChoice>,
    /// The processes that train together.
    pub ranks: Ranks,
    /// Whether to show progress on standard error.
    pub progress: bool,
    /// Shows a warning, before training goes on.
    pub warn: fn(&str),
    /// Shows warnings about the text.
    pub show: Show,
}

impl ResumeOptions {
    /// The one setting that may change, as `KEY=VALUE`.
    pub fn overrides(&self) -> Vec<String> {
        self.data.as_deref().map(data_dir).into_iter().collect()
    }

    /// The device: the one asked for, else the run's own.
    ///
    /// # Errors
    /// When the run's own is no device's name.
    pub fn device(&self, own: &str) -> Result<DeviceChoice, DeviceError> {
        self.device.map_or_else(|| own.parse(), Ok)
    }
}

fn data_dir(data: &Path) -> String {
    // A JSON string is a YAML string, whatever is in it.
    format!("DATA_DIR={}", serde_json::json!(data.to_string_lossy()))
}
