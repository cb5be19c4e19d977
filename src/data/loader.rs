//! Batches as tensors, prepared by background threads.

use std::path::PathBuf;
use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use super::augment::mixup;
use super::batch::{Gap, Pixels, Preparer};
use super::broken::Unreadable;
use super::parts::{balanced_batches, shard, shuffled_batches};
use super::prefetch::Prefetch;
use super::random::{Purpose, stream};
use super::{Augmentation, DataError, Dataset, Normalisation, Part, Size, evaluate};
use crate::config::MixSettings;

/// Images and labels, on the CPU.
#[derive(Debug)]
pub struct Batch {
    /// `[N, C, H, W]`, f32, channels-last in memory, normalised.
    pub images: Tensor,
    /// The class of each image, `[N]`, i64.
    pub labels: Tensor,
    /// The share of every image that is its own; the rest is of the image at its place in the
    /// reversed batch, and so are the labels. 1 where nothing is mixed.
    pub share: f64,
}

impl Batch {
    fn new(pixels: &Pixels, share: f64) -> Self {
        let [n, c, h, w] = pixels.shape.map(|length| length as i64);
        let images = Tensor::from_slice(&pixels.values)
            .view([n, h, w, c])
            .permute([0, 3, 1, 2]);
        Self {
            images,
            labels: Tensor::from_slice(&pixels.labels),
            share,
        }
    }

    /// The same batch on `device`; floats become `kind`. What lies in pinned memory may still be on its way: only later work
    /// of the device waits for it.
    #[must_use]
    pub fn to(&self, device: Device, kind: Kind) -> Self {
        Self {
            images: moved(&self.images, device).to_kind(kind),
            labels: moved(&self.labels, device),
            share: self.share,
        }
    }

    /// The same in pinned memory, as far as the system has any.
    fn pinned(self) -> Self {
        let pin = |tensor: Tensor| creamc_torch::pinned(&tensor).unwrap_or(tensor);
        Self {
            images: pin(self.images),
            labels: pin(self.labels),
            share: self.share,
        }
    }

    /// The number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.size()[0] as usize
    }

    /// Whether it holds no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The tensor on `device`. This thread does not wait for the copy where it need not: libtorch keeps pinned memory until it
/// is made, and copies other memory before it goes on.
fn moved(tensor: &Tensor, device: Device) -> Tensor {
    let (non_blocking, always_copy) = (device.is_cuda(), false);
    tensor.to_device_(device, tensor.kind(), non_blocking, always_copy)
}

/// Image files as a batch of images, `[N, C, H, W]`, f32, channels-last in memory, normalised:
/// exactly as [`Loader::in_order`] would give them.
///
/// # Errors
/// The network takes other channels than images have, 1 or 3; or a file cannot be read or is no JPEG or PNG: it is named.
pub fn evaluation_images(
    files: &[PathBuf],
    size: Size,
    crop_share: f64,
    normalisation: &Normalisation,
) -> Result<Tensor, DataError> {
    let pixels = evaluate::pixels(files, size, crop_share, normalisation)?;
    Ok(Batch::new(&pixels, 1.0).images)
}

/// Batches in order; an error where an image could not be read and may not be left out. What of a batch could not be
/// read is noted when the batch is taken, however far ahead it was prepared.
pub struct Batches {
    ahead: Prefetch<Result<(Batch, Unreadable), DataError>>,
    set: Arc<Dataset>,
}

impl Iterator for Batches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.ahead.next()?;
        Some(next.map(|(batch, broken)| {
            self.set.note(broken);
            batch
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ahead.size_hint()
    }
}

impl ExactSizeIterator for Batches {}

/// Which process of how many: each takes its own piece of every batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// This process, from 0.
    pub rank: usize,
    /// All processes.
    pub world: usize,
}

impl Shard {
    /// One process alone.
    pub const ALONE: Self = Self { rank: 0, world: 1 };
}

/// Batches waiting in front of the reader, for each worker.
const AHEAD: usize = 4;

/// A part of the data, ready to be read in batches.
#[derive(Debug, Clone)]
pub struct Loader {
    preparer: Preparer,
    seed: u64,
    workers: usize,
    mix: Option<MixSettings>,
    pins: bool,
}

/// How the batches of an epoch are mixed; the draws of a batch depend on its place alone.
#[derive(Debug, Clone, Copy)]
struct Mixer {
    how: MixSettings,
    seed: u64,
    epoch: u64,
    first: usize,
    shard: Shard,
}

