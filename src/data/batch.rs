//! A batch as plain numbers, laid out for channels-last tensors.

use rand::Rng;

use super::augment::{Size, write_image};
use super::random::{Purpose, stream};
use super::{Augmentation, Normalisation, Part};

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

/// Turns images of a part into batches; cheap to clone, shared by all workers.
#[derive(Debug, Clone)]
pub struct Preparer {
    part: Part,
    table: Vec<[f32; 256]>,
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
    /// for equal arguments, whichever thread asks.
    ///
    /// # Panics
    /// An index is not one of the set's.
    #[must_use]
    pub fn prepare(&self, indices: &[usize], epoch: u64) -> Pixels {
        let set = &self.part.set;
        let size = Size {
            channels: set.channels,
            height: set.height,
            width: set.width,
        };
        let mut values = vec![0.0; indices.len() * set.image_size()];
        for (&index, out) in indices
            .iter()
            .zip(values.chunks_exact_mut(set.image_size()))
        {
            let mut draws = self.draws(epoch, index);
            write_image(
                set.image(index),
                size,
                &self.table,
                &self.augmentation,
                &mut draws,
                out,
            );
        }
        let labels = indices
            .iter()
            .map(|&index| i64::from(set.labels[index]))
            .collect();
        let shape = [indices.len(), set.channels, set.height, set.width];
        Pixels {
            values,
            shape,
            labels,
        }
    }

    fn draws(&self, epoch: u64, index: usize) -> impl Rng + use<> {
        stream(Purpose::Augment, self.seed, epoch, index as u64)
    }
}
