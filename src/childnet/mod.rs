//! Tensors for one network: what is retrained, tested, exported.
//!
//! Tensors are named `ROW.BLOCK.PART`: `s1.0.conv_pw.weight`.

use std::collections::BTreeMap;

use creamc_lang::ir::{Network, Path};
use tch::Tensor;

use crate::nn::{Block, Initial, Mode, NamedTensor, Place, WeightsError, copy_into};
use crate::supernet::Supernet;

/// One architecture with its weights.
#[derive(Debug)]
pub struct Childnet {
    blocks: Vec<Block>,
    place: Place,
}

impl Childnet {
    /// Builds a network; first values come from `seed`.
    pub fn new(network: &Network, place: Place, seed: u64) -> Childnet {
        let initial = Initial { seed, place };
        let blocks = network.layers.iter().map(|layer| {
            let prefix = format!("{}.{}", layer.row, layer.block);
            Block::new(&prefix, &layer.ops, network.norm, initial)
        });
        Childnet {
            blocks: blocks.collect(),
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
        self.blocks
            .iter()
            .fold(self.place.images(images), |x, block| {
                block.forward(&x, mode)
            })
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
