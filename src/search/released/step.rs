//! The released code's training step.

use creamc_lang::ir::Path;
use tch::{Kind, Tensor};

use super::meta;
use super::teacher::{Choice, choose};
use crate::data::Batch;
use crate::nn::{Mode, NamedTensor};
use crate::search::recipe::{PickMethod, Recipe};
use crate::search::step::{Learner, Moment, Stepped};
use crate::supernet::Supernet;
use crate::train::Error;
use crate::train::loss::{KdLoss, cross_entropy, soft_cross_entropy};
use crate::train::meter::{Seen, hits};

/// Trains `student` on one batch. Beside the paper's step: the meta update moves the weights,
/// choosing and teaching move running norm statistics, and the training loss moves the meta layer.
///
/// # Errors
/// When libtorch refuses.
pub fn step(
    learner: &mut Learner,
    recipe: &Recipe,
    at: Moment,
    student: &Path,
    batch: &Batch,
) -> Result<Stepped, Error> {
    let taught = Learner::prioritises(recipe, at) && !learner.board.is_empty();
    if taught && updates_meta(recipe, at) {
        meta::update(learner, recipe, at, student, batch)?;
    }
    let teacher = taught.then(|| {
        let entries = learner.board.entries();
        choose(
            &learner.supernet,
            student,
            entries,
            &learner.meta,
            recipe.pick,
        )
    });
    let logits = learner
        .supernet
        .forward(&batch.images, student, Mode::Train);
    let ce = cross_entropy(&logits, &batch.labels, recipe.train.smoothing);
    let (loss, kept) = match &teacher {
        None => (ce, logits.detach()),
        Some(choice) => {
            let theirs = teacher_logits(&learner.supernet, &batch.images, &choice.teacher);
            let kd = soft_cross_entropy(&logits, &theirs);
            (joined(&kd, &ce, &choice.rho, recipe.kd_loss), theirs)
        }
    };
    let seen = Seen::of(&loss, &hits(&logits, &batch.labels, 1));
    follow(learner, recipe, at, student, &loss)?;
    // Not before: the backward pass refuses statistics that changed since the forward.
    let statistics = learner.supernet.buffers(student);
    seen.share(&learner.ranks, statistics)?.finish()?;
    if let Some(Choice { teacher, .. }) = &teacher {
        learner.count_lesson(teacher);
    }
    let (loss, hits) = seen.sums(&learner.ranks);
    Ok(Stepped {
        loss,
        hits,
        kept: kept.softmax(-1, None::<Kind>),
    })
}

/// Counts batches inside the epoch, from 0, and never the first: an epoch of fewer batches than
/// `UPDATE_ITER` has no meta update.
pub fn updates_meta(recipe: &Recipe, at: Moment) -> bool {
    let batch = (at.step - 1) % recipe.train.steps;
    batch > 0 && batch.is_multiple_of(recipe.update_every)
}

/// In training mode, so that the teacher's running norm statistics move; no gradient.
pub(super) fn teacher_logits(supernet: &Supernet, images: &Tensor, teacher: &Path) -> Tensor {
    tch::no_grad(|| supernet.forward(images, teacher, Mode::Train))
}

fn joined(kd: &Tensor, ce: &Tensor, rho: &Tensor, form: KdLoss) -> Tensor {
    match form {
        KdLoss::Half => (kd * rho + ce * (2.0 - rho)) / 2.0,
        KdLoss::Sum => ce + kd * rho,
    }
}

/// One optimiser step along the loss, for the student's weights and the meta layer alike. Its gradients are averaged over
/// ranks, as the wrapper of the original's model does for all that take part in the training loss.
fn follow(
    learner: &mut Learner,
    recipe: &Recipe,
    at: Moment,
    student: &Path,
    loss: &Tensor,
) -> Result<(), Error> {
    let parameters = learner.supernet.parameters(student);
    let reaches_meta = reaches(loss, learner, recipe, at);
    let mut all: Vec<NamedTensor> = parameters.clone();
    if reaches_meta {
        all.extend(learner.meta.parameters());
    }
    let mut found = learner.ranks.gradients(loss, &all)?;
    let of_meta = found.split_off(parameters.len());
    let sgd = recipe.train.sgd(at.step - 1);
    learner.momentum.step(sgd, &parameters, &found)?;
    if reaches_meta {
        learner.meta.step_along(&of_meta, recipe.meta_rate(at))?;
    }
    Ok(())
}

fn reaches(loss: &Tensor, learner: &Learner, recipe: &Recipe, at: Moment) -> bool {
    let taught = Learner::prioritises(recipe, at) && !learner.board.is_empty();
    loss.requires_grad() && taught && recipe.pick == PickMethod::Meta
}
