//! The arguments of `creamc retrain`.

use std::path::PathBuf;

use super::search::Training;
use super::values::{Together, kept_whole_path};

/// Trains one architecture from the start
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: creamc retrain best.cream --config configs/demo-retrain.yaml --data DIR --out runs/best"
)]
pub struct Args {
    /// Which network
    #[command(flatten)]
    pub network: Network,
    /// Run folder to go on with, exactly; only --data and --device may change
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = ["file", "arch", "inherit", "classes", "config", "out", "seed", "overrides", "strict"]
    )]
    pub resume: Option<PathBuf>,
    /// Run folder of a search: starts from its supernet's weights instead of new ones, and
    /// without a file takes its best.cream
    #[arg(long, value_name = "RUN", value_parser = kept_whole_path())]
    pub inherit: Option<PathBuf>,
    /// What every training run takes
    #[command(flatten)]
    pub training: Training,
    /// The processes that train
    #[command(flatten)]
    pub together: Together,
}

/// Which network.
#[derive(Debug, clap::Args)]
pub struct Network {
    /// The file with the architecture, or with the space of INPUT_ARCH; without it the
    /// settings' MODEL_SELECTION names a published network
    #[arg(value_name = "ARCH.cream")]
    pub file: Option<PathBuf>,
    /// Which of the file's architectures, where it holds several
    #[arg(long, value_name = "NAME")]
    pub arch: Option<String>,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub classes: Option<u32>,
}
