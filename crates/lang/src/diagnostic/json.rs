//! A message as data, for scripts and editors.

use serde::Serialize;

use super::{Diagnostic, Edit, Severity};
use crate::source::{Sources, Span};

/// `{"code", "severity", "message", "file", "start", "end", "labels", "notes", "help"}`, the place
/// being that of the first label.
///
/// A place is `{"line", "column", "offset"}`: line and column (in characters) from 1, offset in bytes
/// from 0. A label is `{"file", "start", "end", "message"}`; `help` holds at most one
/// `{"message", "certainty", "edits": [{"file", "start", "end", "replacement"}]}`, certainty being `sure`,
/// `guess` or `example`. Every span lies in `sources`.
pub fn json<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> impl Serialize + 'a {
    Message {
        code: diagnostic.code.as_str(),
        severity: severity(diagnostic.severity),
        message: &diagnostic.message,
        place: Place::of(diagnostic.labels[0].span, sources),
        labels: diagnostic
            .labels
            .iter()
            .map(|label| Label {
                place: Place::of(label.span, sources),
                message: &label.message,
            })
            .collect(),
        notes: &diagnostic.notes,
        help: diagnostic
            .help
            .iter()
            .map(|help| Help {
                message: &help.message,
                certainty: help.certainty.as_str(),
                edits: (help.edits.iter())
                    .map(|edit| Replacement::of(edit, sources))
                    .collect(),
            })
            .collect(),
    }
}

// Written from where it lies: there may be a hundred thousand messages, and as values they take longer than all checks.

#[derive(Serialize)]
struct Message<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    labels: Vec<Label<'a>>,
    notes: &'a [String],
    help: Vec<Help<'a>>,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Help<'a> {
    message: &'a str,
    certainty: &'a str,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
    offset: u32,
}

impl<'a> Place<'a> {
    fn of(span: Span, sources: &'a Sources) -> Self {
        let source = sources.get(span.file);
        let point = |offset: u32| {
            let position = source.position(offset as usize);
            Point {
                line: position.line,
                column: position.column,
                offset,
            }
        };
        Self {
            file: &source.name,
            start: point(span.start),
            end: point(span.end),
        }
    }
}

impl<'a> Replacement<'a> {
    fn of(edit: &'a Edit, sources: &'a Sources) -> Self {
        Self {
            place: Place::of(edit.span, sources),
            replacement: &edit.replacement,
        }
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::diagnostic::{Code, Diagnostic};
    use crate::source::{FileId, Sources, Span};

    #[test]
    fn a_message_is_data_with_places_from_one_and_offsets_from_zero() {
        let mut sources = Sources::default();
        sources.add("e.cream", "cream 1\nlet ü = 3\n");
        let span = Span::new(FileId(0), 12, 14);
        let diagnostic = Diagnostic::new(Code::StrayCharacter, "a headline", span, "a name")
            .note("a fact")
            .fix("a cure", span, "u");
        let start = json!({ "line": 2, "column": 5, "offset": 12 });
        let end = json!({ "line": 2, "column": 6, "offset": 14 });
        let expected = json!({
            "code": "stray-character",
            "severity": "error",
            "message": "a headline",
            "file": "e.cream",
            "start": start,
            "end": end,
            "labels": [{ "file": "e.cream", "start": start, "end": end, "message": "a name" }],
            "notes": ["a fact"],
            "help": [{
                "message": "a cure",
                "certainty": "sure",
                "edits": [{ "file": "e.cream", "start": start, "end": end, "replacement": "u" }],
            }],
        });
        let found = serde_json::to_value(super::json(&diagnostic, &sources));
        assert_eq!(found.unwrap(), expected);
    }
}
