//! How good paths are with the supernet's weights, on images kept for judging.
//!
//! A path's norm statistics are estimated anew first: those of the supernet are
//! a mixture over all paths that ever used a block. They lie in buffers of the
//! judge's own; the supernet is only read.

use creamc_lang::ir::Path;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Reduction, Tensor};

use super::trie::Trie;
use crate::data::{Batch, Data, DataError, Loader};
use crate::nn::Mode;
use crate::supernet::Supernet;
use crate::train::meter::{hits, numbers};

/// What a path got on the judge part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Mean cross entropy, without smoothing. What paths are picked by.
    pub loss: f64,
    /// Percent of images whose class had the highest logit.
    pub top1: f64,
}

/// Judges paths on one part of the data.
#[derive(Debug)]
pub struct Judge {
    train: Loader,
    judge: Loader,
    recal_images: usize,
    recal_batch: usize,
    batch: usize,
}

impl Judge {
    /// A judge that estimates norm statistics on `recal_images` training images,
    /// shuffled and class-balanced, as evaluation sees them, in batches of
    /// `recal_batch`, and reads the judge part in batches of `batch`.
    #[must_use]
    pub fn new(
        data: &Data,
        seed: u64,
        workers: usize,
        (recal_images, recal_batch): (usize, usize),
        batch: usize,
    ) -> Judge {
        let loader = |part| Loader::plain(part, &data.normalisation, seed, workers);
        Judge {
            train: loader(&data.train),
            judge: loader(&data.judge),
            recal_images,
            recal_batch,
            batch,
        }
    }

    /// The same, with batches that `device` copies from pinned memory where that is `wanted` ([`Loader::pinned_for`]).
    #[must_use]
    pub fn pinned_for(self, device: Device, wanted: bool) -> Judge {
        Judge {
            train: self.train.pinned_for(device, wanted),
            judge: self.judge.pinned_for(device, wanted),
            ..self
        }
    }

    /// Judges all paths, each batch once; equal to judging them one by one.
    ///
    /// # Errors
    /// When an image cannot be read and may not be left out, or none can be read.
    pub fn judge(&self, supernet: &Supernet, paths: &[Path]) -> Result<Vec<Judged>, DataError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut trie = Trie::new(supernet, paths);
        for batch in self.train.balanced(self.recal_images, self.recal_batch) {
            trie.measure(supernet, &on_device(&batch?, supernet).images);
        }
        let mut sums = Sums::new(paths.len());
        for batch in self.readable() {
            let batch = on_device(&batch?, supernet);
            sums.images += batch.len();
            trie.judge(supernet, &batch.images, &mut |path, logits| {
                sums.add(path, logits, &batch.labels);
            });
        }
        self.read(&sums)
    }

    /// Runs one path over the judge part with the supernet's running norm statistics, as the
    /// released code evaluates: a mixture over all paths that ever used a block.
    ///
    /// # Errors
    /// When an image cannot be read and may not be left out, or none can be read.
    pub fn evaluate(&self, supernet: &Supernet, path: &Path) -> Result<Judged, DataError> {
        let mut sums = Sums::new(1);
        for batch in self.readable() {
            let batch = batch?;
            sums.images += batch.len();
            let batch = on_device(&batch, supernet);
            let logits = tch::no_grad(|| supernet.forward(&batch.images, path, Mode::Eval));
            sums.add(0, &logits, &batch.labels);
        }
        Ok(self.read(&sums)?.swap_remove(0))
    }

    /// The batches of the judge part of which an image can be read.
    fn readable(&self) -> impl Iterator<Item = Result<Batch, DataError>> {
        let batches = self.judge.in_order(self.batch);
        batches.filter(|batch| !matches!(batch, Ok(batch) if batch.is_empty()))
    }

    fn read(&self, sums: &Sums) -> Result<Vec<Judged>, DataError> {
        match sums.images {
            0 => Err(self.judge.unreadable()),
            _ => Ok(sums.read()),
        }
    }
}

fn on_device(batch: &Batch, supernet: &Supernet) -> Batch {
    let place = supernet.place();
    batch.to(place.device, place.kind)
}

/// Loss and hits of every path so far, on the device.
struct Sums {
    losses: Vec<Tensor>,
    hits: Vec<Tensor>,
    images: usize,
}

impl Sums {
    fn new(paths: usize) -> Sums {
        let zeros = || (0..paths).map(|_| Tensor::from(0.0)).collect();
        Sums {
            losses: zeros(),
            hits: zeros(),
            images: 0,
        }
    }

    fn add(&mut self, path: usize, logits: &Tensor, classes: &Tensor) {
        let loss = logits.cross_entropy_loss(classes, None::<&Tensor>, Reduction::Sum, -100, 0.0);
        self.losses[path] = &self.losses[path] + loss.to_kind(Kind::Double);
        self.hits[path] = &self.hits[path] + hits(logits, classes, 1);
    }

    fn read(&self) -> Vec<Judged> {
        let images = self.images as f64;
        numbers(&self.losses)
            .into_iter()
            .zip(numbers(&self.hits))
            .map(|(loss, hits)| Judged {
                loss: loss / images,
                top1: 100.0 * hits / images,
            })
            .collect()
    }
}
