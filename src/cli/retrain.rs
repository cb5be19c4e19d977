//! The arguments of `creamc retrain`.

use std::path::PathBuf;

use super::search::Training;

/// Trains one architecture from the start
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: creamc retrain best.cream --config configs/demo-retrain.yaml --data DIR --out runs/best"
)]
pub struct Args {
    /// The file with the architecture
    #[arg(value_name = "ARCH.cream")]
    pub file: PathBuf,
    /// Which of the file's architectures, where it holds several
    #[arg(long, value_name = "NAME")]
    pub arch: Option<String>,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub classes: Option<u32>,
    /// What every training run takes
    #[command(flatten)]
    pub training: Training,
}
