//! `creamc sample FILE`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use creamc_lang::arch::{self, Arch};
use creamc_lang::count::{Measure, Sampler};
use creamc_lang::plan::Plan;
use creamc_lang::space::Metric;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::json;

use super::findings::{self, Format};
use super::load::{Loaded, SpaceArgs};
use super::{CANNOT_WRITE, Verdict, say, text};

/// Draws paths that meet every bound, exactly evenly
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: creamc sample spaces/mobile.cream -n 5 --seed 1 --require 'flops in 200M..300M'"
)]
pub struct Args {
    /// The space
    file: PathBuf,
    /// How many
    #[arg(short, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..))]
    n: u64,
    /// Equal seeds draw equal paths
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// What "evenly" means
    #[arg(long, default_value = "paths")]
    measure: Evenly,
    #[command(flatten)]
    space: SpaceArgs,
    /// How to print
    #[arg(long, default_value = "cream")]
    format: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Evenly {
    /// Every path is as likely as any other; almost all are deep
    Paths,
    /// Every decision is made evenly: depths first, then one candidate a block
    Decisions,
}

impl From<Evenly> for Measure {
    fn from(evenly: Evenly) -> Measure {
        match evenly {
            Evenly::Paths => Measure::Paths,
            Evenly::Decisions => Measure::Decisions,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// A file of archs
    Cream,
    /// One object a line
    Json,
}

/// Below this share of kept walks the user is told why drawing is slow.
const LOW_ACCEPTANCE: f64 = 0.1;

/// Draws and prints, path by path.
///
/// # Errors
/// When the file cannot be read, no path can be drawn, or nothing can be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut loaded = Loaded::read(&args.file, &args.space)?;
    let Some(plan) = loaded.plan() else {
        return loaded.refuse(args.format.messages(), out);
    };
    loaded.show();
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, args.measure.into())
        .with_context(|| format!("cannot draw from `{}`", args.file.display()))?;
    if sampler.acceptance() < LOW_ACCEPTANCE {
        say(&format!(
            "note: {:.1}% of the walks end inside every bound; the others are drawn again",
            100.0 * sampler.acceptance()
        ));
    }
    print(args, &plan, &sampler, out)?;
    Ok(Verdict::Clean)
}

impl Output {
    /// How messages go with it.
    fn messages(self) -> Format {
        match self {
            Output::Cream => Format::Human,
            Output::Json => Format::Json,
        }
    }
}

fn print(args: &Args, plan: &Plan, sampler: &Sampler, out: &mut impl Write) -> anyhow::Result<()> {
    if args.format == Output::Cream {
        let used = quoted(&args.file)?;
        write!(out, "cream 1\nuse {used}\n").context(CANNOT_WRITE)?;
    }
    let mut random = ChaCha8Rng::seed_from_u64(args.seed);
    for number in 1..=args.n {
        let path = sampler.draw(&mut random);
        let arch = Arch::of_plan(format!("sample_{number}"), path, plan);
        match args.format {
            Output::Cream => print_text(&arch, plan, out)?,
            Output::Json => print_json(&arch, plan, out)?,
        }
    }
    Ok(())
}

/// The path as a string of the language, which knows no quotes inside.
fn quoted(file: &Path) -> anyhow::Result<String> {
    match file.to_str() {
        Some(path) if !path.contains(['"', '\n', '\r']) => Ok(format!("\"{path}\"")),
        _ => bail!(
            "no `use` line can name `{}`; rename the file, or take `--format json`",
            file.display()
        ),
    }
}

fn print_text(arch: &Arch, plan: &Plan, out: &mut impl Write) -> anyhow::Result<()> {
    let cost = plan.cost(&arch.path);
    let costs = Metric::ALL
        .iter()
        .map(|&metric| format!("{} {}", metric.as_str(), text::count(cost.get(metric))));
    let written = arch::write(arch, &plan.ir);
    write!(
        out,
        "\n# {}\n{}\n",
        costs.collect::<Vec<_>>().join(", "),
        written.trim_end()
    )
    .context(CANNOT_WRITE)
}

fn print_json(arch: &Arch, plan: &Plan, out: &mut impl Write) -> anyhow::Result<()> {
    let cost = plan.cost(&arch.path);
    let value = json!({
        "choices": arch.choices(&plan.ir),
        "flops": cost.flops,
        "macs": cost.macs,
        "params": cost.params,
        "activations": cost.activations,
        "arch": arch::write(arch, &plan.ir),
    });
    findings::line(&value, out)
}
