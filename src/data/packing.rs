//! Making packs of images that lie whole, in folders or tar files.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::decode::decode;
use super::pack::{self, CHANNELS, Entry, START, Words};
use super::prefetch::Prefetch;
use super::raster::Raster;
use super::resize::{Filter, Scaler, Window};
use super::source::Source;
use super::{DataError, Dataset, Wanted};
use crate::disk;

/// What is packed, and how.
#[derive(Debug, Clone)]
pub struct PackOptions {
    /// A folder with `train/` and `val/` or ImageNet's tar files, as [`super::Data::load`] reads it.
    pub folder: PathBuf,
    /// The folder to write `train.pack` and `val.pack` to.
    pub out: PathBuf,
    /// What is kept of an image.
    pub packing: Packing,
    /// A file that lists the class folders to pack, in the order of the classes.
    pub class_map: Option<PathBuf>,
    /// A file that says the classes of a `val/` without class folders.
    pub val_labels: Option<PathBuf>,
    /// Threads that read and decode; 0: none.
    pub workers: usize,
    /// Whether an image that cannot be read ends it; else it is left out.
    pub strict: bool,
}

/// What is kept of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Its file's own bytes.
    Files,
    /// Its pixels, in colour; with a side, the short side shrunk to it where it is longer.
    Raw {
        /// In pixels, above 0.
        short_side: Option<u32>,
    },
}

/// What was packed of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The pack.
    pub file: PathBuf,
    /// Its images.
    pub images: usize,
    /// Its bytes.
    pub bytes: u64,
    /// Images that could not be read and were left out: file and why.
    pub left_out: Vec<String>,
    /// What to say of images in forms that are not read.
    pub passed_over: Option<String>,
}

/// Results waiting in front of the writer, for each worker.
const AHEAD: usize = 8;

/// Packs both parts of a folder; `seen` is told the images done and all, over both.
///
/// Neither pack appears before both are whole; older ones stay until then. What ends between the two renames leaves packs
/// that were not made together, which are refused when they are read.
///
/// # Errors
/// The folder is not as [`super::Data::load`] wants it or is where the packs should go, an image
/// cannot be read and none may be left out, a class has no image that can be read, or the packs
/// cannot be written. Every error names the file or folder.
pub fn pack(
    options: &PackOptions,
    seen: &mut dyn FnMut(usize, usize),
) -> Result<[Packed; 2], DataError> {
    let sets = sets(options)?;
    let all = sets.iter().map(|set| set.len()).sum();
    let mut done = 0;
    let mut count = || {
        done += 1;
        seen(done, all);
    };
    std::fs::create_dir_all(&options.out)
        .map_err(|error| DataError::new(&options.out, format!("cannot be made: {error}")))?;
    let packs = [pack::TRAIN, pack::VAL].map(|name| Place::new(&options.out, name));
    for place in &packs {
        place.require_free()?;
    }
    let written = write_both(&sets, &packs, options, &mut count);
    if written.is_err() {
        for place in &packs {
            // It may not even exist; the first error is the one to tell.
            let _ = std::fs::remove_file(&place.partial);
        }
    }
    written
}

/// The training and the test images of the folder.
fn sets(options: &PackOptions) -> Result<[Arc<Dataset>; 2], DataError> {
    let Some(source) = Source::of(&options.folder) else {
        let what = "holds no `train/`: only folders with `train/CLASS/…` and `val/`, or with \
                    ImageNet's tar files, are packed";
        return Err(DataError::new(&options.folder, what));
    };
    if options.out.join("train").is_dir() {
        let what = "holds image folders: packs go into a folder of their own";
        return Err(DataError::new(&options.out, what));
    }
    let classes = source.class_names(options.class_map.as_deref())?.len();
    let wanted = Wanted {
        seed: 0,
        crop_share: 1.0,
        class_map: options.class_map.clone(),
        val_labels: options.val_labels.clone(),
        strict: options.strict,
        ..Wanted::all(classes, CHANNELS, 1)
    };
    let (train, val) = source.load(&wanted)?;
    Ok([train, val].map(Arc::new))
}

/// Where a pack goes, and where it lies until it is whole.
struct Place {
    file: PathBuf,
    partial: PathBuf,
}

impl Place {
    fn new(out: &Path, name: &str) -> Place {
        Place {
            file: out.join(name),
            partial: out.join(format!("{name}.partial")),
        }
    }

    /// A file gives way to the pack, a folder would not.
    fn require_free(&self) -> Result<(), DataError> {
        match self.file.is_dir() {
            false => Ok(()),
            true => {
                let what =
                    "is a folder where a pack should go: remove it, or pack to another folder";
                Err(DataError::new(&self.file, what))
            }
        }
    }
}

fn write_both(
    sets: &[Arc<Dataset>; 2],
    places: &[Place; 2],
    options: &PackOptions,
    count: &mut dyn FnMut(),
) -> Result<[Packed; 2], DataError> {
    let [train, val] = sets;
    let parts = [
        write(train, &places[0], options, count)?,
        write(val, &places[1], options, count)?,
    ];
    let together = made_together(&parts);
    let [train, val] = parts;
    let packed = [
        train.finish(&places[0], &together)?,
        val.finish(&places[1], &together)?,
    ];
    for place in places {
        disk::rename(&place.partial, &place.file)
            .map_err(|error| cannot_write(&place.file, &error))?;
    }
    Ok(packed)
}

/// A part whose images are written, but not its index.
struct Part {
    out: Writer,
    class_names: Vec<String>,
    names: Vec<String>,
    left_out: Vec<String>,
    passed_over: Option<String>,
}