impl Mixer {
    /// Mixes the batch that is read as number `at`; the share of every image that is its own.
    fn mix(&self, at: usize, pixels: &mut Pixels) -> f64 {
        let place = (self.first + at) * self.shard.world + self.shard.rank;
        let mut rng = stream(Purpose::Mix, self.seed, self.epoch, place as u64);
        mixup::mix(&mut pixels.values, pixels.shape, &self.how, &mut rng)
    }
}

impl Loader {
    /// Reads `part` through `augmentation`; `seed` keys order and augmentation, `workers`
    /// threads prepare (0: the reading thread). No result depends on `workers`.
    #[must_use]
    pub fn new(
        part: &Part,
        normalisation: &Normalisation,
        augmentation: Augmentation,
        seed: u64,
        workers: usize,
    ) -> Self {
        Self {
            preparer: Preparer::new(part, normalisation, augmentation, seed),
            seed,
            workers,
            mix: None,
            pins: false,
        }
    }

    /// The same, with the batches of an epoch mixed as `mix` says, each by one draw.
    #[must_use]
    pub fn mixing(self, mix: Option<MixSettings>) -> Self {
        Self { mix, ..self }
    }

    /// The same, with batches in pinned memory, which `device` copies from while this process goes on. Where it is no CUDA device,
    /// or that is not `wanted`, nothing changes; no pixel does.
    #[must_use]
    pub fn pinned_for(self, device: Device, wanted: bool) -> Self {
        let pins = wanted && device.is_cuda();
        Self { pins, ..self }
    }

    /// Reads `part` for evaluation: no augmentation.
    #[must_use]
    pub fn plain(part: &Part, normalisation: &Normalisation, seed: u64, workers: usize) -> Self {
        Self::new(part, normalisation, Augmentation::none(), seed, workers)
    }

    /// The set that the part is of.
    #[must_use]
    pub fn set(&self) -> &Dataset {
        &self.preparer.part().set
    }

    /// Training batches in an epoch of `batch` images for each of `world` processes; what is left over is dropped.
    #[must_use]
    pub fn steps_of(&self, batch: usize, world: usize) -> usize {
        self.preparer.part().len() / batch.saturating_mul(world)
    }

    /// The shuffled batches of `epoch` from batch `first` on (0 but when a run goes on).
    ///
    /// # Panics
    /// `batch` is 0.
    #[must_use]
    pub fn epoch(&self, batch: usize, epoch: u64, first: usize, shard_of: Shard) -> Batches {
        let whole = shuffled_batches(
            self.preparer.part(),
            batch * shard_of.world,
            self.seed,
            epoch,
        );
        let mut batches = shard(whole, shard_of.rank, shard_of.world);
        batches.drain(..first.min(batches.len()));
        let mix = self.mix.filter(|mix| mix.is_on(epoch));
        let mixer = mix.map(|how| Mixer {
            how,
            seed: self.seed,
            epoch,
            first,
            shard: shard_of,
        });
        self.prefetch(batches, epoch, Gap::Fill, mixer)
    }

    /// All images in fixed order; the last batch may be smaller. Images that cannot be
    /// read are left out: a batch may be empty.
    ///
    /// # Panics
    /// `batch` is 0.
    #[must_use]
    pub fn in_order(&self, batch: usize) -> Batches {
        self.dealt(batch, Shard::ALONE)
    }

    /// Of the batches of [`Loader::in_order`] those that are dealt to a process: whole ones in turn, the first to
    /// process 0.
    ///
    /// # Panics
    /// `batch` is 0.
    #[must_use]
    pub fn dealt(&self, batch: usize, to: Shard) -> Batches {
        let batches = self.preparer.part().batches(batch).into_iter();
        let own = batches.skip(to.rank).step_by(to.world).collect();
        self.prefetch(own, 0, Gap::Leave, None)
    }

    /// What to say where not one image of the part could be read.
    #[must_use]
    pub fn unreadable(&self) -> DataError {
        let part = self.preparer.part();
        let first = part.indices.first();
        let first = first.map_or_else(|| part.set.name.clone(), |&at| part.set.name_of(at));
        let what = format!(
            "neither it nor any other image of the {} part can be read",
            part.name
        );
        DataError::new(first.as_ref(), what)
    }

    /// The images of the part.
    #[must_use]
    pub fn images(&self) -> usize {
        self.preparer.part().len()
    }

    /// Shuffled, class-balanced batches to estimate norm statistics from; the same at every call.
    ///
    /// # Panics
    /// `batch` is 0.
    #[must_use]
    pub fn balanced(&self, images: usize, batch: usize) -> Batches {
        self.prefetch(
            balanced_batches(self.preparer.part(), images, batch, self.seed),
            0,
            Gap::Fill,
            None,
        )
    }

