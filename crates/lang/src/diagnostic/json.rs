//! A message as data, for scripts and editors.

use serde_json::{Value, json};

use super::{Diagnostic, Edit, Label, Severity};
use crate::source::{Sources, Span};

/// `{"code", "severity", "message", "file", "start", "end", "labels", "notes", "help"}`, the place
/// being that of the first label.
///
/// A place is `{"line", "column", "offset"}`: line and column (in characters) from 1, offset in bytes
/// from 0. A label is `{"file", "start", "end", "message"}`; `help` holds at most one
/// `{"message", "certainty", "edits": [{"file", "start", "end", "replacement"}]}`, certainty being `sure`,
/// `guess` or `example`. Every span lies in `sources`.
pub fn json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let span = diagnostic.labels[0].span;
    let labels = diagnostic.labels.iter().map(|one| label(one, sources));
    let help = diagnostic.help.iter().map(|help| {
        let edits = help.edits.iter().map(|one| edit(one, sources));
        json!({
            "message": help.message,
            "certainty": help.certainty.as_str(),
            "edits": edits.collect::<Vec<_>>(),
        })
    });
    json!({
        "code": diagnostic.code.as_str(),
        "severity": severity(diagnostic.severity),
        "message": diagnostic.message,
        "file": sources.get(span.file).name,
        "start": place(span, span.start, sources),
        "end": place(span, span.end, sources),
        "labels": labels.collect::<Vec<_>>(),
        "notes": diagnostic.notes,
        "help": help.collect::<Vec<_>>(),
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn label(label: &Label, sources: &Sources) -> Value {
    json!({
        "file": sources.get(label.span.file).name,
        "start": place(label.span, label.span.start, sources),
        "end": place(label.span, label.span.end, sources),
        "message": label.message,
    })
}

fn edit(edit: &Edit, sources: &Sources) -> Value {
    json!({
        "file": sources.get(edit.span.file).name,
        "start": place(edit.span, edit.span.start, sources),
        "end": place(edit.span, edit.span.end, sources),
        "replacement": edit.replacement,
    })
}

fn place(span: Span, offset: u32, sources: &Sources) -> Value {
    let position = sources.get(span.file).position(offset as usize);
    json!({ "line": position.line, "column": position.column, "offset": offset })
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
        assert_eq!(super::json(&diagnostic, &sources), expected);
    }
}
