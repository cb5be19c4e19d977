//! The built tool, run as a user runs it: what it prints, what it ends with, what it leaves behind.

#![allow(
    clippy::disallowed_methods,
    reason = "a test of a tool reads and writes files"
)]

mod check;
mod cost;
mod diff;
mod dump;
mod explain;
mod fix;
mod fmt;
mod import;
mod latency;
mod libraries;
mod lsp;
mod mistakes;
mod new;
mod report;
mod sample;
mod shell;
mod stats;
mod tool;
mod usage;
mod world;
