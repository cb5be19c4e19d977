//! Training one network, a batch at a time.

use creamc_torch::{Sgd, TorchError};

use crate::childnet::Childnet;
use crate::data::Batch;
use crate::nn::Mode;
use crate::train::Schedule;
use crate::train::epoch::Measured;
use crate::train::loss::cross_entropy;
use crate::train::meter::hits;
use crate::train::sgd::{Momentum, gradients};

/// The numbers of a retraining step; the settings, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The learning rate.
    pub schedule: Schedule,
    /// Momentum (Nesterov).
    pub momentum: f64,
    /// Weight decay, on weights but not on biases and norms.
    pub weight_decay: f64,
    /// Label smoothing.
    pub smoothing: f64,
}

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
        let settings = Sgd {
            lr: recipe.schedule.lr(step),
            momentum: recipe.momentum,
            weight_decay: recipe.weight_decay,
            nesterov: true,
        };
        self.momentum.step(settings, &parameters, &gradients)?;
        Ok(Measured {
            loss: loss.detach(),
            hits: hits(&logits, &batch.labels, 1),
        })
    }
}
