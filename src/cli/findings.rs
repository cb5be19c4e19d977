//! Diagnostics on their way out: drawn for people on standard error, as JSON on standard output.

use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use creamc_lang::diagnostic::{self, Diagnostic};
use creamc_lang::source::Sources;
use serde_json::{Value, json};

use super::CANNOT_WRITE;

/// How results and messages are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Aligned text for people; messages go to standard error
    #[default]
    Human,
    /// JSON for scripts, messages included
    Json,
}

/// Draws messages beside the output.
pub fn show(sources: &Sources, diagnostics: &[Diagnostic]) {
    let color = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text: String = diagnostics
        .iter()
        .map(|one| diagnostic::render(one, sources, color) + "\n")
        .collect();
    // Nobody is left to tell when this fails.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Messages as JSON values.
pub fn values(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<Value> {
    diagnostics
        .iter()
        .map(|one| diagnostic::json(one, sources))
        .collect()
}

/// `{"diagnostics": […]}` as one line of output.
///
/// # Errors
/// When nothing can be written.
pub fn print_json(messages: Vec<Value>, out: &mut impl Write) -> anyhow::Result<()> {
    line(&json!({ "diagnostics": messages }), out)
}

/// One JSON value on a line of its own.
///
/// # Errors
/// When nothing can be written.
pub fn line(value: &Value, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "{value}").context(CANNOT_WRITE)
}
