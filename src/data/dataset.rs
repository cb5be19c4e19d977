//! Images with their classes, wherever the images lie.

use std::borrow::Cow;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Wanted;
use super::broken::{Broken, Unreadable};
use super::decode::{Stored, decode};
use super::files::{Files, endings};
use super::memory::Memory;
use super::pack::Pack;
use super::raster::{Raster, Size};
use super::tars::Tar;

/// Images with their classes: a training set or a test set.
#[derive(Debug)]
pub struct Dataset {
    /// The name of its folder.
    pub name: String,
    /// Channels of an image: 1 for grey, 3 for colour.
    pub channels: usize,
    /// Rows of an image as it is handed out, in pixels.
    pub height: usize,
    /// Columns of an image as it is handed out, in pixels.
    pub width: usize,
    /// The number of classes; every label is below it.
    pub classes: usize,
    /// What the classes are called, where that is known: the folders' names.
    pub class_names: Vec<String>,
    /// The class of each image, `[N]`.
    pub labels: Vec<u32>,
    /// The share of an image's short side that evaluation sees; 1 for images in memory.
    pub crop_share: f64,
    /// Where the images lie.
    pub(super) images: Images,
    /// Images that could not be read.
    pub(super) broken: Broken,
}

/// Where images lie.
#[derive(Debug)]
pub(super) enum Images {
    /// In memory, `[N, H, W, C]`, all of the set's size.
    Memory(Vec<u8>),
    /// In a file each, decoded when they are asked for, of any size.
    Files(Files),
    /// In one file, whole or as pixels, of any size.
    Pack(Pack),
    /// In a tar file, decoded when they are asked for, of any size.
    Tar(Tar),
}

/// One image as it is stored.
#[derive(Debug)]
pub(super) enum Fetched<'a> {
    /// As pixels, in the set's channels.
    Pixels(Raster<'a>),
    /// As the bytes of a file.
    File(Vec<u8>),
}

impl Fetched<'_> {
    /// Ready to be decoded to `channels` channels.
    ///
    /// # Errors
    /// As [`decode`].
    pub fn open(&self, channels: usize) -> Result<Stored<'_>, String> {
        match self {
            Fetched::Pixels(raster) => Ok(Stored::Pixels(Raster {
                size: raster.size,
                values: Cow::Borrowed(&raster.values),
            })),
            Fetched::File(bytes) => Stored::open(bytes, channels),
        }
    }
}

impl Dataset {
    /// A set that lies in memory, named like the folder `dir`.
    pub(super) fn in_memory(
        dir: &Path,
        classes: usize,
        memory: Memory,
        labels: Vec<u32>,
    ) -> Dataset {
        Dataset {
            name: name_of(dir),
            channels: memory.channels,
            height: memory.height,
            width: memory.width,
            classes,
            class_names: Vec::new(),
            labels,
            crop_share: 1.0,
            images: Images::Memory(memory.values),
            broken: Broken::default(),
        }
    }

    /// A set whose images are read when they are asked for, named like the folder `dir`.
    pub(super) fn on_disk(
        dir: &Path,
        class_names: Vec<String>,
        (images, labels): (Images, Vec<u32>),
        wanted: &Wanted,
    ) -> Dataset {
        Dataset {
            name: name_of(dir),
            channels: wanted.channels,
            height: wanted.resolution,
            width: wanted.resolution,
            classes: class_names.len(),
            class_names,
            labels,
            crop_share: wanted.crop_share,
            images,
            broken: Broken::new(wanted.strict),
        }
    }

    /// A set of the same classes without an image.
    pub(super) fn without_images(&self, dir: &Path, wanted: &Wanted) -> Dataset {
        let none = Files {
            root: dir.to_owned(),
            ..Files::default()
        };
        let images = (Images::Files(none), Vec::new());
        Dataset::on_disk(dir, self.class_names.clone(), images, wanted)
    }

    /// Images that turned out to be unreadable since the last call, by their numbers: each with its file and why.
    #[must_use]
    pub fn news(&self) -> Vec<(usize, String)> {
        self.broken.news()
    }

    /// Notes images that cannot be read.
    pub(super) fn note(&self, broken: Unreadable) {
        for (index, text) in broken {
            self.broken.note(index, text);
        }
    }

