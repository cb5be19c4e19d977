//! The parts of the protocol that are used: parameters that come, values that go.

use creamc_lang::diagnostic::Edit;
use creamc_lang::ide::{Lines, Place};
use creamc_lang::source::Span;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A request that is not answered, by the protocol's codes.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: i32,
    pub(super) message: String,
}

impl Refusal {
    pub(super) const PARSE_ERROR: i32 = -32700;
    pub(super) const INVALID_REQUEST: i32 = -32600;
    pub(super) const METHOD_NOT_FOUND: i32 = -32601;
    pub(super) const INVALID_PARAMS: i32 = -32602;
    pub(super) const NOT_INITIALIZED: i32 = -32002;
    pub(super) const REQUEST_FAILED: i32 = -32803;

    pub(super) fn new(code: i32, message: impl Into<String>) -> Refusal {
        let message = message.into();
        Refusal { code, message }
    }
}

/// What a request ends in.
pub(super) type Answer = Result<Value, Refusal>;

/// The answer to the request `id`.
pub(super) fn response(id: &Value, answer: Answer) -> Value {
    match answer {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(Refusal { code, message }) => {
            let error = json!({ "code": code, "message": message });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}

/// A message that is not answered.
pub(super) fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

/// The parameters of a message.
///
/// # Errors
/// When they are not what the protocol says.
pub(super) fn params<T: DeserializeOwned>(value: &Value) -> Result<T, Refusal> {
    T::deserialize(value).map_err(|error| Refusal::new(Refusal::INVALID_PARAMS, error.to_string()))
}

/// Which document is meant.
#[derive(Debug, Deserialize)]
pub(super) struct Identifier {
    pub(super) uri: String,
    pub(super) version: Option<i64>,
}

/// Line and column from 0, the column in UTF-16 units.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Position {
    line: u32,
    character: u32,
}

impl From<Position> for Place {
    fn from(position: Position) -> Place {
        Place {
            line: position.line,
            column: position.character,
        }
    }
}

/// From a place up to another.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Range {
    pub(super) start: Position,
    pub(super) end: Position,
}

#[derive(Debug, Deserialize)]
pub(super) struct Opened {
    pub(super) uri: String,
    pub(super) version: Option<i64>,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidOpen {
    pub(super) text_document: Opened,
}

/// New text of a document, or of a range of it.
#[derive(Debug, Deserialize)]
pub(super) struct Change {
    pub(super) range: Option<Range>,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidChange {
    pub(super) text_document: Identifier,
    pub(super) content_changes: Vec<Change>,
}

/// A document and nothing else that matters.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Whole {
    pub(super) text_document: Identifier,
}

/// A place in a document.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct At {
    pub(super) text_document: Identifier,
    pub(super) position: Position,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rename {
    pub(super) text_document: Identifier,
    pub(super) position: Position,
    pub(super) new_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ActionContext {
    pub(super) only: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actions {
    pub(super) text_document: Identifier,
    pub(super) range: Range,
    pub(super) context: ActionContext,
}

/// A text with its lines.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) text: String,
    lines: Lines,
}

impl Text {
    pub(super) fn new(text: String) -> Text {
        let lines = Lines::new(&text);
        Text { text, lines }
    }

    pub(super) fn offset(&self, position: Position) -> usize {
        self.lines.offset(&self.text, position.into())
    }

    /// A range of bytes as the protocol has it.
    pub(super) fn range(&self, start: usize, end: usize) -> Value {
        let place = |offset| {
            let place = self.lines.place(&self.text, offset);
            json!({ "line": place.line, "character": place.column })
        };
        json!({ "start": place(start), "end": place(end) })
    }

    pub(super) fn range_of(&self, span: Span) -> Value {
        self.range(span.start as usize, span.end as usize)
    }

    pub(super) fn edit(&self, edit: &Edit) -> Value {
        json!({ "range": self.range_of(edit.span), "newText": edit.replacement })
    }

    /// The one edit that makes this text another; as little as possible, so that the cursor stays.
    pub(super) fn edit_to(&self, new: &str) -> Value {
        let old = self.text.as_str();
        let same = |(one, other): &(char, char)| one == other;
        let forwards = old.chars().zip(new.chars()).take_while(same);
        let mut start: usize = forwards.map(|(one, _)| one.len_utf8()).sum();
        let backwards = old[start..].chars().rev().zip(new[start..].chars().rev());
        let mut end: usize = backwards
            .take_while(same)
            .map(|(one, _)| one.len_utf8())
            .sum();
        // No position lies inside of a line end.
        let splits = |at: usize| old[..at].ends_with('\r') && old[at..].starts_with('\n');
        start -= usize::from(splits(start));
        end -= usize::from(splits(old.len() - end));
        json!({
            "range": self.range(start, old.len() - end),
            "newText": new[start..new.len() - end],
        })
    }

    /// Makes a change that an editor sent.
    pub(super) fn change(&mut self, change: Change) {
        let text = match change.range {
            None => change.text,
            Some(range) => {
                let (start, end) = (self.offset(range.start), self.offset(range.end));
                let mut text = std::mem::take(&mut self.text);
                text.replace_range(start.min(end)..start.max(end), &change.text);
                text
            }
        };
        *self = Text::new(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(old: &str, new: &str) -> String {
        let mut text = Text::new(old.to_owned());
        let edit = text.edit_to(new);
        text.change(Change {
            range: Some(params(&edit["range"]).expect("a range")),
            text: edit["newText"].as_str().expect("a text").to_owned(),
        });
        text.text
    }

    #[test]
    fn the_edit_to_another_text_makes_it() {
        for (old, new) in [
            ("", ""),
            ("", "ü"),
            ("abc", "abc"),
            ("aa", "aaa"),
            ("aaa", "aa"),
            ("ü1ä\nb", "ü2ä\nb"),
            ("é", "è"),
            ("a\r\nb", "a\nb"),
            ("😀a", "😁a"),
        ] {
            assert_eq!(edited(old, new), new);
        }
        let edit = Text::new("one two".to_owned()).edit_to("one 2 two");
        assert_eq!(edit["newText"], "2 ");
    }
}
