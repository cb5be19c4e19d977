//! A step of the sandwich rule (Yu and Huang, *Universally Slimmable Networks and Improved Training
//! Techniques*, ICCV 2019, sections 3.1 and 3.2; BigNAS, ECCV 2020, section 3.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use creamc_lang::ir::Path;
use creamc_lang::plan::Plan;
use creamc_lang::space::Metric;
use tch::{Kind, Tensor};

use super::recipe::Recipe;
use super::step::{Learner, Moment, Stepped};
use crate::data::Batch;
use crate::nn::{Mode, NamedTensor};
use crate::ranks::RanksError;
use crate::train::Error;
use crate::train::loss::{cross_entropy, soft_cross_entropy};
use crate::train::meter::{Seen, hits};

/// The two ends of a space inside its bounds, by flops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The dearest path; it learns from the labels and teaches.
    pub largest: Path,
    /// The cheapest path.
    pub smallest: Path,
}

impl Ends {
    /// Those of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Ends {
        Ends {
            largest: plan.dearest(Metric::Flops).path,
            smallest: plan.cheapest(Metric::Flops).path,
        }
    }
}

/// Paths drawn beside the ends in each step.
pub const DRAWN: usize = 2;

/// Trains the two ends and the drawn paths on one batch, in one step of the optimiser. The
/// largest learns from the labels, the others from its softmax alone (in-place distillation).
/// Their gradients are added up, so that a block that one of them has is moved as in a step of
/// that path alone, and a block that all have four times as far.
///
/// The loss and the hits are the largest's.
///
/// # Errors
/// When libtorch refuses, or a rank is lost.
pub fn step(
    learner: &mut Learner,
    recipe: &Recipe,
    at: Moment,
    (ends, drawn): (&Ends, &[Path; DRAWN]),
    batch: &Batch,
) -> Result<Stepped, Error> {
    let mut sum = Sum::default();
    let logits = forward(learner, recipe, &ends.largest, batch)?;
    let loss = cross_entropy(&logits, &batch.labels, recipe.train.smoothing);
    let seen = Seen::of(&loss, &hits(&logits, &batch.labels, 1));
    seen.share(&learner.ranks, Vec::new())?.finish()?;
    sum.add(learner, &ends.largest, &loss)?;
    let taught = logits.detach().softmax(-1, None::<Kind>);
    for student in [&ends.smallest, &drawn[0], &drawn[1]] {
        let loss = soft_cross_entropy(&forward(learner, recipe, student, batch)?, &logits);
        sum.add(learner, student, &loss)?;
    }
    let (parameters, gradients) = sum.parts();
    let settings = recipe.train.sgd(at.step - 1);
    learner.momentum.step(settings, &parameters, &gradients)?;
    let (loss, hits) = seen.sums(&learner.ranks);
    Ok(Stepped {
        loss,
        hits,
        kept: taught,
    })
}

fn forward(
    learner: &mut Learner,
    recipe: &Recipe,
    path: &Path,
    batch: &Batch,
) -> Result<Tensor, RanksError> {
    learner.visits.count(path);
    learner.forward(recipe, &batch.images, path, Mode::Train)
}

/// Gradients added up over paths, by the parameters' names and, of those that paths have other slices of, by shapes.
#[derive(Default)]
struct Sum(BTreeMap<(Arc<str>, Vec<i64>), (NamedTensor, Tensor)>);

impl Sum {
    /// Adds the gradients of one path's loss, whose graph is used up, averaged over ranks, as its norm statistics are.
    fn add(&mut self, learner: &Learner, path: &Path, loss: &Tensor) -> Result<(), Error> {
        let parameters = learner.supernet.parameters(path);
        let sharing = learner.ranks.share(&learner.supernet.buffers(path))?;
        let gradients = learner.ranks.gradients(loss, &parameters)?;
        sharing.finish()?;
        for (parameter, gradient) in parameters.into_iter().zip(gradients) {
            let key = (Arc::clone(&parameter.name), parameter.tensor.size());
            match self.0.get_mut(&key) {
                Some((_, sum)) => *sum = &*sum + gradient,
                None => {
                    self.0.insert(key, (parameter, gradient));
                }
            }
        }
        Ok(())
    }

    fn parts(self) -> (Vec<NamedTensor>, Vec<Tensor>) {
        self.0.into_values().unzip()
    }
}
