use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::{Value, json};

use crate::tool::{command, folder_with};

/// `creamc lsp`, talked to as an editor does.
struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next_id: u64,
}

impl Session {
    fn start(folder: &Path) -> Session {
        let mut command = command(folder, &["lsp"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the tool starts");
        Session {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("its output is a pipe")),
            child,
            next_id: 0,
        }
    }

    fn ready(folder: &Path) -> Session {
        let mut session = Session::start(folder);
        let answer = session.ask(
            "initialize",
            json!({ "processId": null, "capabilities": {} }),
        );
        assert_eq!(answer["capabilities"]["hoverProvider"], true);
        session.tell("initialized", json!({}));
        session
    }

    fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("it is open");
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.write(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn read(&mut self) -> Value {
        let mut header = String::new();
        self.output.read_line(&mut header).unwrap();
        let length = header
            .trim()
            .strip_prefix("Content-Length: ")
            .expect("a header");
        let mut rest = vec![0; 2 + length.parse::<usize>().unwrap()];
        self.output.read_exact(&mut rest).unwrap();
        serde_json::from_slice(&rest).expect("JSON")
    }

    /// The answer to a question; messages about files may come before it.
    fn answer(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        let id = self.next_id;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.read();
            if message.get("id") == Some(&json!(id)) {
                return message;
            }
            assert_eq!(message["method"], "textDocument/publishDiagnostics");
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut message = self.answer(method, params);
        assert!(message.get("error").is_none(), "{message}");
        message["result"].take()
    }

    /// The next messages about a file of this version.
    fn messages(&mut self, version: i64) -> Vec<Value> {
        loop {
            let message = self.read();
            assert_eq!(message["method"], "textDocument/publishDiagnostics");
            if message["params"]["version"] == version {
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    fn end(mut self) -> (ExitStatus, String) {
        drop(self.input.take());
        let mut said = String::new();
        let mut errors = self.child.stderr.take().expect("it is a pipe");
        errors.read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap(), said)
    }
}

const TEXT: &str = "\
cream 1
use \"blocks.cream\"

# Ü 😀 makes columns differ.
space tiny {
    input image(channels = 3, resolution = 32)
    output classes(10)
    layer stem conv(kernel = 3) channels = 8
    /* 😀 */
    stage s1 mb channels = 16 depth in 1..3
    layer pool avgpool
    layer logits linear channels = classes
    require s1.depth <= 2
}
";

const BLOCKS: &str = "cream 1\nblock mb = ir(kernel in {3, 5}, expand = 4)\n";

/// Line and column of a part of a text, as the protocol counts them.
fn position(text: &str, part: &str) -> Value {
    let at = text.find(part).unwrap_or_else(|| panic!("no `{part}`"));
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    json!({ "line": line, "character": text[start..at].encode_utf16().count() })
}

/// The text after the edits of an answer, which come in any order.
fn edited(text: &str, edits: &Value) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let offset = |position: &Value| {
        let line = position["line"].as_u64().unwrap() as usize;
        let column = position["character"].as_u64().unwrap() as usize;
        let before: usize = lines[..line].iter().map(|line| line.len()).sum();
        let units: Vec<u16> = lines
            .get(line)
            .unwrap_or(&"")
            .encode_utf16()
            .take(column)
            .collect();
        before + String::from_utf16(&units).unwrap().len()
    };
    let mut all: Vec<(usize, usize, &str)> = edits
        .as_array()
        .expect("edits")
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (
                offset(&range["start"]),
                offset(&range["end"]),
                edit["newText"].as_str().unwrap(),
            )
        })
        .collect();
    all.sort_unstable();
    let mut new = text.to_owned();
    for (start, end, replacement) in all.into_iter().rev() {
        new.replace_range(start..end, replacement);
    }
    new
}

#[test]
fn a_whole_session_from_initialize_to_exit() {
    let folder = folder_with(&[]);
    fs::write(folder.path().join("blocks.cream"), BLOCKS).unwrap();
    let uri = format!("file://{}/tiny%2Ecream", folder.path().display());
    let document = json!({ "uri": uri });
    let at = |text: &str, part: &str| json!({ "textDocument": document, "position": position(text, part) });
    let mut session = Session::ready(folder.path());

    let opened = json!({ "uri": uri, "languageId": "cream", "version": 1, "text": TEXT });
    session.tell("textDocument/didOpen", json!({ "textDocument": opened }));
    let found = session.messages(1);
    assert_eq!(found[0]["code"], "stray-character", "{found:?}");
    assert_eq!(found[0]["severity"], 1);
    assert_eq!(found[0]["range"]["start"], position(TEXT, "/*"));

    // The faulty line goes, behind a character of two units.
    let row = position(TEXT, "    /*");
    let next = position(TEXT, "    stage");
    let change = json!({ "range": { "start": row, "end": next }, "text": "" });
    let versioned = json!({ "uri": uri, "version": 2 });
    let changed = json!({ "textDocument": versioned, "contentChanges": [change] });
    session.tell("textDocument/didChange", changed);
    assert_eq!(session.messages(2), [Value::Null; 0]);
    let text = TEXT.replace("    /* 😀 */\n", "");

    let hover = session.ask("textDocument/hover", at(&text, "s1 mb"));
    let told = hover["contents"]["value"].as_str().unwrap();
    assert!(told.contains("`[8, 32, 32]` → `[16, 32, 32]`"), "{told}");
    assert!(told.contains("14 choices"), "{told}");

    let completion = session.ask("textDocument/completion", at(&text, "avgpool"));
    let words: Vec<&str> = completion
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["label"].as_str().unwrap())
        .collect();
    assert_eq!(words[..2], ["mb", "conv"]);

