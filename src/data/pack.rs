//! Packs: all images of a part in one file, read at their places by any number of threads.
//!
//! ```text
//! "creampak"   version (4 bytes)                               the start
//! the images, one behind the other
//! the index: words as JSON, then 28 bytes an image
//! offset and length of the index (8 bytes each), its checksum (4), "creampak"     the end
//! ```
//!
//! Numbers are little-endian, checksums CRC-32. An image is a file's bytes as they were, or raw
//! pixels, `[H, W, 3]`. The file is read, not mapped into memory: the system keeps its pages all
//! the same, and a file that shrinks gives an error instead of ending the process.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use flate2::Crc;
use serde::{Deserialize, Serialize};

use super::dataset::{Fetched, Images};
use super::names::class_names as listed;
use super::raster::{Raster, Size, luma};
use super::{DataError, Dataset, Wanted};

pub(super) const MAGIC: &[u8; 8] = b"creampak";
pub(super) const VERSION: u32 = 2;
/// Bytes before the first image.
pub(super) const START: u64 = 12;
const END: u64 = 28;
const ENTRY: usize = 28;
/// Channels of raw pixels.
pub(super) const CHANNELS: usize = 3;

/// The names of the packs in their folder.
pub(super) const TRAIN: &str = "train.pack";
pub(super) const VAL: &str = "val.pack";

/// A pack that is open.
#[derive(Debug)]
pub(super) struct Pack {
    path: PathBuf,
    file: File,
    names: Vec<String>,
    made_together: String,
    entries: Vec<Entry>,
}

/// The words of an index.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Words {
    pub class_names: Vec<String>,
    /// Each image's file below the part's folder.
    pub names: Vec<String>,
    /// The same in both packs that were made together; of other images, or in another form, they have another.
    pub made_together: String,
}

/// Where an image lies, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub offset: u64,
    pub length: u32,
    /// Of raw pixels; 0: a file's bytes.
    pub height: u32,
    pub width: u32,
    pub label: u32,
    pub checksum: u32,
}

impl Entry {
    pub fn bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        let words = [
            self.length,
            self.height,
            self.width,
            self.label,
            self.checksum,
        ];
        for (word, out) in words.iter().zip(bytes[8..].chunks_exact_mut(4)) {
            out.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// What changes with the image itself, not with its place.
    pub fn bytes_of_contents(self) -> [u8; ENTRY] {
        let nowhere = Entry {
            offset: 0,
            label: 0,
            ..self
        };
        nowhere.bytes()
    }

    fn read(bytes: &[u8]) -> Entry {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        Entry {
            offset: u64::from_le_bytes(bytes[..8].try_into().expect("8 bytes")),
            length: word(8),
            height: word(12),
            width: word(16),
            label: word(20),
            checksum: word(24),
        }
    }

    /// Whether it lies between the start and `end`, and its pixels are as many as its bytes.
    fn fits(self, end: u64, classes: usize) -> bool {
        let pixels = u64::from(self.height) * u64::from(self.width);
        let is_file = self.height == 0 && self.width == 0;
        let inside = self.offset.checked_add(u64::from(self.length));
        self.offset >= START
            && inside.is_some_and(|last| last <= end)
            && (self.label as usize) < classes
            && (is_file
                || pixels > 0 && pixels.checked_mul(CHANNELS as u64) == Some(self.length.into()))
    }
}

/// The checksum of some bytes.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The end of a pack whose index lies at `offset`.
pub(super) fn end(offset: u64, index: &[u8]) -> Vec<u8> {
    let mut bytes = offset.to_le_bytes().to_vec();
    bytes.extend((index.len() as u64).to_le_bytes());
    bytes.extend(checksum(index).to_le_bytes());
    bytes.extend(MAGIC);
    bytes
}

/// Opens `train.pack` and `val.pack` in `dir`; no image is read.
///
/// # Errors
/// A pack is missing or damaged, they were not made together, they have not the space's classes, or a class map asks for others.
pub(super) fn load(dir: &Path, wanted: &Wanted) -> Result<(Dataset, Dataset), DataError> {
    let (train, train_classes) = part_of(dir, TRAIN, wanted)?;
    let (val, val_classes) = part_of(dir, VAL, wanted)?;
    let refuse = |what: String| Err(DataError::new(&dir.join(VAL), what));
    if train_classes != val_classes {
        return refuse(format!(
            "its classes are not those of `{TRAIN}`: pack both from one folder"
        ));
    }
    if train.made_together != val.made_together {
        return refuse(format!(
            "was not made together with `{TRAIN}`: one of them may be of an earlier packing; pack the folder again"
        ));
    }
    let set = |pack: Pack| {
        let labels = pack.entries.iter().map(|entry| entry.label).collect();
        let images = (Images::Pack(pack), labels);
        Dataset::on_disk(dir, train_classes.clone(), images, wanted)
    };
    Ok((set(train), set(val)))
}

fn part_of(dir: &Path, name: &str, wanted: &Wanted) -> Result<(Pack, Vec<String>), DataError> {
    let path = dir.join(name);
    let (pack, class_names) = Pack::open(&path)?;
    require_classes(&path, &class_names, wanted)?;
    Ok((pack, class_names))
}

/// The classes of a pack are those of the folder it was made of, in their order.
fn require_classes(pack: &Path, found: &[String], wanted: &Wanted) -> Result<(), DataError> {
    if let Some(map) = &wanted.class_map
        && listed(map)? != found
    {
        let what = format!(
            "its classes are not those that the class map `{}` lists: pack the folder again with \
             `--class-map`, or clear `DATASET.CLASS_MAP`",
            map.display()
        );
        return Err(DataError::new(pack, what));
    }
    if found.len() == wanted.classes {
        return Ok(());
    }
    let what = format!(
        "holds {} classes, the space has {}: pass `--classes {}` or write it in the space",
        found.len(),
        wanted.classes,
        found.len()
    );
    Err(DataError::new(pack, what))
}

impl Pack {
    /// Opens a pack; the names of its classes.
    ///
    /// # Errors
    /// It cannot be read, or is not whole.
    pub fn open(path: &Path) -> Result<(Pack, Vec<String>), DataError> {
        let fail = |what: String| DataError::new(path, what);
        let io = |error: std::io::Error| fail(format!("the pack cannot be read: {error}"));
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        let damaged = || fail("the pack is damaged or not whole: pack it again".to_owned());
        if length < START + END {
            return Err(damaged());
        }
        let read = |offset: u64, length: u64| -> Result<Vec<u8>, DataError> {
            let mut bytes = vec![0; usize::try_from(length).map_err(|_| damaged())?];
            file.read_exact_at(&mut bytes, offset).map_err(io)?;
            Ok(bytes)
        };
        let start = read(0, START)?;
        if start[..8] != *MAGIC {
            return Err(fail("is no pack of images".to_owned()));
        }
        if start[8..] != VERSION.to_le_bytes() {
            let what = "the pack is of another version of creamc: pack it again";
            return Err(fail(what.to_owned()));
        }
        let end = read(length - END, END)?;
        let number = |at: usize| u64::from_le_bytes(end[at..at + 8].try_into().expect("8 bytes"));
        let (offset, index_length) = (number(0), number(8));
        let is_end = offset.checked_add(index_length) == Some(length - END);
        if !is_end || end[20..] != *MAGIC {
            return Err(damaged());
        }
        let index = read(offset, index_length)?;
        if checksum(&index).to_le_bytes() != end[16..20] {
            return Err(damaged());
        }
        let (words, entries) = parse_index(&index).ok_or_else(damaged)?;
        let fits = |entry: &Entry| entry.fits(offset, words.class_names.len());
        if words.names.len() != entries.len() || entries.is_empty() || !entries.iter().all(fits) {
            return Err(damaged());
        }
        let pack = Pack {
            path: path.to_owned(),
            file,
            names: words.names,
            made_together: words.made_together,
            entries,
        };
        Ok((pack, words.class_names))
    }

