//! The arguments of `creamc rank`.

use std::path::PathBuf;

use super::search::Training;
use super::values::{Together, kept_whole_path};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: creamc rank spaces/tiny.cream --run runs/first --config configs/demo-retrain.yaml --out runs/rank"
)]
/// Measures how well a supernet's ranking predicts what paths reach when trained alone
pub struct Args {
    /// The paths: a file of architectures, or a space to sample from
    #[arg(value_name = "FILE", required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// Run folder of the search whose newest supernet judges them
    #[arg(long, value_name = "DIR", required_unless_present = "resume", value_parser = kept_whole_path())]
    pub run: Option<PathBuf>,
    /// How many paths to sample from a space [default: 24]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub count: Option<u32>,
    /// How often each path is trained alone, each time with another seed; 0: only judged
    #[arg(long, value_name = "K", default_value_t = 2, allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(0..=1000))]
    pub truth_seeds: u64,
    /// A bound on sampled paths beside the file's own; may be given several times
    #[arg(long, value_name = "BOUND")]
    pub require: Vec<String>,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub classes: Option<u32>,
    /// Run folder of a ranking that goes on; what is done there is not done again
    #[arg(long, value_name = "DIR", conflicts_with_all = ["file", "run", "count", "truth_seeds", "require", "classes", "config", "out", "seed", "overrides", "strict"])]
    pub resume: Option<PathBuf>,
    /// What every training run takes; the settings are those each path is trained alone with
    #[command(flatten)]
    pub training: Training,
    /// The processes that trainings are dealt to
    #[command(flatten)]
    pub together: Together,
}
