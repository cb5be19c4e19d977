//! The arguments of `creamc test`.

use std::path::PathBuf;

use super::retrain::Network;
use super::values::{Device, Override, Together, kept_path};

/// Tests a trained network on the test images
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  creamc test best.cream --weights runs/best/model.safetensors --data DIR\n  creamc test --config configs/test.yaml --weights 43.pth.tar --data DIR"
)]
pub struct Args {
    /// Which network
    #[command(flatten)]
    pub network: Network,
    /// Its weights: ours (.safetensors) or PyTorch's (.pth, .pth.tar), instead of the settings'
    /// RESUME_PATH
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Tests the weights as they were trained, not their running average
    #[arg(long)]
    pub no_ema: bool,
    /// Writes a line for each class to this file
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Prints the result as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Settings and data
    #[command(flatten)]
    pub reading: Reading,
    /// The processes that share the images
    #[command(flatten)]
    pub together: Together,
}

/// What a run takes that trains nothing.
#[derive(Debug, clap::Args)]
pub struct Reading {
    /// Settings file; what it leaves out has its default
    #[arg(long, value_name = "YAML")]
    pub config: Option<PathBuf>,
    /// Folder of the images, instead of the settings file's
    #[arg(long, value_name = "DIR", value_parser = kept_path())]
    pub data: Option<PathBuf>,
    /// Where tensors live: auto (without this), cpu, cuda:N
    #[arg(long)]
    pub device: Option<Device>,
    /// Replaces one setting, `DATASET.BATCH_SIZE=64`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Ends at the first image that cannot be read, as `DATASET.STRICT: True`
    #[arg(long)]
    pub strict: bool,
}