    /// What image `index` is called: the pack, and the file it was.
    pub fn name_of(&self, index: usize) -> String {
        format!("{}: {}", self.path.display(), self.names[index])
    }

    /// The name of image `index` below the folder that was packed.
    pub fn short_name(&self, index: usize) -> &str {
        &self.names[index]
    }

    /// Where image `index` lies, and what it is.
    pub fn entry(&self, index: usize) -> Entry {
        self.entries[index]
    }

    /// Reads image `index`, as a file where it was packed as one.
    pub fn fetch(&self, index: usize, channels: usize) -> Result<Fetched<'static>, String> {
        let entry = self.entries[index];
        let mut bytes = vec![0; entry.length as usize];
        let read = self.file.read_exact_at(&mut bytes, entry.offset);
        read.map_err(|error| format!("cannot be read: {error}"))?;
        if checksum(&bytes) != entry.checksum {
            return Err("is damaged: its checksum is another".to_owned());
        }
        if entry.height == 0 {
            return Ok(Fetched::File(bytes));
        }
        let values = match channels {
            1 => bytes.chunks_exact(CHANNELS).map(luma).collect(),
            _ => bytes,
        };
        let size = Size {
            channels,
            height: entry.height as usize,
            width: entry.width as usize,
        };
        Ok(Fetched::Pixels(Raster::owned(size, values)))
    }
}

/// The index of a pack, as bytes: how long the words are, the words, the entries.
pub(super) fn index(words: &Words, entries: &[Entry]) -> Vec<u8> {
    let words = serde_json::to_vec(words).expect("names are plain JSON");
    let mut bytes = (words.len() as u64).to_le_bytes().to_vec();
    bytes.extend(words);
    bytes.extend(entries.iter().flat_map(|entry| entry.bytes()));
    bytes
}

fn parse_index(bytes: &[u8]) -> Option<(Words, Vec<Entry>)> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (words, entries) = rest.split_at_checked(length)?;
    let whole = entries.len().is_multiple_of(ENTRY);
    let entries = entries.chunks_exact(ENTRY).map(Entry::read).collect();
    Some((serde_json::from_slice(words).ok()?, entries)).filter(|_| whole)
}
