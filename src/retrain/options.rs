//! What a retraining is asked for.

use std::path::PathBuf;

use crate::train::{NetworkOptions, RunOptions};

/// A retraining as the command line describes it.
#[derive(Debug, Clone)]
pub struct RetrainOptions {
    /// Which network.
    pub network: NetworkOptions,
    /// The run folder of a search whose supernet's weights it starts from.
    pub inherit: Option<PathBuf>,
    /// What every training run is asked for.
    pub run: RunOptions,
}
