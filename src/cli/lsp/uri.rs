//! Paths as `file://…` and back.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The path of a URI. One that is no file's, like `untitled:1`, is taken for a path as it is: nothing
/// lies there, but its text is known.
pub(super) fn to_path(uri: &str) -> PathBuf {
    let Some(rest) = uri.strip_prefix("file://") else {
        return PathBuf::from(uri);
    };
    // What stands before the first slash is the name of this machine, or nothing.
    let path = rest.find('/').map_or(rest, |at| &rest[at..]);
    PathBuf::from(OsString::from_vec(decoded(path)))
}

/// The URI of a path.
pub(super) fn of_path(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = "file://".to_owned();
    for &byte in whole.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

/// Without `%20` and the like; a `%` that begins no such thing stays.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut all = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escaped.and_then(hexadecimal) {
            Some(byte) => {
                all.push(byte);
                at += 3;
            }
            None => {
                all.push(bytes[at]);
                at += 1;
            }
        }
    }
    all
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let number = digit(digits[0])? * 16 + digit(digits[1])?;
    u8::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_goes_there_and_back() {
        for path in ["/a/b.cream", "/a b/ü%.cream", "/100%/%2G", "/a#b?c"] {
            assert_eq!(to_path(&of_path(Path::new(path))), Path::new(path));
        }
        assert_eq!(of_path(Path::new("/a b/ü")), "file:///a%20b/%C3%BC");
    }

    #[test]
    fn other_forms_of_uris_have_a_path_too() {
        assert_eq!(to_path("file://localhost/a%3Ab"), Path::new("/a:b"));
        assert_eq!(to_path("file:///a%"), Path::new("/a%"));
        assert_eq!(to_path("file:///a%zz%4"), Path::new("/a%zz%4"));
        assert_eq!(to_path("untitled:1"), Path::new("untitled:1"));
    }
}
