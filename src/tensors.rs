//! The commands that need tensors, run in this process.

use anyhow::bail;

use crate::cli::{TensorCommand, Verdict};

/// Runs the command here.
///
/// # Errors
/// When the world does not allow it.
pub fn run(command: TensorCommand) -> anyhow::Result<Verdict> {
    bail!("`{}` is not part of this build", command.name())
}
