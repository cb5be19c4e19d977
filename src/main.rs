//! `creamc`, the front: every command that needs no tensors; hands the others to `creamc-torch`.

use std::process::ExitCode;

use creamc::cli;

fn main() -> ExitCode {
    cli::main(cli::handover::to_sibling)
}
