//! Files: `.cream` files read from disk or from buffers before it, and any file replaced whole.

mod whole;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use creamc_lang::source::{Files, ReadError};

pub use whole::{edit, rename, write};

/// Files on disk.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

/// Bytes of the longest file that is read. A space has some thousands; `/dev/zero` never ends.
const LONGEST: u64 = 64 << 20;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
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

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_string(),
        io::ErrorKind::IsADirectory => "it is a directory".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        _ => error.to_string(),
    }
}
