//! `creamc report RUN`.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use super::{CANNOT_WRITE, Verdict, say};
use crate::report;

/// Writes one page about a run: what came out, how it went, whether to believe it
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc report runs/first --out first.html")]
pub struct Args {
    /// The folder of a search or a retraining, finished or still going
    run: PathBuf,
    /// The page, instead of RUN/report.html
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Reads the run, writes the page and says where it is.
///
/// # Errors
/// When the folder is no run folder, or the page cannot be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let report = report::report(&args.run)?;
    for note in &report.notes {
        say(&format!("warning: {note}"));
    }
    let page = match &args.out {
        Some(page) => page.clone(),
        None => args.run.join("report.html"),
    };
    std::fs::write(&page, report.html)
        .with_context(|| format!("cannot write `{}`", page.display()))?;
    writeln!(out, "{}", page.display()).context(CANNOT_WRITE)?;
    Ok(Verdict::Clean)
}
