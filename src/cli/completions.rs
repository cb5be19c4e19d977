//! `creamc completions SHELL`.

use std::io::Write;

use anyhow::Context;
use clap_complete::Shell;

use super::{CANNOT_WRITE, Verdict};

/// Prints a script that lets a shell complete commands and flags
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc completions bash > creamc.bash")]
pub struct Args {
    /// Which shell
    shell: Shell,
}

/// Prints the script for the command line `tool`.
///
/// # Errors
/// When nothing can be written.
pub fn run(args: &Args, mut tool: clap::Command, out: &mut impl Write) -> anyhow::Result<Verdict> {
    // Not straight to the output: the generator takes a failed write for its own fault and panics.
    let mut script = Vec::new();
    let name = tool.get_name().to_owned();
    clap_complete::generate(args.shell, &mut tool, name, &mut script);
    out.write_all(&script).context(CANNOT_WRITE)?;
    Ok(Verdict::Clean)
}
