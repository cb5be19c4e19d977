//! The arguments of `creamc pack`.

use std::path::PathBuf;

/// Packs an image folder into one file a part, which is read faster
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  creamc pack imagenet --out imagenet-256 --short-side 256\n  creamc pack imagenet --out imagenet-files"
)]
pub struct Args {
    /// A folder with `train/` and `val/`, or with ImageNet's tar files
    #[arg(value_name = "DATA_DIR")]
    pub folder: PathBuf,
    /// The folder for `train.pack` and `val.pack`; `--data` takes it
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Keeps pixels, not the files' own bytes: nothing is decoded any more when they are read
    #[arg(long)]
    pub raw: bool,
    /// Keeps pixels, and shrinks images with a longer short side to this one
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=65535))]
    pub short_side: Option<u32>,
    /// A list of the class folders to pack, a line each, in the order of the classes
    #[arg(long, value_name = "FILE")]
    pub class_map: Option<PathBuf>,
    /// The classes of a `val/` without class folders (without this, DATA_DIR's `val_labels.txt`)
    #[arg(long, value_name = "FILE")]
    pub val_labels: Option<PathBuf>,
    /// Ends at the first image that cannot be read, instead of leaving it out
    #[arg(long)]
    pub strict: bool,
}
