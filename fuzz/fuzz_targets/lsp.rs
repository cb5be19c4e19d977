//! A session with an editor, whatever the editor sends: answers or an error, no panic, no hang.
//!
//! Bytes that begin like a header are the session. All others are a text, and behind its first zero byte
//! what is done with it: three bytes a step, which question and where.
#![no_main]

use creamc::cli::lsp;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const URI: &str = "file:///nowhere/x.cream";

/// What the text may use, or be derived from.
const BASE: (&str, &str) = (
    "file:///nowhere/base.cream",
    include_str!("../seeds/base.cream"),
);

/// Steps behind a text without any.
const STEPS: &[u8] = &[0, 3, 9, 1, 5, 20, 2, 6, 12, 3, 7, 18, 4, 2, 8, 5, 0, 0, 6, 4, 10, 7, 8, 4, 8, 1, 1];

fuzz_target!(|bytes: &[u8]| {
    let input = match bytes.starts_with(b"Con") {
        true => bytes.to_vec(),
        false => session(bytes),
    };
    let mut out = Vec::new();
    let _ = lsp::session(&mut input.as_slice(), &mut out);
});

/// The frames of a session about a text.
fn session(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().position(|&byte| byte == 0);
    let (text, steps) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, STEPS),
    };
    let text = String::from_utf8_lossy(text);
    let opened = |uri: &str, text: &str| {
        let document = json!({ "uri": uri, "languageId": "cream", "version": 1, "text": text });
        notification("textDocument/didOpen", json!({ "textDocument": document }))
    };
    let mut messages = vec![
        request(0, "initialize", json!({ "capabilities": {} })),
        opened(BASE.0, BASE.1),
        opened(URI, &text),
    ];
    // A dozen questions say as much as a hundred.
    for (step, id) in steps.chunks_exact(3).take(12).zip(1..) {
        messages.push(message(id, [step[0], step[1], step[2]]));
    }
    messages.push(request(99, "shutdown", Value::Null));
    messages.push(notification("exit", Value::Null));
    messages.iter().flat_map(frame).collect()
}

fn message(id: u32, [kind, line, character]: [u8; 3]) -> Value {
    let document = json!({ "uri": URI });
    let position = json!({ "line": line, "character": character });
    let start = json!({ "line": line / 2, "character": character / 2 });
    let range = json!({ "start": start, "end": position });
    let at = json!({ "textDocument": document, "position": position });
    match kind % 9 {
        0 => request(id, "textDocument/hover", at),
        1 => request(id, "textDocument/completion", at),
        2 => request(id, "textDocument/definition", at),
        3 => request(id, "textDocument/prepareRename", at),
        4 => {
            let named = json!({ "textDocument": document, "position": position, "newName": "other" });
            request(id, "textDocument/rename", named)
        }
        5 => request(id, "textDocument/formatting", json!({ "textDocument": document })),
        6 => {
            let only = json!({ "only": ["quickfix", "source.fixAll.creamc"], "diagnostics": [] });
            let asked = json!({ "textDocument": document, "range": range, "context": only });
            request(id, "textDocument/codeAction", asked)
        }
        7 => {
            let changes = json!([{ "range": range, "text": "se = 0.25\n" }]);
            changed(changes)
        }
        _ => changed(json!([{ "text": "cream 1\n" }, { "range": range, "text": "ü{" }])),
    }
}

fn changed(changes: Value) -> Value {
    let document = json!({ "uri": URI, "version": 2 });
    let params = json!({ "textDocument": document, "contentChanges": changes });
    notification("textDocument/didChange", params)
}

fn request(id: u32, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

fn notification(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "method": method, "params": params })
}

fn frame(message: &Value) -> Vec<u8> {
    let text = message.to_string();
    format!("Content-Length: {}\r\n\r\n{text}", text.len()).into_bytes()
}
