//! `creamc check FILE…`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::arch::{self, Picked};
use super::findings::{self, Format};
use super::load::{Loaded, SpaceArgs};
use super::{CANNOT_WRITE, Verdict, say, text};

/// Compiles files and proves what can be proved about them
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc check spaces/mobile.cream --require 'flops in 200M..300M'")]
pub struct Args {
    /// Spaces and architectures
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Ends with exit code 1 on warnings too
    #[arg(long)]
    deny: Option<Deny>,
    #[command(flatten)]
    space: SpaceArgs,
    /// How to print
    #[arg(long, default_value = "human")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    Warnings,
}

/// Checks all files, also behind one that cannot be read.
///
/// # Errors
/// When a file cannot be read, or nothing can be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut found = Found::default();
    for file in &args.files {
        match checked(file, &args.space) {
            Ok(checked) => found.add(file, checked, args.format, out)?,
            Err(error) => found.unreadable.push(format!("{error:#}")),
        }
    }
    if args.format == Format::Json {
        findings::print_json(std::mem::take(&mut found.messages), out)?;
    } else {
        found.summary(args.files.len());
    }
    found.verdict(args)
}

/// One compiled file, and in a few words what is in it.
fn checked(file: &Path, args: &SpaceArgs) -> anyhow::Result<(Loaded, String)> {
    let mut loaded = Loaded::read(file, args)?;
    let content = prove(&mut loaded);
    Ok((loaded, content))
}

/// Adds what is only found beyond compiling to a file's messages: whether its bounds can be met,
/// and by its archs. Says in a few words what is in it.
pub fn prove(loaded: &mut Loaded) -> String {
    if loaded.unit.archs.is_empty() {
        space(loaded)
    } else {
        archs(loaded)
    }
}

fn space(loaded: &mut Loaded) -> String {
    match loaded.plan() {
        Some(plan) => format!(
            "space {}, {} paths, resolution {}",
            plan.ir.space,
            text::big(&plan.graph.count().to_string()),
            text::listed(&plan.sides().collect::<Vec<_>>())
        ),
        None => "no space, names only".to_string(),
    }
}

fn archs(loaded: &mut Loaded) -> String {
    let read = arch::read_all(loaded);
    // One plan settles the resolution of all that leave it open.
    let is_open = |picked: &Picked| picked.arch.resolution.is_none();
    let settled = read.iter().any(is_open).then(|| loaded.plan()).flatten();
    for picked in &read {
        let plan = settled.as_ref().map(|plan| plan.resolution);
        if let Some(resolution) = picked.arch.resolution.or(plan) {
            picked.warn(loaded, resolution);
        }
    }
    let names: Vec<String> = read.into_iter().map(|picked| picked.arch.name).collect();
    let noun = if names.len() == 1 { "arch" } else { "archs" };
    format!("{noun} {}", names.join(", "))
}

#[derive(Default)]
struct Found {
    errors: usize,
    warnings: usize,
    messages: Vec<serde_json::Value>,
    unreadable: Vec<String>,
}

impl Found {
    fn add(
        &mut self,
        file: &Path,
        (loaded, content): (Loaded, String),
        format: Format,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let (errors, warnings) = loaded.tally();
        self.errors += errors;
        self.warnings += warnings;
        match format {
            Format::Json => self.messages.extend(loaded.messages()),
            Format::Human => {
                loaded.show();
                if errors == 0 {
                    writeln!(out, "{}: {content}", file.display()).context(CANNOT_WRITE)?;
                }
            }
        }
        Ok(())
    }

    /// Says how much was found where one screen may not show it.
    fn summary(&self, files: usize) {
        if self.errors + self.warnings > 1 {
            let kinds = [(self.errors, "error"), (self.warnings, "warning")];
            let found = kinds.into_iter().filter(|(count, _)| *count > 0);
            let words: Vec<String> = found
                .map(|(count, noun)| text::plural(count, noun))
                .collect();
            say(&format!(
                "{} in {}",
                words.join(" and "),
                text::plural(files, "file")
            ));
        }
    }

    fn verdict(&self, args: &Args) -> anyhow::Result<Verdict> {
        match self.unreadable.as_slice() {
            [] => {}
            [only] => bail!("{only}"),
            several => bail!("{}", several.join("\nerror: ")),
        }
        let denied = self.warnings > 0 && args.deny == Some(Deny::Warnings);
        Ok(if self.errors > 0 || denied {
            Verdict::Faulty
        } else {
            Verdict::Clean
        })
    }
}
