//! `creamc lsp`: what editors ask, answered over standard input and output.
//!
//! The protocol is written here by hand, a few messages of it: a frame is refused before memory is
//! taken for it, and ids come back as they were sent.

mod answers;
mod documents;
mod frame;
mod protocol;
mod server;
mod uri;

use std::io::{self, BufRead, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use super::{CANNOT_WRITE, Verdict};
use server::Server;

/// Answers an editor over standard input and output (Language Server Protocol)
#[derive(Debug, clap::Args)]
#[command(after_help = "Example, as an editor starts it: creamc lsp --stdio")]
pub struct Args {
    /// Standard input and output are used with and without it; some editors say it
    #[arg(long)]
    stdio: bool,
}

/// How long nothing must come before files are checked: while somebody types, no half word is.
const PAUSE: Duration = Duration::from_millis(60);

/// One frame of input, nothing at its end.
type Frame = anyhow::Result<Option<Vec<u8>>>;

/// Serves until the editor says `exit` or goes away. Clean when it said `shutdown` before.
///
/// # Errors
/// When the input is no sequence of messages, or nothing can be written.
pub fn run(_: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let (sender, receiver) = mpsc::channel::<Frame>();
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let read = frame::read(&mut input);
            let is_last = !matches!(read, Ok(Some(_)));
            if sender.send(read).is_err() || is_last {
                return;
            }
        }
    });
    serve(&receiver, out)
}

/// Serves a whole session that is at hand, and checks every file as soon as it is opened or changed.
///
/// # Errors
/// As those of [`run`].
#[allow(dead_code, reason = "the fuzz target calls it, in the library")]
pub fn session(input: &mut impl BufRead, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut server = Server::default();
    while let Some(message) = frame::read(input)? {
        write(server.receive(&message), out)?;
        while server.has_unchecked() {
            write(server.check_next(), out)?;
        }
        if server.is_over() {
            break;
        }
    }
    Ok(server.verdict())
}

fn serve(receiver: &Receiver<Frame>, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut server = Server::default();
    loop {
        let received = match server.has_unchecked() {
            false => receiver.recv().ok(),
            true => match receiver.recv_timeout(PAUSE) {
                Ok(received) => Some(received),
                Err(RecvTimeoutError::Disconnected) => None,
                Err(RecvTimeoutError::Timeout) => {
                    write(server.check_next(), out)?;
                    continue;
                }
            },
        };
        let Some(message) = received.transpose()?.flatten() else {
            return Ok(server.verdict());
        };
        write(server.receive(&message), out)?;
        if server.is_over() {
            return Ok(server.verdict());
        }
    }
}

fn write(messages: Vec<Value>, out: &mut impl Write) -> anyhow::Result<()> {
    for message in messages {
        frame::write(&message, out).context(CANNOT_WRITE)?;
    }
    out.flush().context(CANNOT_WRITE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_session_is_answered_up_to_its_end() {
        let document = json!({ "uri": "untitled:1", "version": 1, "text": "cream 2\n" });
        let mut input = Vec::new();
        for message in [
            json!({ "id": 1, "method": "initialize", "params": {} }),
            json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }),
            json!({ "id": 2, "method": "shutdown" }),
            json!({ "method": "exit" }),
            json!({ "id": 3, "method": "never/read" }),
        ] {
            frame::write(&message, &mut input).expect("a buffer takes everything");
        }
        let mut out = Vec::new();
        let verdict = session(&mut input.as_slice(), &mut out).expect("these are messages");
        assert_eq!(verdict, Verdict::Clean);
        let mut out = out.as_slice();
        let mut answers = Vec::new();
        while let Some(answer) = frame::read(&mut out).expect("these are messages") {
            answers.push(serde_json::from_slice::<Value>(&answer).expect("it is JSON"));
        }
        assert_eq!(answers.len(), 3);
        assert_eq!(
            answers[1]["params"]["diagnostics"][0]["code"],
            "unknown-version"
        );
        assert_eq!(answers[2]["id"], 2);
    }
}
