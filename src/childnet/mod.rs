//! Tensors for one network: what is retrained, tested, exported.
//!
//! Tensors are named `ROW.BLOCK.PART`: `s1.0.conv_pw.weight`.

mod inference;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use creamc_lang::ir::{Layer, Network, Path, Primitive};
use creamc_torch::TorchError;
use tch::Tensor;

use crate::nn::{Block, Initial, Mode, NamedTensor, Over, Place, WeightsError, copy_into};
use crate::supernet::Supernet;

pub use inference::Inference;

/// One architecture with its weights.
#[derive(Debug)]
pub struct Childnet {
    blocks: Vec<Block>,
    /// The blocks between the first and the pool, which have a path to drop.
    body: Range<usize>,
    /// The block that makes logits of features.
    classifier: Option<usize>,
    place: Place,
}

/// What training leaves out at random; both are shares below 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Drops {
    /// Features before the last linear layer.
    pub dropout: f64,
    /// Images that skip a residual block: 0 in the first, rising in a line over the blocks
    /// towards this share.
    pub path: f64,
}

impl Drops {
    /// Whether nothing is left out.
    #[must_use]
    pub fn are_none(self) -> bool {
        self == Drops::default()
    }
}

impl Childnet {
    /// Builds a network; first values come from `seed`.
    pub fn new(network: &Network, place: Place, seed: u64) -> Childnet {
        let initial = Initial { seed, place };
        let blocks = network.layers.iter().map(|layer| {
            let prefix = format!("{}.{}", layer.row, layer.block);
            Block::new(&prefix, &layer.ops, network.norm, initial)
        });
        let is_linear = |layer: &Layer| {
            let mut ops = layer.ops.iter();
            ops.any(|op| matches!(op.primitive, Primitive::Linear { .. }))
        };
        let first_linear = network.layers.iter().position(is_linear);
        let classifier = network.layers.iter().rposition(is_linear);
        // A squeeze pools too, inside a block: the head's pool is alone in its own.
        let pool = network.layers.iter().position(
            |layer| matches!(layer.ops.as_slice(), [op] if op.primitive.is_global_pool()),
        );
        let end = pool.or(first_linear).unwrap_or(network.layers.len());
        Childnet {
            blocks: blocks.collect(),
            body: 1..end.max(1),
            classifier,
            place,
        }
    }

    /// Builds the network of a supernet's path, with copies of its weights and statistics.
    ///
    /// # Panics
    /// When `network` is not the network of `path`.
    pub fn of_supernet(network: &Network, supernet: &Supernet, path: &Path) -> Childnet {
        let childnet = Childnet::new(network, supernet.place(), 0);
        assert_eq!(
            childnet.blocks.len(),
            path.blocks().count(),
            "the network is the path's"
        );
        tch::no_grad(|| {
            for (own, (row, block, candidate)) in childnet.blocks.iter().zip(path.blocks()) {
                let theirs = supernet.block(row, block, candidate);
                let pairs = own.parameters().iter().zip(theirs.parameters());
                for (own, theirs) in pairs.chain(own.buffers().iter().zip(theirs.buffers())) {
                    own.tensor.shallow_clone().copy_(&theirs.tensor);
                }
            }
        });
        childnet
    }

    /// Kind and device of all tensors.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Images `[N, C, H, W]` to logits `[N, classes]`.
    ///
    /// # Panics
    /// When the images are not of the network's size.
    pub fn forward(&self, images: &Tensor, mode: Mode) -> Tensor {
        let blocks = self.blocks.iter();
        blocks.fold(self.place.images(images), |x, block| {
            block.forward(&x, mode)
        })
    }

    /// Trains: [`Childnet::forward`] with something left out, drawn from libtorch's generator, and with norm statistics
    /// over these images.
    ///
    /// # Errors
    /// When a rank is lost.
    ///
    /// # Panics
    /// When the images are not of the network's size.
    pub fn forward_training(
        &self,
        images: &Tensor,
        drops: Drops,
        over: Over,
    ) -> Result<Tensor, TorchError> {
        let mut blocks = self.blocks.iter().enumerate();
        blocks.try_fold(self.place.images(images), |x, (at, block)| {
            let x = match self.classifier == Some(at) && drops.dropout > 0.0 {
                true => x.dropout(drops.dropout, true),
                false => x,
            };
            block.forward_over(&x, Mode::Train, over, drops.path * self.share(at))
        })
    }

    /// How far into the body a block lies, from 0 to below 1; 0 outside of it.
    fn share(&self, at: usize) -> f64 {
        match self.body.contains(&at) {
            true => (at - self.body.start) as f64 / self.body.len() as f64,
            false => 0.0,
        }
    }

    /// The blocks in order, as the network lists them.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The trainable tensors, in the order of the blocks and their operators.
    pub fn parameters(&self) -> Vec<NamedTensor> {
        self.blocks
            .iter()
            .flat_map(|block| block.parameters().iter().cloned())
            .collect()
    }

    /// The running norm statistics.
    pub fn buffers(&self) -> Vec<Tensor> {
        let buffers = self.blocks.iter().flat_map(|block| block.buffers().iter());
        buffers.map(|one| one.tensor.shallow_clone()).collect()
    }

    /// Every tensor: parameters and running statistics.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        self.blocks
            .iter()
            .flat_map(|block| block.parameters().iter().chain(block.buffers()).cloned())
            .collect()
    }

    /// Takes over tensors by their names.
    ///
    /// # Errors
    /// When they are not exactly this network's; nothing has changed then.
    pub fn load(&self, tensors: &BTreeMap<String, Tensor>) -> Result<(), WeightsError> {
        copy_into(&self.tensors(), tensors)
    }
}
