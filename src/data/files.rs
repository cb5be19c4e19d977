//! Images in a file each.

use std::path::{Path, PathBuf};

/// Endings of the files that are images, in any case; all others are passed over.
const ENDINGS: [&str; 3] = ["jpg", "jpeg", "png"];

/// Endings of images in forms that are not read.
const OTHER_ENDINGS: [&str; 9] = [
    "avif", "bmp", "gif", "heic", "jp2", "ppm", "tif", "tiff", "webp",
];

/// The endings of images, for messages.
pub(super) fn endings() -> String {
    ENDINGS.map(|ending| format!(".{ending}")).join(", ")
}

/// Whether a file is an image, by its name.
pub(super) fn is_image(path: &Path) -> bool {
    ends_in(path, &ENDINGS)
}

/// Whether a file is an image in a form that is not read, by its name.
pub(super) fn is_other_image(path: &Path) -> bool {
    ends_in(path, &OTHER_ENDINGS)
}

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    // Some systems leave `._name.jpg` beside every `name.jpg`; no image begins with a dot.
    let hidden = path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && ending.is_some_and(|ending| endings.contains(&ending.to_lowercase().as_str()))
}

/// Files of images: a folder, and each file's path below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    pub root: PathBuf,
    pub paths: Vec<Box<Path>>,
    /// How many images in forms that are not read lie beside them.
    pub others: usize,
}

impl Files {
    /// Where image `index` lies.
    pub fn path(&self, index: usize) -> PathBuf {
        self.root.join(&self.paths[index])
    }

    /// Whether image `index` is a file whose bytes end; those of a pipe may never come.
    pub fn is_regular(&self, index: usize) -> bool {
        std::fs::metadata(self.path(index)).is_ok_and(|about| about.is_file())
    }

    /// The bytes of image `index`.
    pub fn bytes(&self, index: usize) -> Result<Vec<u8>, String> {
        std::fs::read(self.path(index)).map_err(|error| format!("cannot be read: {error}"))
    }
}