    fn prefetch(
        &self,
        batches: Vec<Vec<usize>>,
        epoch: u64,
        gap: Gap,
        mixer: Option<Mixer>,
    ) -> Batches {
        let preparer = self.preparer.clone();
        let set = Arc::clone(&preparer.part().set);
        let pins = self.pins;
        let ahead = Prefetch::new(batches.len(), self.workers, AHEAD, move |at| {
            let mut broken = Vec::new();
            let mut pixels = preparer.prepare_ahead(&batches[at], epoch, gap, &mut broken)?;
            let share = mixer.map_or(1.0, |mixer| mixer.mix(at, &mut pixels));
            let batch = Batch::new(&pixels, share);
            Ok((if pins { batch.pinned() } else { batch }, broken))
        });
        Batches { ahead, set }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AutoAugment, Interpolation};
    use crate::data::testing::part;
    use crate::data::{Crop, Erase, EraseMode, Variation};

    fn augmentation() -> Augmentation {
        Augmentation {
            crop: Crop::Pad(2),
            flip: 0.5,
            vary: None,
            erase: Some(Erase {
                probability: 0.5,
                mode: EraseMode::Pixel,
            }),
        }
    }

    fn loader(workers: usize) -> Loader {
        loader_with(augmentation(), workers)
    }

    fn loader_with(augmentation: Augmentation, workers: usize) -> Loader {
        let part = part(3, 20);
        let normalisation = Normalisation::of(&part).unwrap();
        Loader::new(&part, &normalisation, augmentation, 7, workers)
    }

    /// Pixels and labels of every batch.
    type Values = Vec<(Vec<f32>, Vec<i64>)>;

    fn values(batches: Batches) -> Values {
        batches
            .map(|batch| {
                let batch = batch.unwrap();
                let images = Vec::try_from(batch.images.contiguous().view([-1])).unwrap();
                (images, Vec::try_from(batch.labels).unwrap())
            })
            .collect()
    }

    #[test]
    fn pixels_are_equal_for_any_number_of_workers() {
        let alone = values(loader(0).epoch(8, 3, 0, Shard::ALONE));
        assert_eq!(alone.len(), 7);
        for workers in 1..4 {
            assert_eq!(values(loader(workers).epoch(8, 3, 0, Shard::ALONE)), alone);
        }
        assert_ne!(values(loader(1).epoch(8, 4, 0, Shard::ALONE)), alone);
    }

    #[test]
    fn varied_pixels_are_equal_for_any_number_of_workers() {
        let plain = values(loader(0).epoch(8, 3, 0, Shard::ALONE));
        let auto = |text| AutoAugment::read(text).unwrap();
        for vary in [
            Variation::Jitter(0.4),
            Variation::Auto(auto("rand-m9-mstd0.5-inc1-p1"), Interpolation::Random),
            Variation::Auto(auto("original-mstd0.5"), Interpolation::Random),
        ] {
            let how = Augmentation {
                vary: Some(vary),
                ..augmentation()
            };
            let of = |workers| {
                let loader = loader_with(how.clone(), workers);
                values(loader.epoch(8, 3, 0, Shard::ALONE))
            };
            let alone = of(0);
            assert_eq!(of(1), alone);
            assert_eq!(of(3), alone);
            assert_ne!(alone, plain);
        }
    }

    #[test]
    fn mixed_batches_depend_on_their_place_alone_and_end_with_the_last_mixing_epoch() {
        let mix = MixSettings {
            mixup: 0.3,
            cutmix: 1.0,
            off_epoch: 3,
        };
        let mixed = |workers| loader(workers).mixing(Some(mix));
        let whole = values(mixed(0).epoch(8, 3, 0, Shard::ALONE));
        assert_eq!(values(mixed(3).epoch(8, 3, 0, Shard::ALONE)), whole);
        assert_eq!(values(mixed(2).epoch(8, 3, 5, Shard::ALONE)), whole[5..]);
        let plain = values(loader(0).epoch(8, 3, 0, Shard::ALONE));
        assert!(
            whole
                .iter()
                .zip(&plain)
                .all(|(mixed, plain)| mixed.1 == plain.1)
        );
        assert_ne!(whole, plain);
        let after = |loader: Loader| values(loader.epoch(8, 4, 0, Shard::ALONE));
        assert_eq!(after(mixed(1)), after(loader(1)));
        assert_eq!(
            values(mixed(1).in_order(25)),
            values(loader(1).in_order(25))
        );
        let shares: Vec<f64> = mixed(1)
            .epoch(8, 3, 0, Shard::ALONE)
            .map(|batch| batch.unwrap().share)
            .collect();
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
        assert!(shares.iter().any(|&share| share != shares[0]), "{shares:?}");
    }

