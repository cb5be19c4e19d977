//! The files beside the Rust file that is compiled.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use creamc_lang::source::{Files, ReadError};
use proc_macro::Span;

/// A folder on disk; `None` where nobody knows which it is.
pub struct Folder(Option<PathBuf>);

impl Folder {
    /// The one of the file a span lies in.
    pub fn of(span: Span) -> Folder {
        let file = span.local_file().and_then(|file| absolute(file).ok());
        Folder(file.and_then(|file| Some(file.parent()?.to_owned())))
    }

    /// A file of the folder, to be found from everywhere.
    pub fn join(&self, path: &str) -> Option<String> {
        let path = self.0.as_ref()?.join(path);
        path.to_str().map(str::to_owned)
    }
}

impl Files for Folder {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        let unknown = || ReadError("nobody knows in which folder this Rust file lies".to_owned());
        let folder = self.0.as_ref().ok_or_else(unknown)?;
        fs::read_to_string(folder.join(path)).map_err(|error| ReadError(error.to_string()))
    }
}
