//! The arguments of `creamc search`.

use std::path::PathBuf;

use super::findings::Format;
use super::values::{Device, Override, Together, kept_path};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  creamc search spaces/tiny.cream --config configs/demo.yaml --dry-run
  creamc search spaces/tiny.cream --config configs/demo.yaml --out runs/first
  creamc search spaces/tiny.cream --config configs/demo.yaml --out runs/two --nproc-per-node 2
  creamc search --resume runs/first")]
/// Trains a supernet on a space and searches it for good architectures
pub struct Args {
    /// The space to search
    #[arg(required_unless_present = "resume")]
    pub file: Option<PathBuf>,
    /// Run folder to go on with, exactly; only --data, --device and the number of processes may change
    #[arg(
        long,
        value_name = "RUN",
        conflicts_with_all = ["file", "require", "classes", "config", "out", "seed", "overrides", "strict"]
    )]
    pub resume: Option<PathBuf>,
    /// Checks everything and measures what the search would take (time, memory, disk) on a few
    /// steps that are thrown away; makes no run folder
    #[arg(long, conflicts_with = "resume")]
    pub dry_run: bool,
    /// How to print what a dry run measured
    #[arg(long, default_value = "human", requires = "dry_run")]
    pub format: Format,
    /// A bound beside the file's own; may be given several times
    #[arg(long, value_name = "BOUND")]
    pub require: Vec<String>,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub classes: Option<u32>,
    /// What every training run takes
    #[command(flatten)]
    pub training: Training,
    /// The processes that train
    #[command(flatten)]
    pub together: Together,
}

/// What every training run takes.
#[derive(Debug, clap::Args)]
pub struct Training {
    /// Settings file; what it leaves out has its default
    #[arg(long, value_name = "YAML")]
    pub config: Option<PathBuf>,
    /// Folder of the images, instead of the settings file's
    #[arg(long, value_name = "DIR", value_parser = kept_path())]
    pub data: Option<PathBuf>,
    /// Run folder to make
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where tensors live: auto (without this), cpu, cuda:N
    #[arg(long)]
    pub device: Option<Device>,
    /// Seed of all randomness, instead of the settings file's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Replaces one setting, `DATASET.BATCH_SIZE=64`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Ends at the first image that cannot be read, as `DATASET.STRICT: True`
    #[arg(long)]
    pub strict: bool,
}
