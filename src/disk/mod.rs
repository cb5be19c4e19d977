//! Files: `.cream` files read from disk or from buffers before it, and any file replaced whole.

mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use creamc_lang::source::{Files, ReadError};

pub use whole::edit;
#[allow(
    unused_imports,
    reason = "the front edits texts, and makes no other file"
)]
pub use whole::{rename, write};

/// Files on disk.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

/// Bytes of the longest file that is read. A space has some thousands.
const LONGEST: u64 = 64 << 20;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        check_kind(path)?;
        let mut bytes = Vec::new();
        fs::File::open(path)
            .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
            .map_err(|error| ReadError(reason(&error)))?;
        if bytes.len() as u64 > LONGEST {
            return Err(ReadError("it is larger than 64 MiB".to_owned()));
        }
        String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count()
                + 1;
            ReadError(format!("it is not UTF-8 text (line {line}, byte {at})"))
        })
    }
}

/// Texts that go before the files on disk: what an editor has not saved, what a command may write.
#[derive(Debug, Clone, Default)]
pub struct Buffers {
    /// By path, as it is asked for.
    pub texts: BTreeMap<PathBuf, String>,
}

impl Files for Buffers {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone()),
            None => Disk.read(path),
        }
    }
}

/// Refuses what is no regular file, links followed. Who opens a pipe waits for one that writes to it, perhaps for ever, and a
/// device need not end; an editor would have no answers any more.
fn check_kind(path: &Path) -> Result<(), ReadError> {
    let metadata = fs::metadata(path).map_err(|error| ReadError(reason(&error)))?;
    let kind = metadata.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let kinds = [
        (kind.is_dir(), "a folder"),
        (kind.is_fifo(), "a pipe"),
        (kind.is_socket(), "a socket"),
    ];
    let known = kinds.iter().find(|(is_so, _)| *is_so);
    let what = known.map_or("a device", |(_, what)| what);
    Err(ReadError(format!("it is {what}, not a file with text")))
}

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    fn refused(path: &Path) -> String {
        let read = Disk.read(path);
        read.expect_err("it is no regular file").to_string()
    }

    #[test]
    fn only_regular_files_are_read_and_links_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink(at("pipe"), at("to_pipe")).unwrap();
        for (path, what) in [
            (folder.path().to_owned(), "a folder"),
            (at("pipe"), "a pipe"),
            (at("to_pipe"), "a pipe"),
            (at("socket"), "a socket"),
            (PathBuf::from("/dev/zero"), "a device"),
        ] {
            assert_eq!(
                refused(&path),
                format!("it is {what}, not a file with text")
            );
        }
        fs::write(at("text"), "cream 1\n").unwrap();
        symlink(at("text"), at("to_text")).unwrap();
        assert_eq!(Disk.read(&at("to_text")).unwrap(), "cream 1\n");
        assert_eq!(refused(&at("absent")), "there is no such file");
    }

    #[test]
    fn a_file_that_is_too_long_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long");
        fs::File::create(&path)
            .unwrap()
            .set_len(LONGEST + 1)
            .unwrap();
        assert_eq!(refused(&path), "it is larger than 64 MiB");
    }
}
