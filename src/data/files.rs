//! Images in a file each.

use std::path::{Path, PathBuf};

use super::decode::decode;
use super::raster::Raster;

/// Files of images: a folder, and each file's path below it.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub root: PathBuf,
    pub paths: Vec<Box<Path>>,
}

impl Files {
    /// Where image `index` lies.
    pub fn path(&self, index: usize) -> PathBuf {
        self.root.join(&self.paths[index])
    }

    /// Reads and decodes image `index`.
    pub fn read(&self, index: usize, channels: usize) -> Result<Raster<'static>, String> {
        let bytes =
            std::fs::read(self.path(index)).map_err(|error| format!("cannot be read: {error}"))?;
        decode(&bytes, channels)
    }
}
