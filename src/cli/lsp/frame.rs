//! Messages on the wire: a header with `Content-Length`, an empty line, JSON.

use std::io::{self, BufRead, Read, Write};

use anyhow::{Context, bail, ensure};
use serde_json::Value;

/// Bytes of the longest message that is read. A space has some thousands.
const LONGEST: u64 = 64 << 20;

/// Bytes of the longest line of a header.
const LONGEST_LINE: u64 = 4096;

/// The next message; `None` when the input ends before one.
///
/// # Errors
/// When it cannot be read or is no message: where the next one begins is not known then.
pub(super) fn read(input: &mut impl BufRead) -> anyhow::Result<Option<Vec<u8>>> {
    let Some(length) = header(input)? else {
        return Ok(None);
    };
    ensure!(
        length <= LONGEST,
        "a message of {length} bytes is too long: at most {LONGEST} are read"
    );
    let mut message = Vec::new();
    input
        .take(length)
        .read_to_end(&mut message)
        .context(CANNOT_READ)?;
    ensure!(
        message.len() as u64 == length,
        "the input ends inside of a message"
    );
    Ok(Some(message))
}

const CANNOT_READ: &str = "cannot read standard input";

/// The length that a header names.
fn header(input: &mut impl BufRead) -> anyhow::Result<Option<u64>> {
    let mut length = None;
    let mut is_first = true;
    loop {
        let mut line = Vec::new();
        input
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .context(CANNOT_READ)?;
        if line.is_empty() && is_first {
            return Ok(None);
        }
        is_first = false;
        let Some(text) = line.strip_suffix(b"\n") else {
            bail!("the header of a message breaks off: {}", shown(&line));
        };
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() {
            break;
        }
        length = content_length(text)?.or(length);
    }
    let length = length.context("the header of a message has no `Content-Length`")?;
    Ok(Some(length))
}

/// What a line says if it is about the length; other lines are left aside.
fn content_length(line: &[u8]) -> anyhow::Result<Option<u64>> {
    let text = String::from_utf8_lossy(line);
    let Some((name, value)) = text.split_once(':') else {
        bail!("not a line of a message's header: {}", shown(line));
    };
    if !name.trim().eq_ignore_ascii_case("content-length") {
        return Ok(None);
    }
    let length = value.trim().parse();
    length
        .map(Some)
        .with_context(|| format!("not a length of a message: {}", shown(line)))
}

/// The start of a line, safe to print.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(60)]);
    format!("{text:?}")
}

/// Writes a message.
pub(super) fn write(message: &Value, out: &mut impl Write) -> io::Result<()> {
    let text = message.to_string();
    write!(out, "Content-Length: {}\r\n\r\n{text}", text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read_text(text: &str) -> anyhow::Result<Option<Vec<u8>>> {
        read(&mut text.as_bytes())
    }

    #[test]
    fn what_is_written_is_read_one_after_the_other() {
        let mut wire = Vec::new();
        let messages = [json!({ "a": "ü" }), json!([1])];
        for message in &messages {
            write(message, &mut wire).unwrap();
        }
        let mut input = wire.as_slice();
        for message in &messages {
            let bytes = read(&mut input).unwrap().unwrap();
            assert_eq!(&serde_json::from_slice::<Value>(&bytes).unwrap(), message);
        }
        assert!(read(&mut input).unwrap().is_none());
    }

    #[test]
    fn other_lines_of_a_header_are_left_aside() {
        let text = "Content-Type: x\r\ncontent-length:2\r\n\r\n{}rest";
        assert_eq!(read_text(text).unwrap().as_deref(), Some(b"{}".as_slice()));
    }

    #[test]
    fn what_is_no_message_is_refused_with_the_reason() {
        let long = "a".repeat(10_000);
        for (text, reason) in [
            ("Content-Length: 9\r\n\r\n{}", "ends inside"),
            ("Content-Length: 99999999999\r\n\r\n", "too long"),
            (
                "Content-Length: 18446744073709551616\r\n\r\n",
                "not a length",
            ),
            ("Content-Length: -1\r\n\r\n", "not a length"),
            ("Content-Type: x\r\n\r\n", "no `Content-Length`"),
            ("\r\n", "no `Content-Length`"),
            ("{}\r\n\r\n", "not a line"),
            ("Content-Len", "breaks off"),
            (long.as_str(), "breaks off"),
        ] {
            let refused = format!("{:#}", read_text(text).unwrap_err());
            assert!(refused.contains(reason), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&mut bytes.as_slice());
        }
    }
}
