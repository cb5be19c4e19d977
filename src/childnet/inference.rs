//! A network that is done with training.

use tch::Tensor;

use super::Childnet;
use crate::nn::{FoldedBlock, Place};

/// A network with its norms folded into the convolutions, as it was when it was made, and on a CPU with
/// what follows a convolution done in the same pass: for testing, predicting and serving. Its logits are those of [`Childnet::forward`] in evaluation, up to rounding.
#[derive(Debug)]
pub struct Inference {
    blocks: Vec<FoldedBlock>,
    place: Place,
}

impl Inference {
    /// Copies what it needs of a network.
    #[must_use]
    pub fn of(childnet: &Childnet) -> Inference {
        let blocks = childnet.blocks().iter();
        Inference {
            blocks: tch::no_grad(|| blocks.map(crate::nn::Block::folded).collect()),
            place: childnet.place(),
        }
    }

    /// Kind and device of all tensors.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Images `[N, C, H, W]` to logits `[N, classes]`; no gradient is kept.
    ///
    /// # Panics
    /// When the images are not of the network's size.
    pub fn forward(&self, images: &Tensor) -> Tensor {
        let blocks = self.blocks.iter();
        let images = self.place.images(images);
        tch::no_grad(|| blocks.fold(images, |x, block| block.forward(&x)))
    }
}
