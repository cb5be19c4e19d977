//! Tensors for every candidate of a space; a forward takes the path to follow.
//!
//! Tensors are named `ROW.BLOCK.CANDIDATE.PART`: `s1.0.3.conv_pw.weight`; those that several candidates share
//! after their group, `s1.0.ir.conv_pw.weight` ([`Sharing`]). A candidate's own tensors are slices of what is
//! stored, in the same memory, so that a step on them moves nothing else. There
//! is no current architecture: two forwards on two paths do not know of each
//! other.

mod sharing;

use std::collections::BTreeMap;

use creamc_lang::ir::{Ir, Path, Slot};
use creamc_lang::space::NormSettings;
use creamc_torch::TorchError;
use tch::Tensor;

use crate::nn::{
    Block, Initial, Mode, NamedTensor, Over, Place, Statistics, Stored, WeightsError, copy_into,
};

pub use sharing::{Group, Sharing};

/// The weight-sharing network of a space.
#[derive(Debug)]
pub struct Supernet {
    /// `[row][block][candidate]`
    blocks: Vec<Vec<Vec<Block>>>,
    /// What the candidates' tensors are slices of.
    stored: Vec<Stored>,
    place: Place,
}

impl Supernet {
    /// Builds all candidates with weights of their own; first values come from `seed`.
    pub fn new(ir: &Ir, place: Place, seed: u64) -> Supernet {
        Supernet::sharing(ir, Sharing::Independent, place, seed)
    }

    /// Builds all candidates, which share their weights as `sharing` says; first values come from `seed`.
    pub fn sharing(ir: &Ir, sharing: Sharing, place: Place, seed: u64) -> Supernet {
        let mut builder = Builder {
            sharing,
            norm: ir.norm,
            initial: Initial { seed, place },
            stored: Vec::new(),
        };
        let blocks = ir.rows.iter().map(|row| {
            let slots = row.slots.iter().enumerate();
            slots
                .map(|(block, slot)| builder.slot(&row.name, block, slot))
                .collect()
        });
        Supernet {
            blocks: blocks.collect(),
            stored: builder.stored,
            place,
        }
    }

    /// Kind and device of all tensors.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Runs a path: images `[N, C, H, W]` to logits `[N, classes]`. A path that decides its resolution sees the
    /// images at that ([`Place::images_at`]).
    ///
    /// # Panics
    /// When the path is not one of this space, or the images are not of its size.
    pub fn forward(&self, images: &Tensor, path: &Path, mode: Mode) -> Tensor {
        self.along(path)
            .fold(self.images(images, path), |x, block| {
                block.forward(&x, mode)
            })
    }

    /// As [`Supernet::forward`], with a batch's norm statistics over these images.
    ///
    /// # Errors
    /// When a rank is lost.
    ///
    /// # Panics
    /// As [`Supernet::forward`].
    pub fn forward_over(
        &self,
        images: &Tensor,
        path: &Path,
        mode: Mode,
        over: Over,
    ) -> Result<Tensor, TorchError> {
        self.along(path)
            .try_fold(self.images(images, path), |x, block| {
                block.forward_over(&x, mode, over, 0.0)
            })
    }

    /// One candidate's block, for walks that share what paths have in common.
    ///
    /// # Panics
    /// When there is no such candidate.
    pub fn block(&self, row: usize, block: usize, candidate: usize) -> &Block {
        &self.blocks[row][block][candidate]
    }

    /// The trainable tensors of a path, in the order of its blocks and their operators: slices of
    /// [`Supernet::tensors`], under the same names.
    pub fn parameters(&self, path: &Path) -> Vec<NamedTensor> {
        self.along(path)
            .flat_map(|block| block.parameters().iter().cloned())
            .collect()
    }

    /// The running norm statistics of a path.
    pub fn buffers(&self, path: &Path) -> Vec<Tensor> {
        let buffers = self.along(path).flat_map(|block| block.buffers().iter());
        buffers.map(|one| one.tensor.shallow_clone()).collect()
    }

    /// Every tensor that is stored: parameters and running statistics.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let stored = self.stored.iter();
        stored
            .flat_map(|stored| stored.parameters().iter().chain(stored.buffers()).cloned())
            .collect()
    }

    /// Takes over tensors by their names.
    ///
    /// # Errors
    /// When they are not exactly this supernet's; nothing has changed then.
    pub fn load(&self, tensors: &BTreeMap<String, Tensor>) -> Result<(), WeightsError> {
        copy_into(&self.tensors(), tensors)
    }

    /// Empty outside statistics for a path.
    pub fn statistics(&self, path: &Path) -> Statistics {
        Statistics {
            blocks: self.along(path).map(Block::statistics).collect(),
        }
    }

    /// Runs a path with the batch's norm statistics and adds them to `statistics`.
    pub fn measure(&self, images: &Tensor, path: &Path, statistics: &mut Statistics) -> Tensor {
        self.along(path)
            .zip(&mut statistics.blocks)
            .fold(self.images(images, path), |x, (block, statistics)| {
                block.measure(&x, statistics)
            })
    }

    /// Runs a path with outside norm statistics.
    pub fn judge(&self, images: &Tensor, path: &Path, statistics: &Statistics) -> Tensor {
        self.along(path)
            .zip(&statistics.blocks)
            .fold(self.images(images, path), |x, (block, statistics)| {
                block.judge(&x, statistics)
            })
    }

    /// Images here, as a path sees them.
    fn images(&self, images: &Tensor, path: &Path) -> Tensor {
        self.place.images_at(images, path.resolution)
    }

    /// The blocks of a path, in order.
    fn along<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Block> {
        path.blocks()
            .map(|(row, block, candidate)| self.block(row, block, candidate))
    }
}

struct Builder {
    sharing: Sharing,
    norm: NormSettings,
    initial: Initial,
    stored: Vec<Stored>,
}

impl Builder {
    /// A block for each candidate of a slot.
    fn slot(&mut self, row: &str, block: usize, slot: &Slot) -> Vec<Block> {
        let mut blocks: Vec<(usize, Block)> = Vec::with_capacity(slot.candidates.len());
        for group in self.sharing.groups(slot) {
            let prefix = sharing::prefix(row, block, &group);
            let members = group.candidates.iter();
            let members = members.map(|&candidate| (candidate, &*slot.candidates[candidate].ops));
            let ops = members.clone().map(|(_, ops)| ops);
            let stored = Stored::new(&prefix, ops, self.norm, self.initial);
            blocks.extend(members.map(|(at, ops)| (at, stored.block(&prefix, ops, self.norm))));
            self.stored.push(stored);
        }
        blocks.sort_by_key(|(candidate, _)| *candidate);
        blocks.into_iter().map(|(_, block)| block).collect()
    }
}
