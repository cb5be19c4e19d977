//! What a space can be told about itself: one small function for each message.

mod attributes;
mod names;
mod narrows;
mod recipes;
mod requires;
mod rows;
mod shapes;
mod values;
mod warnings;

pub(super) use attributes::*;
pub(super) use names::*;
pub(super) use narrows::*;
pub(super) use recipes::*;
pub(super) use requires::*;
pub(super) use rows::*;
pub(super) use shapes::*;
pub(super) use values::*;
pub(super) use warnings::*;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Where a value is written and, if a `let` led there, where that is mentioned.
///
/// Messages point at the value itself, so that a wrong `let` used in many
/// places is one mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) span: Span,
    pub(super) used_at: Option<Span>,
}

impl At {
    pub(super) fn new(span: Span) -> At {
        At {
            span,
            used_at: None,
        }
    }

    pub(super) fn used_at(self, span: Span) -> At {
        At {
            used_at: Some(span),
            ..self
        }
    }
}

/// A message about a value.
fn about(code: Code, message: impl Into<String>, at: At, label: impl Into<String>) -> Diagnostic {
    let problem = Diagnostic::new(code, message, at.span, label);
    match at.used_at {
        Some(span) => problem.label(span, "used here"),
        None => problem,
    }
}

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Behind the last byte of a span, to put text there.
fn behind(span: Span) -> Span {
    Span {
        start: span.end,
        ..span
    }
}

/// A whole number with its thousands parted: `100,000`.
fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
