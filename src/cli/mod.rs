//! The command line: what the user types, what is printed, how the process ends.
//!
//! One file per command, each with its arguments and one `run`. This is the only
//! module that prints. Three ways to end: 0 all is well, 1 the user's text has
//! errors (diagnostics were printed), 2 the world or the usage is wrong. `diff` ends
//! as its namesake does: 0 the same, 1 different, 2 when it cannot tell.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};

mod arch;
mod check;
mod completions;
mod cost;
mod diff;
mod dump;
mod explain;
pub mod findings;
mod fix;
mod fmt;
pub mod handover;
mod import;
pub mod latency;
mod load;
pub mod lsp;
mod man;
mod new;
pub mod pack;
pub mod predict;
pub mod rank;
mod report;
pub mod retrain;
mod sample;
pub mod search;
pub mod stats;
pub mod test;
pub mod text;
pub mod values;

/// What `--help` shows below the list of commands.
const EXAMPLES: &str = "\
Examples, one a command:
  creamc new phone --from ofa_mbv3
  creamc import timm ds_r1_k3_s1_e1_c16 ir_r2_k3_s2_e6_c24
  creamc check spaces/mobile.cream --require 'flops in 200M..300M'
  creamc fix --check spaces/*.cream
  creamc fmt --check spaces/*.cream
  creamc stats spaces/mobile.cream --exact
  creamc cost best.cream --resolution 192
  creamc diff before/mobile.cream spaces/mobile.cream
  creamc sample spaces/mobile.cream -n 5 --seed 1 --format json
  creamc dump --pass ir spaces/mobile.cream
  creamc explain ir
  creamc lsp    (editors start it)
  creamc completions bash > creamc.bash
  creamc man check > creamc-check.1
  creamc latency --missing spaces/phone.cream
  creamc pack imagenet --out imagenet-256 --short-side 256
  creamc search spaces/tiny.cream --config configs/demo.yaml --out runs/first
  creamc retrain best.cream --config configs/demo-retrain.yaml --data DIR --out runs/best
  creamc test best.cream --weights runs/best/model.safetensors --data DIR
  creamc predict best.cream --weights runs/best/model.safetensors cat.jpg --classes names.txt
  creamc report runs/first
  creamc rank spaces/tiny.cream --run runs/first --config configs/demo-retrain.yaml --out runs/rank

Exit codes: 0 all is well, 1 the text has errors, 2 the world or the usage is wrong.";

/// Compiles neural-architecture search spaces, tells what is in them, and searches them.
#[derive(Debug, Parser)]
#[command(name = "creamc", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::Args),
    Import(import::Args),
    Check(check::Args),
    Fix(fix::Args),
    Fmt(fmt::Args),
    Stats(stats::Args),
    Cost(cost::Args),
    Diff(diff::Args),
    Sample(sample::Args),
    Dump(dump::Args),
    Explain(explain::Args),
    Lsp(lsp::Args),
    Completions(completions::Args),
    Man(man::Args),
    Report(report::Args),
    #[command(flatten)]
    Tensors(TensorCommand),
}

/// The commands that need tensors or image sets: the binary with libtorch runs them.
#[derive(Debug, Subcommand)]
pub enum TensorCommand {
    /// Tells or measures the rows of a space's latency table
    Latency(latency::Args),
    /// Packs an image folder into one file a part, which is read faster
    Pack(pack::Args),
    /// Trains a supernet on a space and searches it for good architectures
    Search(search::Args),
    /// Trains one architecture from the start
    Retrain(retrain::Args),
    /// Tests a trained network on the test images
    Test(test::Args),
    /// Tells what a trained network sees in images
    Predict(predict::Args),
    /// Measures how well a supernet's ranking predicts what paths reach when trained alone
    Rank(rank::Args),
}

impl TensorCommand {
    /// The word the user types.
    pub fn name(&self) -> &'static str {
        match self {
            TensorCommand::Latency(_) => "latency",
            TensorCommand::Pack(_) => "pack",
            TensorCommand::Search(_) => "search",
            TensorCommand::Retrain(_) => "retrain",
            TensorCommand::Test(_) => "test",
            TensorCommand::Predict(_) => "predict",
            TensorCommand::Rank(_) => "rank",
        }
    }
}

/// Runs a command that needs tensors or image sets, here or in another process.
pub type RunTensors = fn(TensorCommand) -> anyhow::Result<Verdict>;

/// What a command found out about the user's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to complain about.
    Clean,
    /// Diagnostics were printed.
    Faulty,
    /// Two texts mean different things.
    Different,
    /// Diagnostics were printed where texts were to be compared.
    NotCompared,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> ExitCode {
        match verdict {
            Verdict::Clean => ExitCode::SUCCESS,
            Verdict::Faulty | Verdict::Different => ExitCode::from(1),
            // As `diff` and `cmp` end when they cannot tell.
            Verdict::NotCompared => ExitCode::from(2),
        }
    }
}

/// The code for a wrong world or usage; clap ends with the same one.
const WORLD: u8 = 2;

/// Parses the command line of this process, runs the command and says how to exit.
pub fn main(run_tensors: RunTensors) -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => exit_code(run(cli.command, run_tensors)),
        Err(refusal) => usage(&refusal),
    }
}

fn run(command: Command, run_tensors: RunTensors) -> anyhow::Result<Verdict> {
    let mut out = BufWriter::new(io::stdout().lock());
    let verdict = match command {
        Command::Tensors(TensorCommand::Latency(args)) if !args.measure => {
            latency::run(&args, &mut out)
        }
        Command::Tensors(command) => {
            drop(out);
            return run_tensors(command);
        }
        Command::New(args) => new::run(&args, &mut out),
        Command::Import(args) => import::run(&args, &mut out),
        Command::Check(args) => check::run(&args, &mut out),
        Command::Fix(args) => fix::run(&args, &mut out),
        Command::Fmt(args) => fmt::run(&args, &mut out),
        Command::Stats(args) => stats::run(&args, &mut out),
        Command::Cost(args) => cost::run(&args, &mut out),
        Command::Diff(args) => diff::run(&args, &mut out),
        Command::Sample(args) => sample::run(&args, &mut out),
        Command::Dump(args) => dump::run(&args, &mut out),
        Command::Explain(args) => explain::run(&args, &mut out),
        Command::Lsp(args) => lsp::run(&args, &mut out),
        Command::Completions(args) => completions::run(&args, Cli::command(), &mut out),
        Command::Man(args) => man::run(&args, Cli::command(), &mut out),
        Command::Report(args) => report::run(&args, &mut out),
    }?;
    out.flush().context(CANNOT_WRITE)?;
    Ok(verdict)
}

/// Prints what clap says: help and version are wishes, all else is wrong usage.
fn usage(refusal: &clap::Error) -> ExitCode {
    match refusal.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(WORLD),
        _ if refusal.use_stderr() => ExitCode::from(WORLD),
        _ => ExitCode::SUCCESS,
    }
}

const CANNOT_WRITE: &str = "cannot write to standard output";

fn exit_code(result: anyhow::Result<Verdict>) -> ExitCode {
    match result {
        Ok(verdict) => verdict.into(),
        // The reader (`head`, a pager) has seen enough: not our failure.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::from(WORLD)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// One line to the user beside the output. When even that fails there is nobody to tell.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
