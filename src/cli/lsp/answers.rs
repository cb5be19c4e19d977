//! What is answered to each question.

use creamc_lang::cure;
use creamc_lang::diagnostic::{Certainty, Code, Diagnostic, Edit, Help, Severity};
use creamc_lang::ide::CompletionKind;
use creamc_lang::source::{FileId, Sources, Span};
use creamc_lang::syntax;
use serde_json::{Map, Value, json};

use std::path::Path;

use super::documents::{Compiled, Document, Documents};
use super::protocol::{Actions, Answer, At, Refusal, Rename, Text, Whole};

pub(super) fn hover(documents: &mut Documents, at: At) -> Answer {
    let (document, compiled) = documents.proved(&at.text_document.uri)?;
    let hover = compiled.project().hover(document.text.offset(at.position));
    Ok(hover.map_or(Value::Null, |hover| {
        json!({
            "contents": { "kind": "markdown", "value": hover.text },
            "range": document.text.range_of(hover.span),
        })
    }))
}

pub(super) fn completion(documents: &mut Documents, at: At) -> Answer {
    let (document, compiled) = documents.compiled(&at.text_document.uri)?;
    let offset = document.text.offset(at.position);
    let found = compiled.project().complete(offset).into_iter();
    let items = found.map(|one| {
        json!({
            "label": one.word,
            "kind": kind(one.kind),
            "documentation": { "kind": "markdown", "value": one.text },
        })
    });
    Ok(Value::Array(items.collect()))
}

/// The protocol's number of a kind.
fn kind(kind: CompletionKind) -> u32 {
    match kind {
        CompletionKind::Operator => 3,   // function
        CompletionKind::Row => 6,        // variable
        CompletionKind::Block => 7,      // class
        CompletionKind::Space => 9,      // module
        CompletionKind::Attribute => 10, // property
        CompletionKind::Metric => 11,    // unit
        CompletionKind::Keyword => 14,   // keyword
        CompletionKind::Value => 20,     // member of an enumeration
        CompletionKind::Let => 21,       // constant
    }
}

pub(super) fn definition(documents: &mut Documents, at: At) -> Answer {
    let (document, compiled) = documents.compiled(&at.text_document.uri)?;
    let offset = document.text.offset(at.position);
    let Some(span) = compiled.project().definition(offset) else {
        return Ok(Value::Null);
    };
    let sources = compiled.loaded.unit.sources.clone();
    Ok(location(documents, &sources, span))
}

/// A place in any file of a compilation.
fn location(documents: &Documents, sources: &Sources, span: Span) -> Value {
    let source = sources.get(span.file);
    json!({
        "uri": documents.uri_of(Path::new(&source.name)),
        "range": Text::new(source.text.clone()).range_of(span),
    })
}

pub(super) fn prepare_rename(documents: &mut Documents, at: At) -> Answer {
    let (document, compiled) = documents.compiled(&at.text_document.uri)?;
    let offset = document.text.offset(at.position);
    let span = compiled.project().renamable(offset).map_err(failed)?;
    let name = &document.text.text[span.range()];
    Ok(json!({ "range": document.text.range_of(span), "placeholder": name }))
}

pub(super) fn rename(documents: &mut Documents, rename: Rename) -> Answer {
    let uri = rename.text_document.uri;
    let (document, compiled) = documents.compiled(&uri)?;
    let offset = document.text.offset(rename.position);
    let edits = compiled
        .project()
        .rename(offset, &rename.new_name)
        .map_err(failed)?;
    let sources = compiled.loaded.unit.sources.clone();
    let mut changes: Map<String, Value> = Map::new();
    for edit in &edits {
        let source = sources.get(edit.span.file);
        let uri = match edit.span.file {
            FileId(0) => uri.clone(),
            _ => documents.uri_of(Path::new(&source.name)),
        };
        let edit = Text::new(source.text.clone()).edit(edit);
        let of_file = changes.entry(uri).or_insert_with(|| json!([]));
        of_file.as_array_mut().expect("it is a list").push(edit);
    }
    Ok(json!({ "changes": changes }))
}

fn failed(message: String) -> Refusal {
    Refusal::new(Refusal::REQUEST_FAILED, message)
}

/// Edits of one document.
fn changes(uri: &str, edits: Vec<Value>) -> Value {
    let mut changes = Map::new();
    changes.insert(uri.to_owned(), Value::Array(edits));
    json!({ "changes": changes })
}

/// Nothing for a file with syntax errors: it is saved as it is.
pub(super) fn formatting(documents: &mut Documents, whole: Whole) -> Answer {
    let text = &documents.get(&whole.text_document.uri)?.text;
    let (ast, found) = syntax::parse(FileId(0), &text.text);
    if !found.is_empty() {
        return Ok(Value::Null);
    }
    let formatted = syntax::format(&text.text, &ast);
    Ok(match formatted == text.text {
        true => json!([]),
        false => json!([text.edit_to(&formatted)]),
    })
}

