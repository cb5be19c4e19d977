//! `creamc-torch`: the commands that need tensors. Started by `creamc`, or by hand.

use std::process::ExitCode;

use creamc::cli;

fn main() -> ExitCode {
    cli::main(cli::tensors::run)
}
