//! Image sets: from the files of a folder to batches.
//!
//! In goes a folder, in the form of MNIST and its relatives, with a folder a class in
//! `train/` and `val/`, with packs of such folders, or with ImageNet's tar files; out come three parts that share no image: *train* (what weights and norm statistics are made
//! from), *judge* (class-balanced, taken from the training files; what paths are
//! scored by) and *test* (used once, for the number that is reported).
//!
//! The images of the first form are few and lie in memory; the others are decoded by the
//! threads that prepare batches. An image that cannot be read is noted ([`Dataset::news`]); what takes its
//! place depends on nothing but the files ([`Gap`]).
//!
//! Promises: every label names a class; every class has training images; all
//! images of a [`Data`] have the asked channels and resolution; which image is in
//! which part, the order of an epoch and every augmented pixel depend on the seed
//! alone, not on threads or time.

mod augment;
mod batch;
mod broken;
mod cifar;
mod classes;
mod crop;
mod dataset;
mod decode;
#[cfg(feature = "torch")]
mod evaluate;
mod files;
mod flat;
mod folder;
mod idx;
#[cfg(feature = "torch")]
mod loader;
mod memory;
mod mnist;
mod names;
mod normalise;
mod pack;
mod packing;
mod parts;
mod prefetch;
mod random;
mod raster;
mod resize;
mod settings;
mod source;
mod tars;
#[cfg(test)]
mod testing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use augment::{Augmentation, Erase, EraseMode, Variation};
pub use batch::{Gap, Pixels, Preparer};
pub use crop::Crop;
pub use dataset::Dataset;
pub use decode::decode;
pub use idx::{Idx, read as read_idx};
#[cfg(feature = "torch")]
pub use loader::{Batch, Batches, Loader, Shard, evaluation_images};
pub use names::class_names;
pub use normalise::Normalisation;
pub use packing::{PackOptions, Packed, Packing, pack};
pub use parts::{Contents, Part, balanced_batches, shard, shuffled_batches};
pub use prefetch::Prefetch;
pub use raster::{Raster, Size};

use source::Source;

/// The world was wrong: a file of an image set is missing or not what it claims,
/// or the set does not fit the space.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {what}", path.display())]
pub struct DataError {
    /// The file or folder that is to blame.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

impl DataError {
    fn new(path: &Path, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            what: what.into(),
        }
    }
}

/// What the space and the settings ask of a data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The space's classes.
    pub classes: usize,
    /// The channels of the space's input.
    pub channels: usize,
    /// The plan's resolution, in pixels.
    pub resolution: usize,
    /// Judge images in all; rounded down to the same number a class. 0: no judge part.
    pub judge_images: usize,
    /// At most this many training images a class.
    pub images_per_class: Option<usize>,
    /// Decides which images judge and which are left out.
    pub seed: u64,
    /// The share of a decoded image's short side that evaluation sees, above 0 up to 1.
    pub crop_share: f64,
    /// The share of each class's training images that is left to train on, above 0 up to 1; one at
    /// least.
    pub fraction: f64,
    /// A file that lists the class folders that are read, a line each, in the order of the classes; where classes are no
    /// folders it is not read.
    pub class_map: Option<PathBuf>,
    /// A file that says the classes of a `val/` without class folders.
    pub val_labels: Option<PathBuf>,
    /// Whether an image that cannot be read ends the run.
    pub strict: bool,
}

impl Wanted {
    /// All images for a space of so many classes and channels at this resolution: none to judge by, none left
    /// out, evaluated as the settings' defaults say.
    #[must_use]
    pub fn all(classes: usize, channels: usize, resolution: usize) -> Self {
        Self {
            classes,
            channels,
            resolution,
            judge_images: 0,
            images_per_class: None,
            seed: 1,
            crop_share: 0.875,
            fraction: 1.0,
            class_map: None,
            val_labels: None,
            strict: false,
        }
    }
}

/// Images that could not be read, each with its file and why, in the order of the files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BrokenImages {
    /// How many.
    pub images: usize,
    /// Those to train on (and to judge by).
    pub train: Vec<String>,
    /// Those to test on.
    pub test: Vec<String>,
}

/// A data set made ready for one plan.
#[derive(Debug, Clone)]
pub struct Data {
    /// What weights and norm statistics are made from.
    pub train: Part,
    /// What paths are scored by; never trained on. Empty when no judge images are asked for.
    pub judge: Part,
    /// What the reported number is measured on, once.
    pub test: Part,
    /// Mean and deviation of the train part's pixels, or ImageNet's.
    pub normalisation: Normalisation,
}

impl Data {
    /// Finds the image set in `dir` and makes its three parts.
    ///
    /// A folder with `train.pack` in it was written by [`pack()`]; one with `train/` in it holds a folder a class there and in `val/`; one with
    /// `ILSVRC2012_img_train.tar` holds ImageNet as it is handed out (`dir` may also be that file); one with
    /// `data_batch_1.bin` or `train.bin` is CIFAR's in binary form; any other holds
    /// the files of MNIST, `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`,
    /// `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, plain or with `.gz`. Images in
    /// colour are `idx4` (`[N, C, H, W]`) in the same place.
    ///
    /// # Errors
    /// `wanted` has other channels than images have, 1 or 3; a file or folder is missing or bad, images and labels are not equally many, a label is
    /// not below `classes`, a class has no image, test and train images in memory differ in size
    /// or do not have the space's channels, or a class has too few images for the judge part.
    /// Every error names the file or folder.
    pub fn load(dir: &Path, wanted: &Wanted) -> Result<Self, DataError> {
        known_input(dir, wanted)?;
        let (train, test) = sets(dir, wanted)?;
        for set in [&train, &test] {
            require_channels(dir, set, wanted.channels)?;
        }
        let train = Arc::new(resize::to(train, wanted.resolution));
        let test = Arc::new(resize::to(test, wanted.resolution));
        let (train, judge) =
            parts::split(&train, wanted).map_err(|what| DataError::new(dir, what))?;
        let normalisation = Normalisation::of(&train)
            .ok_or_else(|| DataError::new(dir, "all training pixels of a channel are equal"))?;
        Ok(Self {
            train,
            judge,
            test: Part::whole("test", test),
            normalisation,
        })
    }

