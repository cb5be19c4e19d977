//! CIFAR-10 and CIFAR-100 in their binary form: images of 32×32 in colour, one record each.

use std::path::{Path, PathBuf};

use super::memory::{self, Memory};
use super::{DataError, Dataset};

/// Rows and columns of an image.
const SIDE: usize = 32;
/// Bytes of an image: a plane each of red, green and blue.
const IMAGE: usize = 3 * SIDE * SIDE;

/// One of the two sets.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// The folder that its archive unpacks to.
    folder: &'static str,
    train: &'static [&'static str],
    test: &'static str,
    /// Bytes before an image, the last of which is its class.
    head: usize,
    /// What the classes are called, a line each.
    names: &'static str,
    classes: usize,
}

const KINDS: [Kind; 2] = [
    Kind {
        folder: "cifar-10-batches-bin",
        train: &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
        ],
        test: "test_batch.bin",
        head: 1,
        names: "batches.meta.txt",
        classes: 10,
    },
    Kind {
        folder: "cifar-100-binary",
        train: &["train.bin"],
        test: "test.bin",
        // The coarse class comes before the fine one.
        head: 2,
        names: "fine_label_names.txt",
        classes: 100,
    },
];

/// Folders of the same images as pickled numpy arrays, which are not read.
const PICKLED: [&str; 2] = ["cifar-10-batches-py", "cifar-100-python"];

/// The train and the test images of `dir`, or of the folder in it that the archive unpacks to;
/// `None` where neither holds CIFAR.
///
/// # Errors
/// The space has another number of classes, a file is missing or is not made of whole records, or a label
/// names no class. Every error names the file.
pub(super) fn load(dir: &Path, classes: usize) -> Option<Result<(Dataset, Dataset), DataError>> {
    for kind in KINDS {
        for dir in [dir.to_owned(), dir.join(kind.folder)] {
            if dir.join(kind.train[0]).is_file() {
                return Some(kind.load(&dir, classes));
            }
        }
    }
    let pickled = |name: &&&str| dir.join(name).is_dir() || dir.ends_with(name);
    let name = PICKLED.iter().find(pickled)?;
    let what = format!(
        "`{name}` holds pickled arrays, which are not read: take the binary version, `{}`",
        KINDS.map(|kind| kind.folder).join("` or `")
    );
    Some(Err(DataError::new(dir, what)))
}

impl Kind {
    fn load(self, dir: &Path, classes: usize) -> Result<(Dataset, Dataset), DataError> {
        if classes != self.classes {
            let what = format!(
                "holds images of {} classes, the space has {classes}: set its `classes` or `--classes {}`",
                self.classes, self.classes
            );
            return Err(DataError::new(dir, what));
        }
        let set = |names: &[&str]| -> Result<Dataset, DataError> {
            let (mut values, mut labels) = (Vec::new(), Vec::new());
            for name in names {
                self.read(&dir.join(name), &mut values, &mut labels)?;
            }
            let memory = Memory {
                channels: 3,
                height: SIDE,
                width: SIDE,
                values: memory::interleave(values, 3, SIDE * SIDE),
            };
            let mut set = Dataset::in_memory(dir, classes, memory, labels);
            set.class_names = self.class_names(dir);
            Ok(set)
        };
        let (train, test) = (set(self.train)?, set(&[self.test])?);
        memory::require_every_class(dir, &train)?;
        Ok((train, test))
    }

    fn read(
        self,
        file: &PathBuf,
        values: &mut Vec<u8>,
        labels: &mut Vec<u32>,
    ) -> Result<(), DataError> {
        let refuse = |what: String| DataError::new(file, what);
        let bytes =
            std::fs::read(file).map_err(|error| refuse(format!("cannot be read: {error}")))?;
        let record = self.head + IMAGE;
        if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
            return Err(refuse(format!(
                "is {} bytes, which is no whole number of records of {record}: it is cut off or no CIFAR file",
                bytes.len()
            )));
        }
        for (at, record) in bytes.chunks_exact(record).enumerate() {
            let (head, image) = record.split_at(self.head);
            let label = head[self.head - 1];
            if usize::from(label) >= self.classes {
                return Err(refuse(format!(
                    "label {label} of item {at} names no class: there are {}, numbered from 0",
                    self.classes
                )));
            }
            labels.push(u32::from(label));
            values.extend_from_slice(image);
        }
        Ok(())
    }

    /// Empty unless the file names every class.
    fn class_names(self, dir: &Path) -> Vec<String> {
        let text = std::fs::read_to_string(dir.join(self.names)).unwrap_or_default();
        let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        match names.len() == self.classes {
            true => names,
            false => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A record whose pixels tell its channel, row and column.
    fn record(head: &[u8]) -> Vec<u8> {
        let pixel = |at: usize| (at / (SIDE * SIDE) * 100 + at % SIDE + at / SIDE % SIDE) as u8;
        head.iter().copied().chain((0..IMAGE).map(pixel)).collect()
    }

    fn write(dir: &Path, kind: Kind, classes: std::ops::Range<u8>) {
        let head = |class| {
            vec![7; kind.head - 1]
                .into_iter()
                .chain([class])
                .collect::<Vec<u8>>()
        };
        let all: Vec<u8> = classes.flat_map(|class| record(&head(class))).collect();
        for name in kind.train.iter().chain([&kind.test]) {
            fs::write(dir.join(name), &all).unwrap();
        }
    }

    #[test]
    fn both_sets_are_read_with_their_classes_and_colours_in_place() {
        for kind in KINDS {
            let folder = tempfile::tempdir().unwrap();
            let inner = folder.path().join(kind.folder);
            fs::create_dir(&inner).unwrap();
            write(&inner, kind, 0..kind.classes as u8);
            let names: Vec<String> = (0..kind.classes).map(|at| format!("class{at}")).collect();
            fs::write(inner.join(kind.names), names.join("\n") + "\n\n").unwrap();
            for dir in [folder.path(), &inner] {
                let (train, test) = load(dir, kind.classes).unwrap().unwrap();
                assert_eq!(train.len(), kind.classes * kind.train.len());
                assert_eq!(test.labels, (0..kind.classes as u32).collect::<Vec<_>>());
                assert_eq!(test.class_names, names);
                let image = test.read(1).unwrap();
                assert_eq!(
                    (image.size.channels, image.size.height, image.size.width),
                    (3, 32, 32)
                );
                // Row 2, column 5: red, green, blue.
                let at = 3 * (2 * SIDE + 5);
                assert_eq!(image.values[at..at + 3], [7, 107, 207]);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert!(load(dir, 10).is_none());
        let refusal = |classes| load(dir, classes).unwrap().unwrap_err().to_string();
        fs::create_dir(dir.join("cifar-10-batches-py")).unwrap();
        assert!(refusal(10).contains("take the binary version"));
        write(dir, KINDS[0], 0..10);
        assert!(refusal(100).contains("`--classes 10`"));
        fs::write(dir.join("data_batch_3.bin"), record(&[11])).unwrap();
        assert!(refusal(10).contains("data_batch_3.bin: label 11 of item 0 names no class"));
        fs::write(dir.join("data_batch_3.bin"), &record(&[1])[1..]).unwrap();
        assert!(refusal(10).contains("is 3072 bytes, which is no whole number of records of 3073"));
        write(dir, KINDS[0], 0..9);
        assert!(refusal(10).contains("class 9 has no training image"));
        fs::remove_file(dir.join("test_batch.bin")).unwrap();
        assert!(refusal(10).contains("test_batch.bin: cannot be read"));
    }
}