    let definition = session.ask("textDocument/definition", at(&text, "mb channels"));
    assert!(
        definition["uri"]
            .as_str()
            .unwrap()
            .ends_with("/blocks.cream")
    );
    assert_eq!(definition["range"]["start"], position(BLOCKS, "mb ="));

    let mut rename = at(&text, "s1.depth");
    let prepared = session.ask("textDocument/prepareRename", rename.clone());
    assert_eq!(prepared["placeholder"], "s1");
    rename["newName"] = json!("first");
    let edits = session.ask("textDocument/rename", rename.clone());
    let renamed = edited(&text, &edits["changes"][&uri]);
    assert_eq!(renamed, text.replace("s1", "first"));
    rename["newName"] = json!("stem");
    let refused = session.answer("textDocument/rename", rename);
    assert_eq!(refused["error"]["message"], "`stem` is declared already");

    let format =
        json!({ "textDocument": document, "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = session.ask("textDocument/formatting", format);
    let formatted = edited(&text, &edits);
    fs::write(folder.path().join("formatted.cream"), &formatted).unwrap();
    let check = ["fmt", "--check", "formatted.cream"];
    assert!(
        command(folder.path(), &check).status().unwrap().success(),
        "{formatted}"
    );

    let faulty = text.replace("depth in 1..3", "depth 2;");
    let versioned = json!({ "uri": uri, "version": 3 });
    let changed = json!({ "textDocument": versioned, "contentChanges": [{ "text": faulty }] });
    session.tell("textDocument/didChange", changed);
    assert_eq!(session.messages(3).len(), 2);
    let everything =
        json!({ "start": position(&faulty, "cream"), "end": position(&faulty, "require") });
    let asked = |only: Value| {
        json!({
            "textDocument": document,
            "range": everything,
            "context": { "diagnostics": [], "only": only },
        })
    };
    let actions = session.ask("textDocument/codeAction", asked(json!(["quickfix"])));
    assert_eq!(actions.as_array().unwrap().len(), 2, "{actions}");
    assert_eq!(actions[1]["isPreferred"], true);
    let cured = edited(&faulty, &actions[1]["edit"]["changes"][&uri]);
    assert_eq!(cured, faulty.replace(';', ""));
    let actions = session.ask("textDocument/codeAction", asked(json!(["source.fixAll"])));
    let cured = edited(&faulty, &actions[0]["edit"]["changes"][&uri]);
    assert_eq!(cured, faulty.replace("depth 2;", "depth = 2"));

    let unknown = session.answer("textDocument/moniker", json!({}));
    assert_eq!(unknown["error"]["code"], -32601);
    assert_eq!(session.ask("shutdown", Value::Null), Value::Null);
    session.tell("exit", Value::Null);
    let (status, said) = session.end();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn all_that_nothing_uses_is_shown_in_grey() {
    let folder = folder_with(&[]);
    let text = TEXT.replace(
        "use \"blocks.cream\"\n",
        BLOCKS.trim_start_matches("cream 1\n"),
    );
    let text = text.replace("    /* 😀 */\n", "").replace(
        "    layer stem",
        "    let wide = 8\n    choice early in {3, 5}\n    table cpu = latency(\"cpu.yaml\")\n    \
         block other = skip\n    block own(kernel, ratio = 1) { conv(kernel = kernel) channels = out_channels }\n    \
         stage s0 own(kernel = 3)\n    layer stem",
    );
    fs::write(folder.path().join("cpu.yaml"), "").unwrap();
    let uri = format!("file://{}/tiny.cream", folder.path().display());
    let mut session = Session::ready(folder.path());
    let opened = json!({ "uri": uri, "languageId": "cream", "version": 1, "text": text });
    session.tell("textDocument/didOpen", json!({ "textDocument": opened }));
    let found = session.messages(1);
    let grey = found.iter().filter(|one| one["tags"] == json!([1]));
    let codes: Vec<&str> = grey.map(|one| one["code"].as_str().unwrap()).collect();
    for code in [
        "unused-let",
        "unused-choice",
        "unused-table",
        "unused-block",
        "unused-parameter",
    ] {
        assert!(codes.contains(&code), "{code}: {found:?}");
    }
    session.ask("shutdown", Value::Null);
    session.tell("exit", Value::Null);
    session.end();
}

#[test]
fn a_pipe_in_use_is_told_and_takes_no_answer_away() {
    let folder = folder_with(&[]);
    let pipe = folder.path().join("blocks.cream");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let uri = format!("file://{}/tiny.cream", folder.path().display());
    let mut session = Session::ready(folder.path());
    let text = TEXT.replace("    /* 😀 */\n", "");
    let opened = json!({ "uri": uri, "languageId": "cream", "version": 1, "text": text });
    session.tell("textDocument/didOpen", json!({ "textDocument": opened }));
    let found = session.messages(1);
    assert_eq!(found[0]["code"], "unreadable-use", "{found:?}");
    let message = found[0].to_string();
    assert!(message.contains("it is a pipe"), "{message}");
    let at = json!({ "textDocument": { "uri": uri }, "position": position(&text, "avgpool") });
    let hover = session.ask("textDocument/hover", at);
    assert!(hover["contents"]["value"].is_string(), "{hover}");
    session.ask("shutdown", Value::Null);
    session.tell("exit", Value::Null);
    let (status, said) = session.end();
    assert!(status.success(), "{said}");
}

#[test]
fn a_session_without_shutdown_is_code_1() {
    let folder = folder_with(&[]);
    let mut session = Session::ready(folder.path());
    session.tell("exit", Value::Null);
    assert_eq!(session.end().0.code(), Some(1));
    let session = Session::ready(folder.path());
    assert_eq!(session.end().0.code(), Some(1), "the editor went away");
}

#[test]
fn what_is_no_message_ends_the_session_with_the_reason() {
    let folder = folder_with(&[]);
    for (bytes, reason) in [
        ("Content-Length: 99999999999999999\r\n\r\n", "too long"),
        ("hello\r\n\r\n", "not a line of a message's header"),
        (
            "Content-Length: 10\r\n\r\n{}",
            "the input ends inside of a message",
        ),
    ] {
        let mut session = Session::ready(folder.path());
        session.write(bytes.as_bytes());
        let (status, said) = session.end();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(
            said.starts_with("error: ") && said.contains(reason),
            "{said}"
        );
        assert!(!said.contains("panicked"), "{said}");
    }
}