    /// As [`Data::load`], for a test: image folders may have `val/` alone, which then says the classes. There is nothing to
    /// train on or to judge by then, and images are normalised by ImageNet's numbers.
    ///
    /// # Errors
    /// As [`Data::load`].
    pub fn load_to_test(dir: &Path, wanted: &Wanted) -> Result<Self, DataError> {
        if !is_val_alone(dir) {
            return Self::load(dir, wanted);
        }
        known_input(dir, wanted)?;
        let test = folder::load_val(dir, wanted)?;
        let nothing = Arc::new(test.without_images(dir, wanted));
        Ok(Self {
            train: Part::whole("train", Arc::clone(&nothing)),
            judge: Part::whole("judge", nothing),
            test: Part::whole("test", Arc::new(test)),
            normalisation: Normalisation::imagenet(wanted.channels),
        })
    }

    /// Whether images are decoded from files, and so are of any size.
    #[must_use]
    pub fn is_decoded(&self) -> bool {
        self.train.set.pixels().is_none()
    }

    /// Whether a list says the classes of the test images, which lie in no class folders.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.test.set.is_listed()
    }

    /// What to say of images in forms that are not read, a line a part.
    pub fn passed_over(&self) -> impl Iterator<Item = String> {
        let sets = [&self.train.set, &self.test.set];
        sets.into_iter().filter_map(|set| set.passed_over())
    }

    /// The images that turned out to be unreadable so far.
    #[must_use]
    pub fn broken(&self) -> BrokenImages {
        let texts = |part: &Part| -> Vec<String> {
            let all = part.set.broken.all().into_iter();
            all.map(|(_, text)| text).collect()
        };
        let (train, test) = (texts(&self.train), texts(&self.test));
        BrokenImages {
            images: train.len() + test.len(),
            train,
            test,
        }
    }

    /// The training images that turned out to be unreadable so far: number and what is wrong.
    #[must_use]
    pub fn broken_to_train(&self) -> Vec<(usize, String)> {
        self.train.set.broken.all()
    }

    /// Takes over what [`Data::broken_to_train`] gave, as images that were told of before.
    pub fn recall_broken(&self, known: Vec<(usize, String)>) {
        self.train.set.recall_broken(known);
    }
}

fn known_input(dir: &Path, wanted: &Wanted) -> Result<(), DataError> {
    known_channels(wanted.channels)
        .map_err(|what| DataError::new(dir, format!("the space's input {what}")))
}

/// Whether `dir` holds packs.
fn is_packed(dir: &Path) -> bool {
    [pack::TRAIN, pack::VAL]
        .iter()
        .any(|name| dir.join(name).is_file())
}

/// Whether `dir` holds image folders to test on, and nothing to train on.
fn is_val_alone(dir: &Path) -> bool {
    dir.join("val").is_dir() && !is_packed(dir) && Source::of(dir).is_none()
}

/// The training and the test images of `dir`, in whichever form it holds them.
fn sets(dir: &Path, wanted: &Wanted) -> Result<(Dataset, Dataset), DataError> {
    if is_packed(dir) {
        return pack::load(dir, wanted);
    }
    if let Some(source) = Source::of(dir) {
        return source.load(wanted);
    }
    let mut entries = std::fs::read_dir(dir)
        .map_err(|error| DataError::new(dir, format!("the data folder cannot be read: {error}")))?;
    if entries.next().is_none() {
        return Err(DataError::new(dir, "the data folder is empty"));
    }
    if dir.join("val").is_dir() {
        let what = "holds `val/` but no `train/`, which is enough for a test only: training images lie in `train/CLASS/…`";
        return Err(DataError::new(dir, what));
    }
    cifar::load(dir, wanted.classes).unwrap_or_else(|| mnist::load(dir, wanted.classes))
}

/// Refuses channels that no image has; what is wrong, as the end of a sentence.
fn known_channels(channels: usize) -> Result<(), String> {
    match channels {
        1 | 3 => Ok(()),
        _ => Err(format!(
            "has {channels} channels: images have 1 (grey) or 3 (colour)"
        )),
    }
}

/// Grey images are not silently copied into three channels: a first convolution
/// three times as wide would then be searched, costed and trained for nothing.
fn require_channels(dir: &Path, set: &Dataset, channels: usize) -> Result<(), DataError> {
    if set.channels == channels {
        return Ok(());
    }
    let what = format!(
        "its images have {} channel(s), the space's input has {channels}; \
         write `input image(channels = {}, …)` in the space",
        set.channels, set.channels
    );
    Err(DataError::new(dir, what))
}

#[cfg(test)]
mod tests;
