//! Norm statistics held outside a network: what a path is judged with.
//!
//! They start empty and become the mean over batches, each weighing the same,
//! of what the batches showed. The network's own statistics are never touched.

use tch::Tensor;

use super::Place;

/// Statistics of the batch norms of one block, in the order of its operators.
#[derive(Debug)]
pub struct BlockStatistics {
    pub(super) norms: Vec<Moments>,
    pub(super) batches: u32,
}

/// Mean and variance, each `[C]`.
#[derive(Debug)]
pub struct Moments {
    pub mean: Tensor,
    pub var: Tensor,
}

impl BlockStatistics {
    /// Nothing measured yet, for norms of these widths.
    pub(super) fn new(widths: impl Iterator<Item = i64>, place: Place) -> BlockStatistics {
        let options = (place.kind, place.device);
        let norms = widths.map(|width| Moments {
            mean: Tensor::zeros([width], options),
            var: Tensor::zeros([width], options),
        });
        BlockStatistics {
            norms: norms.collect(),
            batches: 0,
        }
    }

    /// Number of batches measured.
    pub fn batches(&self) -> u32 {
        self.batches
    }
}

/// Statistics of all blocks of a path, in order.
#[derive(Debug)]
pub struct Statistics {
    /// One entry a block.
    pub blocks: Vec<BlockStatistics>,
}
