//! Images that lie whole, one by one, where a training part and a validation part are told apart by their names.

use std::path::{Path, PathBuf};

use super::{DataError, Dataset, Wanted, folder, tars};

/// Where whole images lie; what can be packed.
#[derive(Debug)]
pub(super) enum Source {
    /// In `train/` and `val/`.
    Folders(PathBuf),
    /// In the two tar files of ILSVRC, in this folder.
    Tars(PathBuf),
}

impl Source {
    /// What `data` holds, or is.
    pub fn of(data: &Path) -> Option<Source> {
        if data.join("train").is_dir() {
            return Some(Source::Folders(data.to_owned()));
        }
        tars::folder_of(data).map(Source::Tars)
    }

    /// Its classes, in their order.
    pub fn class_names(&self, map: Option<&Path>) -> Result<Vec<String>, DataError> {
        match self {
            Source::Folders(dir) => folder::class_names(&dir.join("train"), map),
            Source::Tars(dir) => tars::class_names(dir, map),
        }
    }

    /// Its training and its test images; none is opened.
    pub fn load(&self, wanted: &Wanted) -> Result<(Dataset, Dataset), DataError> {
        match self {
            Source::Folders(dir) => folder::load(dir, wanted),
            Source::Tars(dir) => tars::load(dir, wanted),
        }
    }
}