    #[test]
    fn a_batch_that_goes_on_in_the_middle_equals_the_rest_of_the_epoch() {
        let whole = values(loader(2).epoch(8, 3, 0, Shard::ALONE));
        assert_eq!(values(loader(2).epoch(8, 3, 5, Shard::ALONE)), whole[5..]);
    }

    #[test]
    fn two_processes_share_the_batches_of_one() {
        let whole = values(loader(1).epoch(8, 3, 0, Shard::ALONE));
        let of = |rank| values(loader(1).epoch(4, 3, 0, Shard { rank, world: 2 }));
        for ((one, two), both) in of(0).into_iter().zip(of(1)).zip(whole) {
            assert_eq!([one.0, two.0].concat(), both.0);
            assert_eq!([one.1, two.1].concat(), both.1);
        }
    }

    #[test]
    fn tensors_have_the_promised_shape_kind_and_layout() {
        let part = part(3, 20);
        let batch = Loader::plain(&part, &Normalisation::of(&part).unwrap(), 7, 1)
            .in_order(50)
            .next()
            .unwrap()
            .unwrap();
        assert_eq!(batch.images.size(), [50, 1, 3, 4]);
        assert_eq!(batch.images.kind(), Kind::Float);
        assert!(batch.images.permute([0, 2, 3, 1]).is_contiguous());
        assert_eq!(
            (batch.labels.size(), batch.labels.kind()),
            (vec![50], Kind::Int64)
        );
    }

    /// Batches of the epoch where `device` trains, whether they are pinned, and what arrives there.
    fn arrived(device: Device, wanted: bool) -> (Vec<bool>, Values) {
        let loader = loader(2).pinned_for(device, wanted);
        let batches: Vec<Batch> = loader
            .epoch(8, 3, 0, Shard::ALONE)
            .map(Result::unwrap)
            .collect();
        let pinned = batches.iter().map(|batch| {
            let both = [&batch.images, &batch.labels].map(creamc_torch::is_pinned);
            both.into_iter().all(Result::unwrap)
        });
        let there = batches.iter().map(|batch| {
            let there = batch.to(device, Kind::Float);
            assert_eq!(there.images.stride(), batch.images.stride());
            let images = there.images.contiguous().view([-1]);
            let labels = there.labels.to_device(Device::Cpu);
            let images = Vec::try_from(images.to_device(Device::Cpu)).unwrap();
            (images, Vec::try_from(labels).unwrap())
        });
        (pinned.collect(), there.collect())
    }

    #[test]
    fn pinned_batches_arrive_as_others_do_and_a_cpu_pins_nothing() {
        let expected = values(loader(1).epoch(8, 3, 0, Shard::ALONE));
        let devices = (0..creamc_torch::cuda_devices()).map(Device::Cuda);
        for device in [Device::Cpu].into_iter().chain(devices) {
            for wanted in [false, true] {
                let (pinned, there) = arrived(device, wanted);
                assert!(
                    pinned
                        .iter()
                        .all(|&one| one == (wanted && device.is_cuda()))
                );
                assert!(there == expected, "{device:?}");
            }
        }
    }

    #[test]
    fn evaluation_reads_every_image_once_in_order() {
        let part = part(3, 20);
        let normalisation = Normalisation::of(&part).unwrap();
        let read = values(Loader::plain(&part, &normalisation, 7, 2).in_order(25));
        assert_eq!(
            read.iter().map(|batch| batch.1.len()).collect::<Vec<_>>(),
            [25, 25, 10]
        );
        let table = &normalisation.table()[0];
        let pixels: Vec<f32> = read.iter().flat_map(|batch| batch.0.clone()).collect();
        let expected: Vec<f32> = part
            .set
            .pixels()
            .unwrap()
            .iter()
            .map(|&byte| table[usize::from(byte)])
            .collect();
        assert_eq!(pixels, expected);
    }

    #[test]
    fn batches_in_order_are_dealt_whole_and_each_once() {
        let whole = values(loader(1).in_order(25));
        for world in 1..6 {
            let of = |rank| values(loader(1).dealt(25, Shard { rank, world }));
            let dealt: Vec<_> = (0..world).map(of).collect();
            for (at, batch) in whole.iter().enumerate() {
                assert_eq!(dealt[at % world][at / world], *batch);
            }
            assert_eq!(dealt.iter().map(Vec::len).sum::<usize>(), whole.len());
        }
    }

    #[test]
    fn recalibration_batches_are_the_same_at_every_call() {
        let loader = loader(1);
        assert_eq!(
            values(loader.balanced(30, 15)),
            values(loader.balanced(30, 15))
        );
        assert_eq!(values(loader.balanced(30, 15)).len(), 2);
    }
}
