//! The arguments of `creamc predict`.

use std::path::PathBuf;

use super::values::{Device, Override};

/// Tells what a trained network sees in images
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  creamc predict best.cream --weights model.safetensors cat.jpg dog.png --classes names.txt\n  creamc predict best.cream --weights model.safetensors --tensor in.safetensors --out out.safetensors"
)]
pub struct Args {
    /// The file with the architecture, first and named *.cream (without one the settings'
    /// MODEL_SELECTION says it), then images
    #[arg(value_name = "ARCH.cream | IMAGE")]
    pub files: Vec<PathBuf>,
    /// Which of the file's architectures, where it holds several
    #[arg(long, value_name = "NAME")]
    pub arch: Option<String>,
    /// Its weights: ours (.safetensors) or PyTorch's (.pth, .pth.tar), instead of the settings'
    /// RESUME_PATH
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Takes the weights as they were trained, not their running average
    #[arg(long)]
    pub no_ema: bool,
    /// Number of classes, instead of the file's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub num_classes: Option<u32>,
    /// Names of the classes, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "tensor")]
    pub classes: Option<PathBuf>,
    /// Classes told of each image
    #[arg(long, value_name = "K", default_value_t = 5, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..))]
    pub top: u32,
    /// Instead of images: `input`, [N, C, H, W], normalised, of a file of safetensors
    #[arg(long, value_name = "FILE", requires = "out")]
    pub tensor: Option<PathBuf>,
    /// Where `logits`, [N, classes], of `--tensor` are written, as safetensors
    #[arg(long, value_name = "FILE", requires = "tensor")]
    pub out: Option<PathBuf>,
    /// Prints one JSON object an image
    #[arg(long, conflicts_with = "tensor")]
    pub json: bool,
    /// Settings file; what it leaves out has its default
    #[arg(long, value_name = "YAML")]
    pub config: Option<PathBuf>,
    /// Where tensors live: auto (without this), cpu, cuda:N
    #[arg(long)]
    pub device: Option<Device>,
    /// Replaces one setting, `MODEL_SELECTION=43`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
}
