//! `creamc import NOTATION …`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use creamc_lang::checked::Checked;
use creamc_lang::source::{Files, Sources};
use creamc_lang::space::{Activation, Padding};
use creamc_lang::timm::{self, Blocks, Frame};

use super::{CANNOT_WRITE, Verdict, findings, say};
use crate::disk::Disk;

/// Turns another notation of networks into a space
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: creamc import timm ds_r1_k3_s1_e1_c16 ir_r2_k3_s2_e6_c24 --features 1280 > my.cream"
)]
pub struct Args {
    #[command(subcommand)]
    notation: Notation,
}

#[derive(Debug, clap::Subcommand)]
enum Notation {
    Timm(Timm),
}

/// Block strings of timm, `ir_r2_k3_s2_e4_c24_se0.25`: the network of them, with what the flags say around it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: creamc import timm --file arch_def.yaml --stem 16 --act hswish --head 1280"
)]
struct Timm {
    /// The strings, in lists or without
    #[arg(value_name = "STRINGS", required_unless_present = "file")]
    strings: Vec<String>,
    /// A file of them, as lists in YAML, JSON or Python
    #[arg(long, conflicts_with = "strings")]
    file: Option<PathBuf>,
    /// Only the rows, to be put into a space, whose defaults say the activation and the padding
    #[arg(long, conflicts_with_all = ["name", "features", "head", "act", "padding", "resolution", "classes"])]
    rows: bool,
    /// Name of the space
    #[arg(long, default_value = "imported")]
    name: String,
    /// Width of the first convolution, 3×3 with stride 2
    #[arg(long, value_name = "N", default_value_t = 32)]
    stem: u32,
    /// Width of a 1×1 convolution before the pool, as in EfficientNet
    #[arg(long, value_name = "N")]
    features: Option<u32>,
    /// Width of a 1×1 convolution without norm behind the pool, as in MobileNetV3
    #[arg(long, value_name = "N")]
    head: Option<u32>,
    /// The activation where a string names none
    #[arg(long, default_value = "relu", value_parser = act)]
    act: Activation,
    /// How convolutions pad
    #[arg(long, default_value = "symmetric", value_parser = padding)]
    padding: Padding,
    /// Side of the image in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 224)]
    resolution: u32,
    /// Number of classes
    #[arg(long, value_name = "N", default_value_t = 1000)]
    classes: u32,
}

/// Prints the space, or the messages that say why there is none.
///
/// # Errors
/// When the file cannot be read or there are no strings in it, or nothing can be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let Notation::Timm(args) = &args.notation;
    let sources = sources(args)?;
    let texts = sources.iter().map(|(id, one)| (id, one.text.as_str()));
    let texts: Vec<_> = texts.collect();
    let blocks = match timm::read(&texts, args.stem) {
        Ok(blocks) if blocks.is_empty() => bail!("there is no block string to import"),
        Ok(blocks) => blocks,
        Err(found) => {
            findings::show(&sources, &found);
            return Ok(Verdict::Faulty);
        }
    };
    print(args, &blocks, out)
}

/// The strings of the command line, each a source of its own, or the file.
fn sources(args: &Timm) -> anyhow::Result<Sources> {
    let mut sources = Sources::default();
    for (text, number) in args.strings.iter().zip(1..) {
        sources.add(format!("string {number}"), text.as_str());
    }
    if let Some(file) = &args.file {
        let name = file.display();
        let text = Disk.read(file);
        let text = text.with_context(|| format!("cannot read `{name}`"))?;
        sources.add(name.to_string(), text);
    }
    Ok(sources)
}

fn print(args: &Timm, blocks: &[Blocks], out: &mut impl Write) -> anyhow::Result<Verdict> {
    let text = timm::space(blocks, &frame(args)).print();
    if let Err(wrong) = Checked::from_text("imported", &text) {
        say(&wrong.to_string());
        return Ok(Verdict::Faulty);
    }
    let is_wanted = |line: &&str| !args.rows || line.trim_start().starts_with("stage ");
    for line in text.lines().filter(is_wanted) {
        writeln!(out, "{line}").context(CANNOT_WRITE)?;
    }
    Ok(Verdict::Clean)
}

fn frame(args: &Timm) -> Frame {
    Frame {
        name: args.name.clone(),
        resolution: args.resolution,
        classes: args.classes,
        stem: args.stem,
        act: args.act,
        padding: args.padding,
        features: args.features,
        head: args.head,
    }
}

fn act(word: &str) -> Result<Activation, String> {
    Activation::from_word(word).ok_or_else(|| known(Activation::ALL.iter().map(|one| one.as_str())))
}

fn padding(word: &str) -> Result<Padding, String> {
    Padding::from_word(word).ok_or_else(|| known(Padding::ALL.iter().map(|one| one.as_str())))
}

fn known<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    format!("expected one of {}", words.join(", "))
}
