//! `creamc latency --measure`: the rows that a table lacks, measured and written.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use creamc_lang::latency::Times;
use creamc_lang::source::Files;
use creamc_torch::{set_threads, threads};
use indicatif::{ProgressBar, ProgressStyle};
use tch::Device;

use super::device;
use crate::cli::latency::{Args, Open};
use crate::cli::{self, Verdict, text};
use crate::disk::Disk;
use crate::latency::Stopwatch;
use crate::run::put;
use crate::train::prepare::device_text;

/// Between two copies on disk of what is measured so far, and between two lines without a terminal.
const SAVED: Duration = Duration::from_secs(1);
const QUIET: Duration = Duration::from_secs(30);

/// Measures, shows how far it is, and prints what was written.
///
/// # Errors
/// When the space or the table cannot be read, there is no such device, or the table cannot be
/// written; what was measured up to a second before is written then.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let open = match Open::read(args)? {
        Ok(open) => open,
        Err(verdict) => return Ok(verdict),
    };
    let device = opened(args)?;
    let file = args.out.clone().unwrap_or_else(|| open.path.clone());
    let mut table = Written::begin(&open, file, args, device)?;
    let blocks = open.ir.timed_blocks().into_iter();
    let blocks: Vec<_> = blocks
        .filter(|(signature, _)| args.again || table.times.get(signature).is_none())
        .collect();
    let stopwatch = Stopwatch {
        device,
        repeats: args.repeats as usize,
    };
    let mut progress = Progress::new(blocks.len());
    for (signature, layer) in &blocks {
        let time = stopwatch.measure(layer, open.ir.norm);
        table.add(signature.clone(), time)?;
        progress.step();
    }
    progress.bar.finish_and_clear();
    table.save()?;
    let (rows, file) = (text::plural(blocks.len(), "row"), table.file.display());
    writeln!(
        io::stdout().lock(),
        "{file}: {rows} measured, {} in all",
        table.times.len()
    )
    .context("cannot write to standard output")?;
    Ok(Verdict::Clean)
}

/// The device, with the threads that a block may use there.
fn opened(args: &Args) -> anyhow::Result<Device> {
    if let Some(count) = args.threads {
        set_threads(count as usize)?;
    }
    Ok(args.device.map(device).unwrap_or_default().open()?)
}

/// A table that grows, and its file.
struct Written {
    times: Times,
    head: String,
    file: PathBuf,
    saved: Instant,
}

impl Written {
    /// The rows that there are already: those of the file that will be written.
    fn begin(open: &Open, file: PathBuf, args: &Args, device: Device) -> anyhow::Result<Written> {
        let times = match args.out.is_some() {
            true => known(&file)?,
            false => (*open.table.times).clone(),
        };
        let (head, how) = (head(&file), how(args, device));
        let lines = head.lines().filter(|line| *line != how);
        let lines: Vec<&str> = lines.chain([how.as_str()]).collect();
        Ok(Written {
            times,
            head: lines.join("\n"),
            file,
            saved: Instant::now(),
        })
    }

    fn add(&mut self, signature: String, time: u64) -> anyhow::Result<()> {
        self.times.insert(signature, time);
        match self.saved.elapsed() >= SAVED {
            true => self.save(),
            false => Ok(()),
        }
    }

    fn save(&mut self) -> anyhow::Result<()> {
        put(&self.file, self.times.write(&self.head).as_bytes())?;
        self.saved = Instant::now();
        Ok(())
    }
}

/// The comments at the head of a file, without their marks; empty where there is no file.
fn head(file: &Path) -> String {
    let text = Disk.read(file).unwrap_or_default();
    let lines = text.lines().map_while(|line| line.strip_prefix('#'));
    let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rows of a file; none where it is not there.
fn known(file: &Path) -> anyhow::Result<Times> {
    if !file.exists() {
        return Ok(Times::default());
    }
    let text = Disk.read(file).map_err(anyhow::Error::msg);
    let text = text.with_context(|| format!("cannot read `{}`", file.display()))?;
    match Times::read(&text) {
        Ok(times) => Ok(times),
        Err(fault) => bail!("`{}` is no table of times: {}", file.display(), fault.what),
    }
}

/// What a measured time is, in one line.
fn how(args: &Args, device: Device) -> String {
    let threads = match device {
        Device::Cpu => format!(", {}", text::plural(threads(), "thread")),
        _ => String::new(),
    };
    format!(
        "creamc {} on {}{threads}: one image, median of {}",
        env!("CARGO_PKG_VERSION"),
        device_text(device),
        text::plural(args.repeats as usize, "run")
    )
}

/// A bar on a terminal, now and then a line elsewhere.
struct Progress {
    bar: ProgressBar,
    is_terminal: bool,
    last: Instant,
}

impl Progress {
    fn new(all: usize) -> Progress {
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} blocks  {eta} left")
            .expect("the template is right");
        Progress {
            // Drawn on stderr, and not at all where that is no terminal.
            bar: ProgressBar::new(all as u64).with_style(style),
            is_terminal: io::stderr().is_terminal(),
            last: Instant::now(),
        }
    }

    fn step(&mut self) {
        self.bar.inc(1);
        if !self.is_terminal && self.last.elapsed() >= QUIET {
            self.last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
            cli::say(&format!("block {done} of {all}"));
        }
    }
}
