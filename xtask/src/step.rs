//! Running one command of a longer job: a line before it, its time after it.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// A `cargo` command line in the repository, through the cargo that runs us.
pub fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root);
    command
}

/// Runs one command, says what it is and how long it took.
///
/// # Errors
/// When the command cannot start or does not end with 0.
pub fn run(title: &str, mut command: Command) -> Result<()> {
    println!("== {title}");
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{title}: {status}");
    }
    println!("   {title}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Runs one command and gives its standard output.
///
/// # Errors
/// When the command cannot start, does not end with 0, or prints something else than text.
pub fn output(title: &str, mut command: Command) -> Result<String> {
    println!("== {title}");
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !output.status.success() {
        bail!("{title}: {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{title} prints text"))
}
