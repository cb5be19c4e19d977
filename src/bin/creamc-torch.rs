//! `creamc-torch`: the commands that need tensors. Started by `creamc`, or by hand.

use std::process::ExitCode;

use creamc::{cli, tensors};

fn main() -> ExitCode {
    cli::main(tensors::run)
}
