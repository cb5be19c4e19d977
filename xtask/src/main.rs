//! The project's chores, one command each: `cargo xtask setup | launchers | test | demo | vsix`.
//!
//! Nothing here links libtorch, so that this helper builds on a bare machine
//! and can fetch it.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "tasks of the repository read and write files and say what they do"
)]

mod checks;
mod demo;
mod launchers;
mod libtorch;
mod step;
mod vsix;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask COMMAND

  setup      make .libtorch in the repository: libtorch 2.11.0, found or fetched
  launchers  make .launchers: torchrun and mpirun for the tests that use them
  test       set up, then formatting, lints, every test, the documentation
  demo       set up, build the release binaries, run the demonstration
  vsix       pack the extension for VS Code: target/creamc-VERSION.vsix";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = repository();
    match words.as_slice() {
        ["setup"] => libtorch::setup(&root),
        ["launchers"] => {
            libtorch::setup(&root)?;
            launchers::setup(&root)
        }
        ["test"] => checks::run(&root),
        ["demo"] => demo::run(&root),
        ["vsix"] => vsix::run(&root),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}

/// The repository's root: the folder above this helper's own.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in the repository")
        .to_path_buf()
}
