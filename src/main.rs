//! `creamc`, the front: every command that needs no tensors; hands the others to `creamc-torch`.

use std::process::ExitCode;

/// A space of 100,000 lines becomes millions of small values: the system's allocator takes a quarter of the time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

// The front is built from the modules themselves, not from the library: code that it
// never calls would still make the linker add libtorch to it.
#[expect(clippy::disallowed_methods, reason = "writes results")]
mod cli;
#[expect(clippy::disallowed_methods, reason = "reads settings files")]
#[allow(
    dead_code,
    unused_imports,
    reason = "the front reads the list of settings alone"
)]
mod config;
#[expect(
    clippy::disallowed_methods,
    reason = "reads `.cream` files, replaces any"
)]
mod disk;
#[expect(clippy::disallowed_methods, reason = "reads run folders")]
mod report;

fn main() -> ExitCode {
    cli::main(cli::handover::to_sibling)
}
