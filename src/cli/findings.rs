//! Diagnostics on their way out: drawn for people on standard error, as JSON on standard output.

use std::cmp::Reverse;
use std::io::{self, IsTerminal, Write};

use anyhow::Context;
use creamc_lang::diagnostic::{self, Diagnostic, Renderer};
use creamc_lang::source::Sources;
use serde_json::Value;

use super::{CANNOT_WRITE, text};

/// How results and messages are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Aligned text for people; messages go to standard error
    #[default]
    Human,
    /// JSON for scripts, messages included
    Json,
}

/// Messages that are drawn. Nobody reads more on a screen, and the first often bring the others.
pub const DRAWN: usize = 100;

/// Draws messages beside the output. Where there are too many, errors go first, and the rest is counted.
pub fn show(sources: &Sources, diagnostics: &[Diagnostic]) {
    let color = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut renderer = Renderer::new(sources, color);
    let drawn = foremost(diagnostics).into_iter();
    let mut text: String = drawn.map(|one| renderer.render(one) + "\n").collect();
    let more = diagnostics.len().saturating_sub(DRAWN);
    if more > 0 {
        text += &format!("and {}\n\n", text::plural(more, "more message"));
    }
    // Nobody is left to tell when this fails.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// As many messages as are drawn, in their order; the errors first where not all are.
fn foremost(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut foremost: Vec<&Diagnostic> = diagnostics.iter().collect();
    if foremost.len() > DRAWN {
        foremost.sort_by_key(|one| Reverse(one.severity));
        foremost.truncate(DRAWN);
    }
    foremost
}

/// `{"diagnostics": […]}` as one line of output, a message at a time: there may be a hundred thousand,
/// and as JSON values they would take a gigabyte.
pub struct JsonList<'w, W> {
    out: &'w mut W,
    separator: &'static str,
}

impl<'w, W: Write> JsonList<'w, W> {
    /// Begins the line.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn open(out: &'w mut W) -> anyhow::Result<JsonList<'w, W>> {
        write!(out, r#"{{"diagnostics":["#).context(CANNOT_WRITE)?;
        Ok(JsonList { out, separator: "" })
    }

    /// Prints these messages.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn add(&mut self, sources: &Sources, diagnostics: &[Diagnostic]) -> anyhow::Result<()> {
        for one in diagnostics {
            let message = diagnostic::json(one, sources);
            write!(self.out, "{}", self.separator).context(CANNOT_WRITE)?;
            let written = serde_json::to_writer(&mut *self.out, &message);
            written.map_err(io::Error::from).context(CANNOT_WRITE)?;
            self.separator = ",";
        }
        Ok(())
    }

    /// Ends the line.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn close(self) -> anyhow::Result<()> {
        writeln!(self.out, "]}}").context(CANNOT_WRITE)
    }
}

/// One JSON value on a line of its own.
///
/// # Errors
/// When nothing can be written.
pub fn line(value: &Value, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(out, "{value}").context(CANNOT_WRITE)
}

#[cfg(test)]
mod tests {
    use creamc_lang::diagnostic::{Code, Diagnostic, Severity};
    use creamc_lang::source::Span;

    use super::{DRAWN, foremost};

    #[test]
    fn where_not_all_are_drawn_errors_go_before_warnings() {
        let some = |code: Code, count: usize| {
            let one = move |at: usize| Diagnostic::new(code, at.to_string(), Span::default(), "");
            (0..count).map(one)
        };
        let few: Vec<Diagnostic> = some(Code::UnusedBlock, 1)
            .chain(some(Code::UnknownName, 1))
            .collect();
        assert_eq!(foremost(&few), [&few[0], &few[1]]);

        let errors = DRAWN - 1;
        let many: Vec<Diagnostic> = some(Code::UnusedBlock, DRAWN)
            .chain(some(Code::UnknownName, errors))
            .collect();
        let drawn = foremost(&many);
        assert_eq!(drawn.len(), DRAWN);
        assert!(
            drawn[..errors]
                .iter()
                .all(|one| one.severity == Severity::Error)
        );
        assert_eq!((drawn[0], drawn[errors]), (&many[DRAWN], &many[0]));
    }
}
