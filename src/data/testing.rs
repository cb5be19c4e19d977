//! Small image sets for tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Dataset;
use super::Wanted;
use super::memory::Memory;

/// The bytes of an idx file.
pub(crate) fn idx(shape: &[usize], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    for &length in shape {
        bytes.extend((length as u32).to_be_bytes());
    }
    bytes.extend(values);
    bytes
}

/// Writes a set of `classes` classes: 3×4 images, `per_class` to train and two to test of each class.
pub(crate) fn write_set(dir: &Path, classes: usize, per_class: usize) {
    write_part(dir, "train", classes, per_class);
    write_part(dir, "t10k", classes, 2);
}

fn write_part(dir: &Path, part: &str, classes: usize, per_class: usize) {
    let set = dataset(classes, per_class);
    let labels: Vec<u8> = set.labels.iter().map(|&label| label as u8).collect();
    std::fs::write(
        dir.join(format!("{part}-images-idx3-ubyte")),
        idx(&[set.len(), 3, 4], set.pixels().unwrap()),
    )
    .unwrap();
    std::fs::write(
        dir.join(format!("{part}-labels-idx1-ubyte")),
        idx(&[set.len()], &labels),
    )
    .unwrap();
}

/// Grey 3×4 images, sorted by class, no two of the first 20 alike.
pub(crate) fn dataset(classes: usize, per_class: usize) -> Dataset {
    let count = classes * per_class;
    let memory = Memory {
        channels: 1,
        height: 3,
        width: 4,
        values: (0..count * 12).map(|at| (at % 251) as u8).collect(),
    };
    let labels = (0..count).map(|at| (at / per_class) as u32).collect();
    Dataset::in_memory(Path::new("toy"), classes, memory, labels)
}

/// All of [`dataset`] as a part.
pub(crate) fn part(classes: usize, per_class: usize) -> super::Part {
    super::Part::whole("train", Arc::new(dataset(classes, per_class)))
}

/// An image of `tests/fixtures/images`, 48×40 pixels.
pub(crate) fn fixture_image(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/images");
    fixtures.join(name)
}

/// What a space of two classes asks of a folder of images in colour.
pub(crate) fn wanted_folder() -> Wanted {
    Wanted::all(2, 3, 16)
}
