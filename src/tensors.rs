//! The commands that need tensors or image sets, run in this process: from arguments to options, from
//! results to a few printed lines.

mod dry_run;
mod latency;
mod pack;
mod predict;
mod rank;
mod together;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::findings::Format;
use crate::cli::search::Training;
use crate::cli::values::Device;
use crate::cli::{self, TensorCommand, Verdict, findings, retrain, search, test};
use crate::rank::{RankOptions, Ranked};
use crate::ranks::Ranks;
use crate::retrain::{
    RetrainOptions, Retrained, TestOptions, TestResult, broken_text, without_pytorch_text,
};
use crate::search::{Found, SearchOptions};
use crate::train::{DeviceChoice, Error, Findings, NetworkOptions, ResumeOptions, RunOptions};
use together::Here;

/// Runs the command here.
///
/// # Errors
/// When the world does not allow it.
pub fn run(command: TensorCommand) -> anyhow::Result<Verdict> {
    creamc_torch::keep_freed_memory();
    creamc_torch::survive_file_limit();
    if !shares(&command) {
        together::refuse_several(command.name())?;
    }
    match command {
        TensorCommand::Latency(args) => latency::run(&args),
        TensorCommand::Pack(args) => pack::run(args),
        TensorCommand::Search(args) if args.dry_run => {
            let print = match args.format {
                Format::Human => dry_run::print_human,
                Format::Json => dry_run::print_json,
            };
            end(crate::search::dry_run(&search_options(args)), print)
        }
        TensorCommand::Search(args) => {
            let (together, device) = (args.together, args.training.device);
            together::run(&together, device, |here| search(args, here), print_found)
        }
        TensorCommand::Retrain(args) => {
            let (together, device) = (args.together, args.training.device);
            together::run(
                &together,
                device,
                |here| retrain(args, here),
                print_retrained,
            )
        }
        TensorCommand::Test(args) => {
            let print = match args.json {
                true => print_test_json,
                false => print_test,
            };
            let (together, device) = (args.together, args.reading.device);
            together::run(&together, device, |here| test(args, here), print)
        }
        TensorCommand::Predict(args) => {
            let print = match args.json {
                true => predict::print_json,
                false => predict::print,
            };
            end(crate::retrain::run_predict(&predict::options(args)?), print)
        }
        TensorCommand::Rank(args) => {
            let (together, device) = (args.together, args.training.device);
            together::run(&together, device, |here| ranked(args, here), rank::print)
        }
    }
}

/// Whether several processes may run the command together.
fn shares(command: &TensorCommand) -> bool {
    match command {
        TensorCommand::Search(args) => !args.dry_run,
        TensorCommand::Retrain(_) | TensorCommand::Test(_) | TensorCommand::Rank(_) => true,
        _ => false,
    }
}

fn search(mut args: search::Args, here: Here) -> Result<Found, Error> {
    match here.going_on(args.resume.take())? {
        Some(run) => crate::search::resume(&resume_options(run, args.training, here)),
        None => {
            let options = search_options(args);
            let run = here.place(options.run);
            crate::search::run(&SearchOptions { run, ..options })
        }
    }
}

fn search_options(args: search::Args) -> SearchOptions {
    SearchOptions {
        space: args.file.expect("clap asks for a file or --resume"),
        classes: args.classes,
        require: args.require,
        run: run_options(args.training),
    }
}

fn retrain(mut args: retrain::Args, here: Here) -> Result<Retrained, Error> {
    match here.going_on(args.resume.take())? {
        Some(run) => crate::retrain::resume(&resume_options(run, args.training, here)),
        None => {
            let options = retrain_options(args)?;
            let run = here.place(options.run);
            crate::retrain::run(&RetrainOptions { run, ..options })
        }
    }
}

/// What a search found.
fn best_of(run: &Path) -> Result<PathBuf, Error> {
    let file = run.join("best.cream");
    match file.is_file() {
        true => Ok(file),
        false => Err(Error::Refused(format!(
            "{} has no best.cream: give --inherit the folder of a `creamc search` that has come to its end, or a file with the \
             architecture beside it",
            run.display()
        ))),
    }
}

fn retrain_options(args: retrain::Args) -> Result<RetrainOptions, Error> {
    let mut network = network_options(args.network);
    if let (None, Some(run)) = (&network.file, &args.inherit) {
        network.file = Some(best_of(run)?);
    }
    Ok(RetrainOptions {
        network,
        inherit: args.inherit,
        run: run_options(args.training),
    })
}

fn resume_options(run: PathBuf, training: Training, here: Here) -> ResumeOptions {
    ResumeOptions {
        run,
        data: training.data,
        device: here.device,
        warn: here.warn(),
        show: here.show(),
        ranks: here.ranks,
        progress: true,
    }
}

fn device(typed: Device) -> DeviceChoice {
    match typed {
        Device::Auto => DeviceChoice::Auto,
        Device::Cpu => DeviceChoice::Cpu,
        Device::Cuda(number) => DeviceChoice::Cuda(number.unwrap_or(0)),
    }
}

fn warn(text: &str) {
    cli::say(&format!("warning: {text}"));
}

