//! The messages of one file, as many as a person reads.

use crate::diagnostic::Diagnostic;

/// Messages kept for one file, those of the lexer and the parser together. Further ones are counted: what is no text of
/// the language at all would have one for every line. Checks of what was read tell each mistake. See `docs/cli.md`.
pub(super) const MOST: usize = 20;

/// Messages on their way out of the lexer or the parser.
#[derive(Debug, Default)]
pub(super) struct Reports {
    kept: Vec<Diagnostic>,
    left_out: usize,
}

impl Reports {
    /// Adds a message; past the limit it is not even made, so that noise costs nothing.
    pub fn add(&mut self, diagnostic: impl FnOnce() -> Diagnostic) {
        if self.kept.len() < MOST {
            self.kept.push(diagnostic());
        } else {
            self.left_out += 1;
        }
    }

    /// Whether [`Reports::add`] only counts from now on.
    pub fn is_full(&self) -> bool {
        self.kept.len() == MOST
    }

    /// The messages of both passes in the order of the text; the last one tells how many more there were.
    pub fn merge(self, other: Reports) -> Vec<Diagnostic> {
        let mut all = self.kept;
        all.extend(other.kept);
        all.sort_by_key(|diagnostic| diagnostic.labels[0].span);
        let left_out = self.left_out + other.left_out + all.len().saturating_sub(MOST);
        all.truncate(MOST);
        if let Some(last) = all.last_mut().filter(|_| left_out > 0) {
            last.notes.push(more(left_out));
        }
        all
    }
}

fn more(left_out: usize) -> String {
    match left_out {
        1 => "1 more message of this file is left out".to_owned(),
        _ => {
            let count = crate::quantity::grouped(&left_out.to_string());
            format!("{count} more messages of this file are left out")
        }
    }
}
