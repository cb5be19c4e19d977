//! A batch as plain numbers, laid out for channels-last tensors.

use rand::Rng;

use super::augment::Way;
use super::broken::Unreadable;
use super::random::{Purpose, stream};
use super::resize::Scaler;
use super::{Augmentation, DataError, Normalisation, Part};

/// Images and labels of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels {
    /// `[N, H, W, C]`: the memory order of a channels-last `[N, C, H, W]` tensor.
    pub values: Vec<f32>,
    /// `[N, C, H, W]`.
    pub shape: [usize; 4],
    /// The class of each image, `[N]`.
    pub labels: Vec<i64>,
}

/// What becomes of an image that cannot be read (see `DATASET.STRICT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The next image of its class in the part takes its place: batches stay full.
    Fill,
    /// Its batch is smaller, and may be empty: no image is seen twice.
    Leave,
}

/// Turns images of a part into batches; cheap to clone, shared by all workers.
#[derive(Debug, Clone)]
pub struct Preparer {
    part: Part,
    table: Vec<[f32; 256]>,
    mean: Vec<u8>,
    augmentation: Augmentation,
    seed: u64,
}

impl Preparer {
    /// Batches of `part`'s images, normalised and augmented; `seed` keys the augmentation.
    #[must_use]
    pub fn new(
        part: &Part,
        normalisation: &Normalisation,
        augmentation: Augmentation,
        seed: u64,
    ) -> Self {
        Self {
            part: part.clone(),
            table: normalisation.table(),
            mean: normalisation.mean_colour(),
            augmentation,
            seed,
        }
    }

    /// The part whose images it prepares.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// The images `indices`, augmented by draws keyed by (seed, epoch, index): equal
    /// for equal arguments, whichever thread asks. Images that cannot be read are noted.
    ///
    /// # Errors
    /// An image cannot be read and the set is strict, or no image of its class can be read where gaps are
    /// filled. Where they are left, a batch may have no image.
    ///
    /// # Panics
    /// An index is not one of the set's.
    pub fn prepare(&self, indices: &[usize], epoch: u64, gap: Gap) -> Result<Pixels, DataError> {
        let mut broken = Vec::new();
        let pixels = self.prepare_ahead(indices, epoch, gap, &mut broken);
        self.part.set.note(broken);
        pixels
    }

    /// As [`Preparer::prepare`]; what cannot be read is only added to `broken`, for whoever takes the images to note.
    ///
    /// # Errors
    /// As [`Preparer::prepare`].
    pub(super) fn prepare_ahead(
        &self,
        indices: &[usize],
        epoch: u64,
        gap: Gap,
        broken: &mut Unreadable,
    ) -> Result<Pixels, DataError> {
        let set = &self.part.set;
        let length = set.size().len();
        let way = Way {
            size: set.size(),
            crop_share: set.crop_share,
            table: &self.table,
            mean: &self.mean,
            how: &self.augmentation,
        };
        let mut scaler = Scaler::default();
        let mut values = vec![0.0; indices.len() * length];
        let mut labels = Vec::with_capacity(indices.len());
        for &index in indices {
            let out = &mut values[labels.len() * length..][..length];
            let write = |read: usize| {
                let image = set.fetch(read)?;
                let image = image.open(set.channels)?;
                way.write(image, &mut self.draws(epoch, index), &mut scaler, out)
            };
            if let Some(read) = self.first_readable(index, gap, broken, write)? {
                labels.push(i64::from(set.labels[read]));
            }
        }
        values.truncate(labels.len() * length);
        let shape = [labels.len(), set.channels, set.height, set.width];
        Ok(Pixels {
            values,
            shape,
            labels,
        })
    }

    /// Image `index`, or the one that takes its place: the first that `write` can read.
    fn first_readable(
        &self,
        index: usize,
        gap: Gap,
        broken: &mut Unreadable,
        mut write: impl FnMut(usize) -> Result<(), String>,
    ) -> Result<Option<usize>, DataError> {
        let mut is_written = |image: usize| match write(image) {
            Ok(()) => Ok(true),
            Err(what) => self.note(image, &what, broken).map(|()| false),
        };
        if is_written(index)? {
            return Ok(Some(index));
        }
        if gap == Gap::Leave {
            return Ok(None);
        }
        for other in self.part.after(index) {
            if is_written(other)? {
                return Ok(Some(other));
            }
        }
        let set = &self.part.set;
        let what = format!(
            "no image of class {} in the {} part can be read",
            set.labels[index], self.part.name
        );
        Err(DataError::new(set.name_of(index).as_ref(), what))
    }

    /// An image that cannot be read is added to `broken`, or an error where the set is strict.
    fn note(&self, index: usize, what: &str, broken: &mut Unreadable) -> Result<(), DataError> {
        let set = &self.part.set;
        let name = set.name_of(index);
        if set.broken.strict {
            let what = format!("{what}; replace or remove it, or set `DATASET.STRICT` to False");
            return Err(DataError::new(name.as_ref(), what));
        }
        broken.push((index, format!("{name}: {what}")));
        Ok(())
    }

    fn draws(&self, epoch: u64, index: usize) -> impl Rng + use<> {
        stream(Purpose::Augment, self.seed, epoch, index as u64)
    }
}
