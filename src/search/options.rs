//! What a search is asked for.

use std::path::PathBuf;

use crate::train::RunOptions;

/// A search as the command line describes it.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// The file that holds the space.
    pub space: PathBuf,
    /// The number of classes instead of the file's.
    pub classes: Option<u32>,
    /// More bounds, as text: `flops in 200M..300M`.
    pub require: Vec<String>,
    /// What every training run is asked for.
    pub run: RunOptions,
}
