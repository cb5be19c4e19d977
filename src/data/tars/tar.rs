//! Images at their places in a tar file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::walk::{Member, Region};
use crate::data::DataError;

/// Bytes that an image may have; ImageNet's largest has 15 million.
const LARGEST: u64 = 1 << 28;

/// A tar file that is open, and some images in it.
#[derive(Debug, Clone)]
pub(in crate::data) struct Tar {
    path: PathBuf,
    file: Arc<File>,
    length: u64,
    /// Each with the name that it would have below the unpacked part's folder.
    pub(super) images: Vec<Member>,
}

impl Tar {
    /// Opens a file; no image of it is known yet.
    pub(super) fn open(path: PathBuf) -> Result<Tar, DataError> {
        let fail = |error| DataError::new(&path, format!("the tar file cannot be read: {error}"));
        let file = File::open(&path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        Ok(Tar {
            path,
            file: Arc::new(file),
            length,
            images: Vec::new(),
        })
    }

    /// The tar file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files in it.
    pub(super) fn members(&self) -> Result<Vec<Member>, DataError> {
        self.region(0, self.length, "")
    }

    /// The files in a tar file that lies in it.
    pub(super) fn members_of(&self, inner: &Member) -> Result<Vec<Member>, DataError> {
        let end = inner.offset + inner.length;
        self.region(inner.offset, end, &format!("`{}` ", inner.name))
    }

    fn region(&self, start: u64, end: u64, inner: &str) -> Result<Vec<Member>, DataError> {
        let file = &self.file;
        let members = Region { file, start, end }.members();
        members.map_err(|fault| {
            let what = format!("{inner}at byte {}: {}", fault.at, fault.what);
            DataError::new(&self.path, what)
        })
    }

    /// The bytes of image `index`.
    pub fn bytes(&self, index: usize) -> Result<Vec<u8>, String> {
        let Member { offset, length, .. } = self.images[index];
        if length > LARGEST {
            return Err(format!("has {length} bytes: no image is that large"));
        }
        let mut bytes = vec![0; length as usize];
        let read = self.file.read_exact_at(&mut bytes, offset);
        read.map_err(|error| format!("cannot be read at byte {offset}: {error}"))?;
        Ok(bytes)
    }

    /// What image `index` is called: the tar file, and the image in it.
    pub fn name_of(&self, index: usize) -> String {
        format!("{}: {}", self.path.display(), self.images[index].name)
    }

    /// The name of image `index` below the unpacked part's folder.
    pub fn short_name(&self, index: usize) -> &str {
        &self.images[index].name
    }
}
