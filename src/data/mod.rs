//! Image sets: from the files of a folder to batches.
//!
//! In goes a folder in the form of MNIST and its relatives; out come three
//! parts that share no image: *train* (what weights and norm statistics are made
//! from), *judge* (class-balanced, taken from the training files; what paths are
//! scored by) and *test* (used once, for the number that is reported).
//!
//! Promises: every label names a class; every class has training images; all
//! images of a [`Data`] have the asked channels and resolution; which image is in
//! which part, the order of an epoch and every augmented pixel depend on the seed
//! alone, not on threads or time.

mod augment;
mod batch;
mod dataset;
mod idx;
#[cfg(feature = "torch")]
mod loader;
mod normalise;
mod parts;
mod prefetch;
mod random;
mod resize;
#[cfg(test)]
mod testing;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use augment::{Augmentation, Erase, EraseMode};
pub use batch::{Pixels, Preparer};
pub use dataset::{Dataset, load};
pub use idx::{Idx, read as read_idx};
#[cfg(feature = "torch")]
pub use loader::{Batch, Loader, Shard};
pub use normalise::Normalisation;
pub use parts::{Part, balanced_batches, shard, shuffled_batches};
pub use prefetch::Prefetch;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The space's classes.
    pub classes: usize,
    /// The channels of the space's input.
    pub channels: usize,
    /// The plan's resolution, in pixels; other images are resized once.
    pub resolution: usize,
    /// Judge images in all; rounded down to the same number a class. 0: no judge part.
    pub judge_images: usize,
    /// At most this many training images a class.
    pub images_per_class: Option<usize>,
    /// Decides which images judge and which are left out.
    pub seed: u64,
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
    /// Mean and deviation of the train part's pixels.
    pub normalisation: Normalisation,
}

impl Data {
    /// Reads the image set in `dir` and makes its three parts.
    ///
    /// # Errors
    /// A file is missing or bad (see [`load`]), the images do not have the
    /// space's channels, or a class has too few images for the judge part.
    pub fn load(dir: &Path, wanted: &Wanted) -> Result<Self, DataError> {
        let (train, test) = load(dir, wanted.classes)?;
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
