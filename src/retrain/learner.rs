//! Training one network, a batch at a time.

use creamc_torch::TorchError;

use crate::childnet::Childnet;
use crate::data::Batch;
use crate::nn::Mode;
use crate::train::Recipe;
use crate::train::epoch::Measured;
use crate::train::loss::cross_entropy;
use crate::train::meter::hits;
use crate::train::sgd::{Momentum, gradients};

/// A network and what its training moves.
#[derive(Debug)]
pub struct Learner {
    /// The network.
    pub childnet: Childnet,
    momentum: Momentum,
}

impl Learner {
    /// A network that has not been trained.
    #[must_use]
    pub fn new(childnet: Childnet) -> Learner {
        Learner {
            childnet,
            momentum: Momentum::default(),
        }
    }

    /// Trains on one batch, the step counted from 0 over the whole run.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn step(
        &mut self,
        recipe: &Recipe,
        step: u64,
        batch: &Batch,
    ) -> Result<Measured, TorchError> {
        let logits = self.childnet.forward(&batch.images, Mode::Train);
        let loss = cross_entropy(&logits, &batch.labels, recipe.smoothing);
        let parameters = self.childnet.parameters();
        let gradients = gradients(&loss, &parameters);
        self.momentum
            .step(recipe.sgd(step), &parameters, &gradients)?;
        Ok(Measured {
            loss: loss.detach(),
            hits: hits(&logits, &batch.labels, 1),
        })
    }
}
