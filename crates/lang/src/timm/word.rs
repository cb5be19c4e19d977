//! The strings of a text, whatever kind of list they stand in: arguments, YAML, JSON, Python.

use super::report;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// A piece of a text and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
}

impl<'t> Word<'t> {
    /// The pieces between `_`.
    pub(super) fn parts(self) -> impl Iterator<Item = Word<'t>> {
        let file = self.span.file;
        let mut start = self.span.start as usize;
        self.text.split('_').map(move |text| {
            let at = start;
            start += text.len() + 1;
            Word {
                text,
                span: Span::new(file, at, at + text.len()),
            }
        })
    }

    /// The piece before the first digit, and the one from there on.
    pub(super) fn split_number(self) -> (Word<'t>, Word<'t>) {
        let digits = self.text.find(|c: char| c.is_ascii_digit());
        let at = digits.unwrap_or(self.text.len());
        let (start, file) = (self.span.start as usize, self.span.file);
        let piece = |from: usize, to: usize| Word {
            text: &self.text[from..to],
            span: Span::new(file, start + from, start + to),
        };
        (piece(0, at), piece(at, self.text.len()))
    }
}

/// Every string of a text; brackets, commas, quotes and the dashes of YAML are left aside, comments too.
pub(super) fn words(file: FileId, text: &str) -> (Vec<Word<'_>>, Vec<Diagnostic>) {
    let (mut words, mut found) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match next {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ if is_aside(next) => next.len_utf8(),
            _ if is_part(next) => {
                let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let span = Span::new(file, at, at + length);
                words.push(Word {
                    text: &rest[..length],
                    span,
                });
                length
            }
            _ => {
                let length = next.len_utf8();
                found.push(report::stray(next, Span::new(file, at, at + length)));
                // What stands behind is likely of another notation.
                return (words, found);
            }
        };
        at += length;
    }
    (words, found)
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.".contains(c)
}

fn is_aside(c: char) -> bool {
    c.is_whitespace() || "[](),'\"-".contains(c)
}