/// What these two parts have in common: a hash of all that is in them.
fn made_together(parts: &[Part; 2]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        for names in [&part.class_names, &part.names] {
            hash.update((names.len() as u64).to_le_bytes());
            for name in names {
                hash.update((name.len() as u64).to_le_bytes());
                hash.update(name.as_bytes());
            }
        }
        for entry in &part.out.entries {
            hash.update(entry.bytes());
        }
    }
    let hash = hash.finalize();
    hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Part {
    /// Writes its index.
    fn finish(self, place: &Place, made_together: &str) -> Result<Packed, DataError> {
        let words = Words {
            class_names: self.class_names,
            names: self.names,
            made_together: made_together.to_owned(),
        };
        let images = self.out.entries.len();
        let bytes = self.out.finish(&words);
        let bytes = bytes.map_err(|error| cannot_write(&place.partial, &error))?;
        Ok(Packed {
            file: place.file.clone(),
            images,
            bytes,
            left_out: self.left_out,
            passed_over: self.passed_over,
        })
    }
}

fn cannot_write(file: &Path, error: &std::io::Error) -> DataError {
    DataError::new(file, format!("cannot be written: {error}"))
}

/// Writes the images of one part to its partial file.
fn write(
    set: &Arc<Dataset>,
    place: &Place,
    options: &PackOptions,
    count: &mut dyn FnMut(),
) -> Result<Part, DataError> {
    let io = |error: std::io::Error| cannot_write(&place.partial, &error);
    let mut out = Writer::new(&place.partial).map_err(io)?;
    let mut names = Vec::new();
    let mut left_out = Vec::new();
    for (at, image) in images(set, options).enumerate() {
        match image {
            Ok(image) => {
                out.add(&image, set.labels[at]).map_err(io)?;
                names.push(set.short_name(at).into_owned());
            }
            Err(what) if options.strict => {
                let what = format!("{what}; replace or remove it, or pack without --strict");
                return Err(DataError::new(Path::new(&set.name_of(at)), what));
            }
            Err(what) => left_out.push(format!("{}: {what}", set.name_of(at))),
        }
        count();
    }
    require_images(set.place(), &set.class_names, &out.entries)?;
    Ok(Part {
        out,
        class_names: set.class_names.clone(),
        names,
        left_out,
        passed_over: set.passed_over(),
    })
}

/// A class that lost all its images would have none to train on or to test.
fn require_images(part: &Path, classes: &[String], entries: &[Entry]) -> Result<(), DataError> {
    let mut has = vec![false; classes.len()];
    for entry in entries {
        has[entry.label as usize] = true;
    }
    match has.iter().position(|&has| !has) {
        None => Ok(()),
        Some(class) => {
            let what = format!("no image of class `{}` can be read", classes[class]);
            Err(DataError::new(part, what))
        }
    }
}

/// An image as it is packed.
struct Image {
    bytes: Vec<u8>,
    /// Of raw pixels; 0: a file's bytes.
    height: u32,
    width: u32,
}

fn images(set: &Arc<Dataset>, options: &PackOptions) -> Prefetch<Result<Image, String>> {
    let (set, packing) = (Arc::clone(set), options.packing);
    Prefetch::new(set.len(), options.workers, AHEAD, move |at| {
        packed(set.bytes(at)?, packing)
    })
}

fn packed(bytes: Vec<u8>, packing: Packing) -> Result<Image, String> {
    // Decoded in either case: what is packed can be read.
    let image = decode(&bytes, CHANNELS)?;
    let image = match packing {
        Packing::Files => {
            return Ok(Image {
                bytes,
                height: 0,
                width: 0,
            });
        }
        Packing::Raw { short_side: None } => image,
        Packing::Raw {
            short_side: Some(side),
        } => shrunk(image, side as usize),
    };
    Ok(Image {
        height: image.size.height as u32,
        width: image.size.width as u32,
        bytes: image.values.into_owned(),
    })
}

/// The image with a short side of at most `side`, its shape kept (bicubic).
fn shrunk(image: Raster<'static>, side: usize) -> Raster<'static> {
    let (height, width) = (image.size.height, image.size.width);
    let short = height.min(width);
    if short <= side {
        return image;
    }
    let scaled = |length: usize| ((length * side) as f64 / short as f64).round() as usize;
    let whole = Window::whole(image.size);
    let size = (scaled(height), scaled(width));
    Scaler::default().window(&image, whole, size, Filter::Bicubic)
}

/// A pack that grows.
struct Writer {
    out: BufWriter<File>,
    offset: u64,
    entries: Vec<Entry>,
}

impl Writer {
    fn new(path: &Path) -> std::io::Result<Writer> {
        let mut out = BufWriter::new(File::create(path)?);
        out.write_all(pack::MAGIC)?;
        out.write_all(&pack::VERSION.to_le_bytes())?;
        Ok(Writer {
            out,
            offset: START,
            entries: Vec::new(),
        })
    }

    fn add(&mut self, image: &Image, label: u32) -> std::io::Result<()> {
        let too_large = |_| std::io::Error::other("an image has more than 4 GiB");
        let length = u32::try_from(image.bytes.len()).map_err(too_large)?;
        self.out.write_all(&image.bytes)?;
        self.entries.push(Entry {
            offset: self.offset,
            length,
            height: image.height,
            width: image.width,
            label,
            checksum: pack::checksum(&image.bytes),
        });
        self.offset += u64::from(length);
        Ok(())
    }

    /// Writes the index and waits until all is on the disk; the length of the pack.
    fn finish(mut self, words: &Words) -> std::io::Result<u64> {
        let index = pack::index(words, &self.entries);
        let end = pack::end(self.offset, &index);
        self.out.write_all(&index)?;
        self.out.write_all(&end)?;
        let file = self.out.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        Ok(self.offset + index.len() as u64 + end.len() as u64)
    }
}
