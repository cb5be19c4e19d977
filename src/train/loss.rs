//! Losses over logits `[N, classes]`; each is a scalar, the mean over the batch.

use tch::{Kind, Reduction, Tensor};

/// Where no class is to be ignored.
const IGNORE_NONE: i64 = -100;

/// Cross entropy against classes `[N]`, each label smoothed: `smoothing` of its
/// weight is spread evenly over all classes.
pub fn cross_entropy(logits: &Tensor, classes: &Tensor, smoothing: f64) -> Tensor {
    logits.cross_entropy_loss(
        classes,
        None::<&Tensor>,
        Reduction::Mean,
        IGNORE_NONE,
        smoothing,
    )
}

/// Cross entropy against a teacher's softmax: both are logits, no gradient
/// flows into the teacher.
pub fn soft_cross_entropy(logits: &Tensor, teacher: &Tensor) -> Tensor {
    let target = teacher.detach().softmax(-1, None::<Kind>);
    let each = target * logits.log_softmax(-1, None::<Kind>);
    -each
        .sum_dim_intlist([-1_i64].as_slice(), false, None::<Kind>)
        .mean(None::<Kind>)
}

/// How the teacher's loss KD and the labels' loss CE are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KdLoss {
    /// (ρ · KD + (2 − ρ) · CE) / 2: the total weight stays 1.
    #[default]
    Half,
    /// CE + ρ · KD.
    Sum,
}

/// The loss with a teacher that weighs `rho`, a number between 0 and 1 through
/// which no gradient flows.
pub fn distillation(kd: &Tensor, ce: &Tensor, rho: f64, form: KdLoss) -> Tensor {
    match form {
        KdLoss::Half => (kd * rho + ce * (2.0 - rho)) / 2.0,
        KdLoss::Sum => ce + kd * rho,
    }
}