    /// Takes over images that were found to be unreadable, and told of, elsewhere.
    pub fn recall_broken(&self, known: impl IntoIterator<Item = (usize, String)>) {
        for (index, text) in known {
            self.broken.recall(index, text);
        }
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image (a loaded set always has one).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The size of an image as it is handed out.
    #[must_use]
    pub fn size(&self) -> Size {
        Size {
            channels: self.channels,
            height: self.height,
            width: self.width,
        }
    }

    /// The pixels of all images, `[N, H, W, C]`, when they lie in memory.
    #[must_use]
    pub fn pixels(&self) -> Option<&[u8]> {
        match &self.images {
            Images::Memory(values) => Some(values),
            Images::Files(_) | Images::Pack(_) | Images::Tar(_) => None,
        }
    }

    /// What to say of images in forms that are not read, which lie in the folder beside those that are.
    pub(super) fn passed_over(&self) -> Option<String> {
        let Images::Files(Files { root, others, .. }) = &self.images else {
            return None;
        };
        (*others > 0).then(|| {
            format!(
                "{}: {others} image(s) are passed over: only {} are read",
                root.display(),
                endings()
            )
        })
    }

    /// Whether a list says the images' classes: they lie in no class folders, and in no form that holds them.
    pub(super) fn is_listed(&self) -> bool {
        match &self.images {
            Images::Memory(_) | Images::Pack(_) => false,
            Images::Files(files) => files
                .paths
                .iter()
                .all(|path| path.components().count() == 1),
            Images::Tar(_) => true,
        }
    }

    /// One image as it is stored: in the set's channels, but of its own size.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that starts with its name.
    ///
    /// # Panics
    /// `index` is not below [`Dataset::len`].
    pub fn read(&self, index: usize) -> Result<Raster<'_>, String> {
        match self.fetch(index)? {
            Fetched::Pixels(raster) => Ok(raster),
            Fetched::File(bytes) => decode(&bytes, self.channels),
        }
    }

    /// One image as it is stored, not decoded yet.
    ///
    /// # Errors
    /// As [`Dataset::read`].
    pub(super) fn fetch(&self, index: usize) -> Result<Fetched<'_>, String> {
        match &self.images {
            Images::Memory(values) => {
                let length = self.size().len();
                Ok(Fetched::Pixels(Raster {
                    size: self.size(),
                    values: Cow::Borrowed(&values[index * length..(index + 1) * length]),
                }))
            }
            Images::Files(files) => files.bytes(index).map(Fetched::File),
            Images::Pack(pack) => pack.fetch(index, self.channels),
            Images::Tar(tar) => tar.bytes(index).map(Fetched::File),
        }
    }

    /// The bytes of an image that lies whole, before they are decoded.
    ///
    /// # Panics
    /// The images lie in memory or in a pack.
    pub(super) fn bytes(&self, index: usize) -> Result<Vec<u8>, String> {
        match &self.images {
            Images::Files(files) => files.bytes(index),
            Images::Tar(tar) => tar.bytes(index),
            Images::Memory(_) | Images::Pack(_) => unreachable!("only whole images are packed"),
        }
    }

    /// The name of an image below its part; its number where it lies in memory.
    pub(super) fn short_name(&self, index: usize) -> Cow<'_, str> {
        match &self.images {
            Images::Files(files) => files.paths[index].to_string_lossy(),
            Images::Tar(tar) => Cow::Borrowed(tar.short_name(index)),
            Images::Pack(pack) => Cow::Borrowed(pack.short_name(index)),
            Images::Memory(_) => Cow::Owned(index.to_string()),
        }
    }

    /// The bytes of an image that lies whole; `None` where they cannot be read, which is told of where the image is needed.
    ///
    /// # Panics
    /// As [`Dataset::bytes`].
    pub(super) fn sampled(&self, index: usize) -> Option<Vec<u8>> {
        match &self.images {
            Images::Files(files) if !files.is_regular(index) => None,
            _ => self.bytes(index).ok(),
        }
    }

    /// Adds what an image holds to `hash`; whether that is known without reading a file.
    pub(super) fn hash_known_contents(&self, index: usize, hash: &mut Sha256) -> bool {
        match &self.images {
            Images::Memory(values) => {
                let length = self.size().len();
                hash.update(&values[index * length..(index + 1) * length]);
                true
            }
            Images::Pack(pack) => {
                hash.update(pack.entry(index).bytes_of_contents());
                true
            }
            Images::Files(_) | Images::Tar(_) => false,
        }
    }

    /// Where all images lie: the folder of a part, or one file.
    ///
    /// # Panics
    /// The images lie in memory or in a pack.
    pub(super) fn place(&self) -> &Path {
        match &self.images {
            Images::Files(files) => &files.root,
            Images::Tar(tar) => tar.path(),
            Images::Memory(_) | Images::Pack(_) => unreachable!("only whole images are packed"),
        }
    }

    /// What an image is called in messages: its file, or its number.
    #[must_use]
    pub fn name_of(&self, index: usize) -> String {
        match &self.images {
            Images::Memory(_) => format!("image {index} of {}", self.name),
            Images::Files(files) => files.path(index).display().to_string(),
            Images::Pack(pack) => pack.name_of(index),
            Images::Tar(tar) => tar.name_of(index),
        }
    }
}

/// The last part of a folder's path.
pub(super) fn name_of(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or(dir.as_os_str());
    name.to_string_lossy().into_owned()
}
