//! The released code's meta update: a real step towards the teacher, then a step along a second-order
//! gradient that flows through the first parameter tensor alone.

use creamc_lang::ir::Path;
use creamc_torch::{TorchError, unwatched};
use tch::{Kind, Tensor};

use super::step::teacher_logits;
use super::teacher::choose;
use crate::data::Batch;
use crate::nn::{Mode, NamedTensor};
use crate::search::recipe::{PickMethod, Recipe};
use crate::search::step::{Learner, Moment};
use crate::train::loss::{cross_entropy, soft_cross_entropy};
use crate::train::sgd::gradients;

/// Gradients are clipped to this norm, those of the weights too.
const CLIP: f64 = 1.0;

/// Moves the student's weights by the teacher's loss on the first SLICE images, and then them and the
/// meta layer by what the labels' loss on the next SLICE images says of that step.
///
/// # Errors
/// When libtorch refuses.
pub fn update(
    learner: &mut Learner,
    recipe: &Recipe,
    at: Moment,
    student: &Path,
    batch: &Batch,
) -> Result<(), TorchError> {
    let half = |tensor: &Tensor, at: i64| tensor.narrow(0, at * recipe.slice, recipe.slice);
    let entries = learner.board.entries();
    let choice = choose(
        &learner.supernet,
        student,
        entries,
        &learner.meta,
        recipe.pick,
    );
    let images = half(&batch.images, 0);
    let theirs = teacher_logits(&learner.supernet, &images, &choice.teacher);
    let logits = learner.supernet.forward(&images, student, Mode::Train);
    let kd = soft_cross_entropy(&logits, &theirs) * &choice.rho;
    let parameters = learner.supernet.parameters(student);
    let first = with_graph(&kd, &parameters);

    // As the optimisers of its day, past autograd's own count of changes: the graph of the first
    // gradient then sees the moved weights.
    let moving: Vec<NamedTensor> = parameters
        .iter()
        .map(past_autograd)
        .collect::<Result<_, _>>()?;
    let sgd = recipe.train.sgd(at.step - 1);
    let clipped = clip(&first);
    learner.momentum.step(sgd, &moving, &clipped)?;

    let logits = learner
        .supernet
        .forward(&half(&batch.images, 1), student, Mode::Train);
    let held_out = cross_entropy(&logits, &half(&batch.labels, 1), recipe.train.smoothing);
    let validation = gradients(&held_out, &parameters).swap_remove(0);
    // The simulated step w − META_LR·g of the first tensor alone, weighed by its held-out gradient.
    let rate = recipe.meta_rate(at);
    let simulated = &parameters[0].tensor - &first[0] * rate;
    let along = (simulated * validation.detach()).sum(None::<Kind>);
    let mut all = parameters.clone();
    if recipe.pick == PickMethod::Meta {
        all.extend(learner.meta.parameters());
    }
    let mut second = clip(&gradients(&along, &all));
    let of_meta = second.split_off(parameters.len());
    learner.momentum.step(sgd, &moving, &second)?;
    match of_meta.is_empty() {
        true => Ok(()),
        false => learner.meta.step_along(&of_meta, rate),
    }
}

/// Gradients that have gradients.
fn with_graph(loss: &Tensor, parameters: &[NamedTensor]) -> Vec<Tensor> {
    let inputs: Vec<&Tensor> = parameters.iter().map(|own| &own.tensor).collect();
    let (keep_graph, create_graph) = (true, true);
    Tensor::run_backward(&[loss], &inputs, keep_graph, create_graph)
}

/// The same numbers in memory, whose changes autograd does not see.
fn past_autograd(parameter: &NamedTensor) -> Result<NamedTensor, TorchError> {
    Ok(NamedTensor {
        name: parameter.name.clone(),
        tensor: unwatched(&parameter.tensor)?,
    })
}

/// All of them together scaled to norm 1 where they are longer.
fn clip(gradients: &[Tensor]) -> Vec<Tensor> {
    let gradients: Vec<Tensor> = gradients.iter().map(Tensor::detach).collect();
    let squares: Vec<Tensor> = gradients
        .iter()
        .map(|gradient| gradient.square().sum(None::<Kind>))
        .collect();
    let norm = Tensor::stack(&squares, 0).sum(None::<Kind>).sqrt();
    let factor = (CLIP / (norm + 1e-6)).clamp_max(1.0);
    gradients
        .iter()
        .map(|gradient| gradient * &factor)
        .collect()
}
