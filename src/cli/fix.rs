//! `creamc fix FILE…`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use creamc_lang::cure::{self, Cured, Step};
use creamc_lang::diagnostic::Certainty;
use creamc_lang::source::Files;

use super::load::{Loaded, SpaceArgs};
use super::{CANNOT_WRITE, Verdict, check, say, text};
use crate::disk::{self, Buffers, Disk};

/// Makes the changes that messages propose, where no other can be meant
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc fix --check spaces/*.cream")]
pub struct Args {
    /// Changes nothing; prints what would change and ends with exit code 1 if anything would
    #[arg(long)]
    check: bool,
    /// Makes the likely changes too, like those of `did you mean`
    #[arg(long)]
    guesses: bool,
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Fixes all files, also behind one that cannot be read.
///
/// # Errors
/// When a file cannot be read or written, or nothing can be printed.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::Clean;
    let mut failures = Vec::new();
    for file in &args.files {
        match fixed(file, args) {
            Ok((cured, left)) => {
                print(file, &cured.steps, args.check, out)?;
                left.show();
                tell_of_guesses(&left, args);
                if left.has_errors() || args.check && !cured.steps.is_empty() {
                    verdict = Verdict::Faulty;
                }
            }
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\nerror: "));
    }
    Ok(verdict)
}

/// Cures one file and writes it. Gives what was done, and the cured file.
fn fixed(file: &Path, args: &Args) -> anyhow::Result<(Cured, Loaded)> {
    let text = Disk
        .read(file)
        .with_context(|| format!("cannot read `{}`", file.display()))?;
    let cured = cure::cure(&text, certainty(args), |text| {
        checked(file, text).unit.diagnostics
    });
    if !args.check && cured.text != text {
        disk::edit(file, &cured.text)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    let left = checked(file, &cured.text);
    Ok((cured, left))
}

fn certainty(args: &Args) -> Certainty {
    match args.guesses {
        true => Certainty::Guess,
        false => Certainty::Sure,
    }
}

/// The file with another text, with everything that `creamc check` finds.
fn checked(file: &Path, text: &str) -> Loaded {
    let mut buffers = Buffers::default();
    buffers.texts.insert(file.to_owned(), text.to_owned());
    let mut loaded = Loaded::read_from(&buffers, file, &SpaceArgs::default())
        .expect("the text of the file is at hand");
    check::prove(&mut loaded);
    loaded
}

fn print(
    file: &Path,
    steps: &[Step],
    only_check: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let word = if only_check { "would fix" } else { "fixed" };
    for step in steps {
        let (file, line, code) = (file.display(), step.line, step.code.as_str());
        writeln!(out, "{word} {file}:{line}: {} [{code}]", step.message).context(CANNOT_WRITE)?;
        if only_check {
            let lines = marked('-', &step.before) + &marked('+', &step.after);
            write!(out, "{lines}").context(CANNOT_WRITE)?;
        }
    }
    Ok(())
}

/// Every line behind a mark.
fn marked(mark: char, lines: &str) -> String {
    lines
        .lines()
        .map(|line| format!("{mark} {line}\n"))
        .collect()
}

/// Says how many cures wait for `--guesses`.
fn tell_of_guesses(left: &Loaded, args: &Args) {
    let helps = left
        .unit
        .diagnostics
        .iter()
        .filter_map(|one| one.help.as_ref());
    let guesses = helps
        .filter(|help| help.certainty == Certainty::Guess)
        .count();
    if guesses > 0 && !args.guesses {
        let count = text::plural(guesses, "likely change");
        say(&format!(
            "{count} left out: `creamc fix --guesses` makes such too"
        ));
    }
}
