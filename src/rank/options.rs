//! What a ranking is asked for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::train::RunOptions;

/// Paths that are sampled from a space when no number is given.
pub const COUNT: usize = 24;

/// A ranking as the command line describes it.
#[derive(Debug, Clone)]
pub struct RankOptions {
    /// A new ranking, or one that goes on.
    pub task: Task,
    /// What every training run is asked for; the settings are those that every path is
    /// trained alone with.
    pub run: RunOptions,
}

/// A new ranking, or one that goes on.
#[derive(Debug, Clone)]
pub enum Task {
    /// A new one.
    New(New),
    /// The one in this folder goes on; settings come from there.
    Resume(PathBuf),
}

/// A new ranking.
#[derive(Debug, Clone)]
pub struct New {
    /// The file of architectures, or of a space to sample from.
    pub file: PathBuf,
    /// The run folder of the search whose supernet judges.
    pub search: PathBuf,
    /// How many paths to sample from a space ([`COUNT`]); none for a file of architectures.
    pub count: Option<usize>,
    /// How often each path is trained alone, each time with another seed. 0: only judged.
    pub truth_seeds: u64,
    /// More bounds on sampled paths, as text: `flops in 200M..300M`.
    pub require: Vec<String>,
    /// The number of classes instead of the file's.
    pub classes: Option<u32>,
}

/// What a ranking goes on from beside its settings: `rank.json` of its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The file of the ranked architectures, inside the folder.
    #[serde(serialize_with = "crate::run::as_text")]
    pub file: PathBuf,
    /// The run folder of the search, absolute.
    #[serde(serialize_with = "crate::run::as_text")]
    pub search: PathBuf,
    /// The folder of images that replaces the search's own, absolute.
    #[serde(serialize_with = "crate::run::some_as_text")]
    pub data: Option<PathBuf>,
    /// How often each path is trained alone.
    pub truth_seeds: u64,
    /// The number of classes instead of the file's.
    pub classes: Option<u32>,
    /// What tells the images that paths are trained on from others; empty where none is trained.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
}
