//! Handing a command to the binary that can run it.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::{TensorCommand, Verdict};

/// The binary with tensors.
const SIBLING: &str = "creamc-torch";

/// What libtorch prints of its own. Its warnings about a lost connection come with the stack of its
/// calls, before our message that names who was lost.
const LOG_LEVEL: &str = "TORCH_CPP_LOG_LEVEL";

/// Becomes `creamc-torch`, beside this binary, with the same arguments: signals and
/// exit codes are then its own. Returns only when that fails.
///
/// # Errors
/// When the sibling is not there or does not start.
pub fn to_sibling(command: TensorCommand) -> anyhow::Result<Verdict> {
    let sibling = sibling()?;
    if !sibling.is_file() {
        bail!(missing(command.name(), &sibling));
    }
    let mut command = Command::new(&sibling);
    command.args(env::args_os().skip(1));
    if env::var_os(LOG_LEVEL).is_none() {
        command.env(LOG_LEVEL, "ERROR");
    }
    let error = command.exec();
    Err(error).with_context(|| format!("cannot start `{}`", sibling.display()))
}

fn sibling() -> anyhow::Result<PathBuf> {
    let here = env::current_exe().context("cannot find out where `creamc` lies")?;
    Ok(here.with_file_name(SIBLING))
}

fn missing(command: &str, sibling: &Path) -> String {
    let folder = sibling.parent().unwrap_or(Path::new("."));
    format!(
        "`{SIBLING}` runs `creamc {command}`, and is not in `{}`: \
         `cargo build --release` in the repository builds both, `cargo install --path .` installs both",
        folder.display()
    )
}
