//! Runs that are ended in the middle and go on: as the process itself, killed for real.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test lays out and reads its files, and says why it is skipped"
)]

mod alone;
mod apart;
mod broken;
#[path = "../common/mod.rs"]
mod common;
mod diverged;
mod elastic;
mod ended;
mod first;
mod full_disk;
mod joining;
mod launchers;
mod network;
mod ranks;
mod refused;
mod retraining;
mod shared;
mod tool;
mod world;