pub(super) fn actions(documents: &mut Documents, asked: Actions) -> Answer {
    let uri = asked.text_document.uri;
    let wants = |kind: &str| {
        let only = asked.context.only.as_deref();
        let asks_for = |wanted: &String| kind == wanted || kind.starts_with(&format!("{wanted}."));
        only.map(|only| only.iter().any(asks_for))
    };
    let mut actions = Vec::new();
    if wants(QUICK_FIX).unwrap_or(true) {
        let (document, compiled) = documents.proved(&uri)?;
        let start = document.text.offset(asked.range.start);
        let end = document.text.offset(asked.range.end);
        actions = quick_fixes(document, compiled, &uri, start..=end);
    }
    // It takes a while: only for those who ask for it.
    if wants(FIX_ALL).unwrap_or(false) {
        actions.extend(fix_all(documents, &uri)?);
    }
    Ok(Value::Array(actions))
}

const QUICK_FIX: &str = "quickfix";
const FIX_ALL: &str = "source.fixAll.creamc";

/// The cures of the messages at a place.
fn quick_fixes(
    document: &Document,
    compiled: &Compiled,
    uri: &str,
    place: std::ops::RangeInclusive<usize>,
) -> Vec<Value> {
    let touches = |span: Span| {
        let range = span.range();
        span.file == FileId(0) && range.start <= *place.end() && *place.start() <= range.end
    };
    let found = compiled.loaded.unit.diagnostics.iter();
    let here = found.filter(|one| touches(one.labels[0].span));
    let with_help = here.filter_map(|one| Some((one, one.help.as_ref()?)));
    with_help
        .filter(|(_, help)| !help.edits.is_empty() && help.edits.iter().all(is_here))
        .map(|(one, help)| quick_fix(document, uri, one, help))
        .collect()
}

fn is_here(edit: &Edit) -> bool {
    edit.span.file == FileId(0)
}

fn quick_fix(document: &Document, uri: &str, one: &Diagnostic, help: &Help) -> Value {
    let edits = help.edits.iter().map(|edit| document.text.edit(edit));
    json!({
        "title": help.message,
        "kind": QUICK_FIX,
        "isPreferred": help.certainty == Certainty::Sure,
        "diagnostics": [{
            "range": document.text.range_of(one.labels[0].span),
            "severity": severity(one.severity),
            "code": one.code.as_str(),
            "source": "creamc",
            "message": message(one),
        }],
        "edit": changes(uri, edits.collect()),
    })
}

/// Every sure cure at once, as `creamc fix` makes them.
fn fix_all(documents: &Documents, uri: &str) -> Result<Option<Value>, Refusal> {
    let document = documents.get(uri)?;
    let old = &document.text.text;
    let check = |text: &str| documents.tried(&document.path, text).unit.diagnostics;
    let cured = cure::cure(old, Certainty::Sure, check);
    let action = json!({
        "title": "Make every change that is sure",
        "kind": FIX_ALL,
        "edit": changes(uri, vec![document.text.edit_to(&cured.text)]),
    });
    Ok((cured.text != *old).then_some(action))
}

/// The parameters that tell an editor every message about a document.
pub(super) fn diagnostics(documents: &mut Documents, uri: &str) -> Option<Value> {
    let (document, compiled) = documents.proved(uri).ok()?;
    let version = document.version;
    let unit = &compiled.loaded.unit;
    let (sources, found) = (unit.sources.clone(), unit.diagnostics.clone());
    let all: Vec<Value> = found
        .iter()
        .map(|one| diagnostic(documents, uri, &sources, one))
        .collect();
    let mut params = json!({ "uri": uri, "diagnostics": all });
    if let Some(version) = version {
        params["version"] = json!(version);
    }
    Some(params)
}

fn diagnostic(documents: &Documents, uri: &str, sources: &Sources, one: &Diagnostic) -> Value {
    let primary = one.labels[0].span;
    let is_foreign = primary.file != FileId(0);
    // A message about a used file stands at the top, and leads to its place.
    let shown = if is_foreign { Span::default() } else { primary };
    let text = match is_foreign {
        true => format!("{}: {}", sources.get(primary.file).name, message(one)),
        false => message(one),
    };
    let others = one.labels.iter().skip(usize::from(!is_foreign));
    let related: Vec<Value> = others
        .map(|label| {
            let mut location = location(documents, sources, label.span);
            if label.span.file == FileId(0) {
                location["uri"] = json!(uri);
            }
            json!({ "location": location, "message": label.message })
        })
        .collect();
    let is_unused = matches!(
        one.code,
        Code::UnusedLet
            | Code::UnusedBlock
            | Code::UnusedChoice
            | Code::UnusedTable
            | Code::UnusedParameter
    );
    json!({
        "range": Text::new(sources.get(FileId(0)).text.clone()).range_of(shown),
        "severity": severity(one.severity),
        "code": one.code.as_str(),
        "source": "creamc",
        "message": text,
        "relatedInformation": related,
        // Shown in grey.
        "tags": if is_unused { json!([1]) } else { json!([]) },
    })
}

/// The headline, what the place is, and all that has no place.
fn message(one: &Diagnostic) -> String {
    let mut text = one.message.clone();
    if !one.labels[0].message.is_empty() {
        text += &format!(": {}", one.labels[0].message);
    }
    for note in &one.notes {
        text += &format!("\nnote: {note}");
    }
    if let Some(help) = &one.help {
        text += &format!("\nhelp: {}", help.message);
    }
    text
}

fn severity(severity: Severity) -> u32 {
    match severity {
        Severity::Error => 1,
        Severity::Warning => 2,
    }
}