fn test(args: test::Args, here: Here) -> Result<TestResult, Error> {
    let options = test_options(args);
    let run = here.place(options.run);
    crate::retrain::run_test(&TestOptions { run, ..options })
}

fn ranked(args: cli::rank::Args, here: Here) -> Result<Ranked, Error> {
    let options = rank::options(args);
    let run = here.place(options.run);
    crate::rank::run(&RankOptions { run, ..options })
}

fn test_options(args: test::Args) -> TestOptions {
    TestOptions {
        network: network_options(args.network),
        weights: args.weights,
        average: !args.no_ema,
        csv: args.csv,
        run: reading_options(args.reading),
    }
}

fn reading_options(reading: test::Reading) -> RunOptions {
    run_options(Training {
        config: reading.config,
        data: reading.data,
        out: None,
        device: reading.device,
        seed: None,
        overrides: reading.overrides,
        strict: reading.strict,
    })
}

fn network_options(network: retrain::Network) -> NetworkOptions {
    NetworkOptions {
        file: network.file,
        arch: network.arch,
        classes: network.classes,
    }
}

fn run_options(training: Training) -> RunOptions {
    let overrides = training.overrides.iter();
    let mut set: Vec<String> = overrides
        .map(|one| format!("{}={}", one.key, one.value))
        .collect();
    set.extend(training.strict.then(|| "DATASET.STRICT=True".to_owned()));
    RunOptions {
        config: training.config,
        data: training.data,
        out: training.out,
        device: training.device.map(device).unwrap_or_default(),
        ranks: Ranks::alone(),
        seed: training.seed,
        set,
        progress: true,
        warn,
        show,
    }
}

fn show(findings: &Findings) {
    findings::show(&findings.sources, &findings.diagnostics);
}

fn end<T>(result: Result<T, Error>, print: fn(&T) -> io::Result<()>) -> anyhow::Result<Verdict> {
    match result {
        Ok(value) => {
            print(&value).context("cannot write to standard output")?;
            Ok(Verdict::Clean)
        }
        Err(Error::Text(findings)) => {
            show(&findings);
            Ok(Verdict::Faulty)
        }
        Err(error) => Err(error.into()),
    }
}

fn print_found(found: &Found) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let bold = if out.is_terminal() {
        ("\x1b[1m", "\x1b[0m")
    } else {
        ("", "")
    };
    writeln!(
        out,
        "{}{}{} after {} epochs{}: {}; {} flops, {} macs, {} params",
        bold.0,
        choices(found.arch.choices.as_deref()),
        bold.1,
        found.epochs,
        if found.stopped { " (stopped)" } else { "" },
        found.verdict(),
        found.arch.flops,
        found.arch.macs,
        found.arch.params
    )?;
    writeln!(out, "written to {}", found.run.join("best.cream").display())?;
    if found.stopped {
        writeln!(
            out,
            "creamc search --resume {} goes on",
            found.run.display()
        )?;
    }
    Ok(())
}

fn print_retrained(result: &Retrained) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{} after {} epochs{}: test top-1 {:.2}%, top-5 {:.2}%, loss {:.4} over {} images",
        result.arch.arch,
        result.epochs,
        if result.stopped { " (stopped)" } else { "" },
        result.test.top1,
        result.test.top5,
        result.test.loss,
        result.test.images
    )?;
    writeln!(
        out,
        "weights in {}",
        result.run.join("model.safetensors").display()
    )?;
    if let Some(why) = &result.without_pytorch {
        writeln!(out, "{}", without_pytorch_text(why))?;
    }
    if let Some(text) = broken_text(&result.broken) {
        writeln!(out, "{text}; log.txt and result.json name them")?;
    }
    if result.stopped {
        writeln!(
            out,
            "creamc retrain --resume {} goes on",
            result.run.display()
        )?;
    }
    Ok(())
}

fn print_test(result: &TestResult) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let tested = &result.tested;
    writeln!(
        out,
        "{}: top-1 {:.2}%, top-5 {:.2}%, loss {:.4} over {} images, {:.0} images/s",
        result.arch.arch,
        tested.top1,
        tested.top5,
        tested.loss,
        tested.images,
        result.images_per_second
    )?;
    if let Some(text) = broken_text(&result.broken) {
        writeln!(out, "{text}")?;
    }
    let which = match result.averaged {
        true => "the averaged weights",
        false => "the weights",
    };
    writeln!(out, "{which} of {}", result.weights.display())?;
    if !result.confusions.is_empty() {
        writeln!(out, "most often taken for another:")?;
    }
    for one in &result.confusions {
        let of = result.classes[one.class].images;
        writeln!(
            out,
            "  class {} for {}: {} of {of}",
            one.class, one.taken_for, one.images
        )?;
    }
    Ok(())
}

fn print_test_json(result: &TestResult) -> io::Result<()> {
    let json = serde_json::to_string(result).expect("a result is plain JSON");
    writeln!(io::stdout().lock(), "{json}")
}

fn choices(lists: Option<&[Vec<u32>]>) -> String {
    lists.map_or_else(
        || "the best path".to_owned(),
        creamc_lang::arch::choices_text,
    )
}
