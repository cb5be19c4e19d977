//! `creamc check FILE…`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use creamc_lang::plan::Plan;

use super::arch::{self, Picked};
use super::findings::{DRAWN, Format, JsonList};
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
    let mut printer = match args.format {
        Format::Human => Printer::Human(out),
        Format::Json => Printer::Json(JsonList::open(out)?),
    };
    for file in &args.files {
        match checked(file, &args.space) {
            Ok((loaded, content)) => {
                found.add(&loaded);
                printer.print(file, &loaded, &content)?;
            }
            Err(error) => found.unreadable.push(format!("{error:#}")),
        }
    }
    match printer {
        Printer::Human(_) => found.summary(args.files.len()),
        Printer::Json(list) => list.close()?,
    }
    found.verdict(args)
}

/// Prints what is known of a file as soon as it is, so that one file's messages are in memory at a time.
enum Printer<'w, W> {
    Human(&'w mut W),
    Json(JsonList<'w, W>),
}

impl<W: Write> Printer<'_, W> {
    fn print(&mut self, file: &Path, loaded: &Loaded, content: &str) -> anyhow::Result<()> {
        match self {
            Printer::Human(out) => {
                loaded.show();
                if !loaded.has_errors() {
                    writeln!(out, "{}: {content}", file.display()).context(CANNOT_WRITE)?;
                }
                Ok(())
            }
            Printer::Json(list) => loaded.list(list),
        }
    }
}

/// One compiled file, and in a few words what is in it.
fn checked(file: &Path, args: &SpaceArgs) -> anyhow::Result<(Loaded, String)> {
    let mut loaded = Loaded::read(file, args)?;
    let proved = prove(&mut loaded);
    Ok((loaded, proved.content))
}

/// What is known of a file beyond compiling.
#[derive(Debug)]
pub struct Proved {
    /// In a few words what is in it.
    pub content: String,
    /// Of its space, where that was settled.
    pub plan: Option<Plan>,
}

/// Adds what is only found beyond compiling to a file's messages: whether its bounds can be met,
/// and by its archs.
pub fn prove(loaded: &mut Loaded) -> Proved {
    let space = loaded.unit.ir.as_ref();
    let has_archs = !loaded.unit.archs.is_empty();
    let is_proved = space.is_some_and(|ir| ir.is_proved_beside(has_archs));
    let plan = is_proved.then(|| loaded.plan()).flatten();
    match has_archs {
        false => Proved {
            content: space_content(plan.as_ref()),
            plan,
        },
        true => archs(loaded, is_proved, plan),
    }
}

fn space_content(plan: Option<&Plan>) -> String {
    match plan {
        Some(plan) => format!(
            "space {}, {} paths, resolution {}",
            plan.ir.space,
            text::big(&plan.graph.count().to_string()),
            text::listed(&plan.sides().collect::<Vec<_>>())
        ),
        None => "no space, names only".to_string(),
    }
}

fn archs(loaded: &mut Loaded, is_planned: bool, plan: Option<Plan>) -> Proved {
    let read = arch::read_all(loaded);
    // One plan settles the resolution of all that leave it open.
    let is_open = |picked: &Picked| picked.arch.resolution.is_none();
    let plan = match is_planned || !read.iter().any(is_open) {
        true => plan,
        false => loaded.plan(),
    };
    let settled = plan.as_ref().map(|plan| plan.resolution);
    for picked in &read {
        if let Some(resolution) = picked.arch.resolution.or(settled) {
            picked.warn(loaded, resolution);
        }
    }
    let names: Vec<String> = read.into_iter().map(|picked| picked.arch.name).collect();
    let noun = if names.len() == 1 { "arch" } else { "archs" };
    Proved {
        content: format!("{noun} {}", names.join(", ")),
        plan,
    }
}

#[derive(Default)]
struct Found {
    errors: usize,
    warnings: usize,
    unreadable: Vec<String>,
}

impl Found {
    fn add(&mut self, loaded: &Loaded) {
        let (errors, warnings) = loaded.tally();
        self.errors += errors;
        self.warnings += warnings;
    }

    /// Says how much was found where one screen may not show it.
    fn summary(&self, files: usize) {
        let all = self.errors + self.warnings;
        if all > 1 {
            let kinds = [(self.errors, "error"), (self.warnings, "warning")];
            let found = kinds.into_iter().filter(|(count, _)| *count > 0);
            let words: Vec<String> = found
                .map(|(count, noun)| text::plural(count, noun))
                .collect();
            let rest = match all > DRAWN {
                true => "; `--format json` prints all",
                false => "",
            };
            say(&format!(
                "{} in {}{rest}",
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
