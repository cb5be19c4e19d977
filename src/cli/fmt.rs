//! `creamc fmt FILE…`.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use creamc_lang::source::{Files, Sources};
use creamc_lang::syntax;

use super::{CANNOT_WRITE, Verdict, findings};
use crate::disk::{self, Disk};

/// Writes files in the one form all `.cream` files have
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc fmt --check spaces/*.cream")]
pub struct Args {
    /// Changes nothing; names the files that would change and ends with exit code 1 if there are any
    #[arg(long)]
    check: bool,
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Formats all files, also behind one that cannot be.
///
/// # Errors
/// When a file cannot be read or written, or nothing can be printed.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::Clean;
    let mut failures = Vec::new();
    for file in &args.files {
        match format(file, args.check) {
            Ok(Outcome::Same) => {}
            Ok(Outcome::Written) => {
                writeln!(out, "formatted {}", file.display()).context(CANNOT_WRITE)?
            }
            Ok(Outcome::WouldChange) => {
                writeln!(out, "would format {}", file.display()).context(CANNOT_WRITE)?;
                verdict = Verdict::Faulty;
            }
            Ok(Outcome::Broken) => verdict = Verdict::Faulty,
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("\nerror: "));
    }
    Ok(verdict)
}

enum Outcome {
    Same,
    Written,
    WouldChange,
    /// It has syntax errors, which were shown.
    Broken,
}

fn format(file: &Path, only_check: bool) -> anyhow::Result<Outcome> {
    let name = file.display();
    let text = Disk
        .read(file)
        .with_context(|| format!("cannot read `{name}`"))?;
    let mut sources = Sources::default();
    let id = sources.add(name.to_string(), text.clone());
    let (ast, found) = syntax::parse(id, &text);
    if !found.is_empty() {
        findings::show(&sources, &found);
        return Ok(Outcome::Broken);
    }
    let formatted = syntax::format(&text, &ast);
    if formatted == text {
        return Ok(Outcome::Same);
    }
    if only_check {
        return Ok(Outcome::WouldChange);
    }
    disk::edit(file, &formatted).with_context(|| format!("cannot write `{name}`"))?;
    Ok(Outcome::Written)
}
