//! `.cream` files: read from disk or from buffers before it, replaced whole.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use creamc_lang::source::{Files, ReadError};

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

/// Replaces a file's text as a whole: whatever happens, the old or the new text is there.
///
/// # Errors
/// When the file may not be written, or its folder holds no second file for a moment.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    // Through links, so that a link stays one; and only where the file itself may be written.
    let file = fs::canonicalize(file)?;
    let permissions = fs::OpenOptions::new()
        .write(true)
        .open(&file)?
        .metadata()?
        .permissions();
    let folder = file.parent().expect("a file lies in a folder");
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(permissions)?;
    new.as_file().sync_all()?;
    new.persist(&file).map_err(|refused| refused.error)?;
    Ok(())
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
