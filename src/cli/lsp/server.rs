//! Which message is answered by what, from `initialize` to `exit`. Nothing is read or written here.

use serde_json::{Value, json};

use super::answers;
use super::documents::Documents;
use super::protocol::{self, Answer, DidChange, DidOpen, Refusal, Whole};
use crate::cli::Verdict;

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    /// Before `initialize`.
    #[default]
    New,
    Ready,
    /// After `shutdown`.
    Down,
}

/// A session with an editor.
#[derive(Debug, Default)]
pub(super) struct Server {
    phase: Phase,
    is_over: bool,
    documents: Documents,
}

impl Server {
    /// Whether the editor said `exit`.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// How the process ends: clean after `shutdown` only.
    pub(super) fn verdict(&self) -> Verdict {
        match self.phase {
            Phase::Down => Verdict::Clean,
            _ => Verdict::Faulty,
        }
    }

    /// Whether messages of some file are old.
    pub(super) fn has_unchecked(&self) -> bool {
        self.documents.next_unchecked().is_some()
    }

    /// Checks one file whose messages are old, and tells the new ones.
    pub(super) fn check_next(&mut self) -> Vec<Value> {
        let Some(uri) = self.documents.next_unchecked().map(str::to_owned) else {
            return Vec::new();
        };
        self.documents.checked(&uri);
        let params = answers::diagnostics(&mut self.documents, &uri);
        let told = params.map(|params| told("textDocument/publishDiagnostics", params));
        told.into_iter().collect()
    }

    /// Takes one message, whatever it is; gives what is sent back.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Vec<Value> {
        let message: Value = match serde_json::from_slice(bytes) {
            Ok(message) => message,
            Err(error) => {
                let problem = format!("the message is no JSON: {error}");
                return refused(Refusal::PARSE_ERROR, problem);
            }
        };
        let params = message.get("params").unwrap_or(&Value::Null);
        match (message.get("method"), message.get("id")) {
            (Some(Value::String(method)), Some(id)) => {
                let answer = self.request(method, params);
                vec![protocol::response(id, answer)]
            }
            (Some(Value::String(method)), None) => self.notification(method, params),
            // An answer: this server asks nothing.
            (None, Some(_)) if message.get("result").or(message.get("error")).is_some() => {
                Vec::new()
            }
            _ => refused(
                Refusal::INVALID_REQUEST,
                "the message is neither a request nor a notification".to_owned(),
            ),
        }
    }

    fn request(&mut self, method: &str, params: &Value) -> Answer {
        match (self.phase, method) {
            (Phase::New, "initialize") => {
                self.phase = Phase::Ready;
                Ok(initialized())
            }
            (Phase::New, _) => Err(Refusal::new(
                Refusal::NOT_INITIALIZED,
                "the first request is `initialize`",
            )),
            (Phase::Ready, "initialize") => Err(Refusal::new(
                Refusal::INVALID_REQUEST,
                "`initialize` came before",
            )),
            (Phase::Ready, "shutdown") => {
                self.phase = Phase::Down;
                Ok(Value::Null)
            }
            (Phase::Down, _) => Err(Refusal::new(
                Refusal::INVALID_REQUEST,
                "after `shutdown` only `exit` may come",
            )),
            (Phase::Ready, method) => self.question(method, params),
        }
    }

    fn question(&mut self, method: &str, params: &Value) -> Answer {
        let documents = &mut self.documents;
        match method {
            "textDocument/hover" => answers::hover(documents, protocol::params(params)?),
            "textDocument/completion" => answers::completion(documents, protocol::params(params)?),
            "textDocument/definition" => answers::definition(documents, protocol::params(params)?),
            "textDocument/prepareRename" => {
                answers::prepare_rename(documents, protocol::params(params)?)
            }
            "textDocument/rename" => answers::rename(documents, protocol::params(params)?),
            "textDocument/formatting" => answers::formatting(documents, protocol::params(params)?),
            "textDocument/codeAction" => answers::actions(documents, protocol::params(params)?),
            _ => Err(Refusal::new(
                Refusal::METHOD_NOT_FOUND,
                format!("`{method}` is not known"),
            )),
        }
    }

    /// What is not understood is left aside: nobody waits for an answer.
    fn notification(&mut self, method: &str, params: &Value) -> Vec<Value> {
        if method == "exit" {
            self.is_over = true;
        }
        if self.phase != Phase::Ready {
            return Vec::new();
        }
        let done = match method {
            "textDocument/didOpen" => protocol::params(params).map(|open: DidOpen| {
                self.documents.open(open.text_document);
                Vec::new()
            }),
            "textDocument/didChange" => protocol::params(params).map(|change: DidChange| {
                self.documents.change(change);
                Vec::new()
            }),
            "textDocument/didClose" => protocol::params(params).map(|closed: Whole| {
                let uri = closed.text_document.uri;
                self.documents.close(&uri);
                // Messages about a closed file would stay for ever.
                let params = json!({ "uri": uri, "diagnostics": [] });
                vec![told("textDocument/publishDiagnostics", params)]
            }),
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {
                self.documents.forget();
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        };
        done.unwrap_or_else(|refusal| {
            let message = format!("`{method}`: {}", refusal.message);
            vec![told(
                "window/logMessage",
                json!({ "type": 1, "message": message }),
            )]
        })
    }
}

fn told(method: &str, params: Value) -> Value {
    protocol::notification(method, params)
}

/// The answer to a message that names no request.
fn refused(code: i32, message: String) -> Vec<Value> {
    vec![protocol::response(
        &Value::Null,
        Err(Refusal::new(code, message)),
    )]
}

/// What this server can do.
fn initialized() -> Value {
    json!({
        "serverInfo": { "name": "creamc", "version": env!("CARGO_PKG_VERSION") },
        "capabilities": {
            "positionEncoding": "utf-16",
            "textDocumentSync": { "openClose": true, "change": 2, "save": true },
            "hoverProvider": true,
            "completionProvider": { "triggerCharacters": ["(", "{", "."] },
            "definitionProvider": true,
            "renameProvider": { "prepareProvider": true },
            "documentFormattingProvider": true,
            "codeActionProvider": { "codeActionKinds": ["quickfix", "source.fixAll.creamc"] },
        },
    })
}

#[cfg(test)]
mod tests;
