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

/// What mixed images are to be taken for, `[N, classes]`, f64: `share` of it is the image's own label
/// of `labels` `[N]`, the rest that of the image at its place in the reversed batch, both smoothed. Rows sum to 1.
pub fn mixed_targets(labels: &Tensor, classes: i64, smoothing: f64, share: f64) -> Tensor {
    let own = labels.one_hot(classes).to_kind(Kind::Double);
    let own = own * (1.0 - smoothing) + smoothing / classes as f64;
    &own * share + own.flip([0]) * (1.0 - share)
}

/// Cross entropy against targets `[N, classes]` of the logits' kind.
pub fn target_cross_entropy(logits: &Tensor, targets: &Tensor) -> Tensor {
    logits.cross_entropy_loss(targets, None::<&Tensor>, Reduction::Mean, IGNORE_NONE, 0.0)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Tensor {
        Tensor::from_slice(&[0_i64, 2, 1])
    }

    #[test]
    fn mixed_targets_sum_to_one_and_are_what_a_hand_computes() {
        let targets = mixed_targets(&labels(), 4, 0.1, 0.7);
        // 0.025 everywhere; the own label 0.9·0.7 more, that of the opposite 0.9·0.3 more.
        let expected = [
            [0.655, 0.295, 0.025, 0.025],
            [0.025, 0.025, 0.925, 0.025],
            [0.295, 0.655, 0.025, 0.025],
        ];
        let expected = Tensor::from_slice2(&expected);
        assert!(f64::try_from((&targets - expected).abs().max()).unwrap() < 1e-12);
        let sums = targets.sum_dim_intlist([1_i64].as_slice(), false, None::<Kind>);
        assert!(f64::try_from((sums - 1.0).abs().max()).unwrap() < 1e-12);
    }

    #[test]
    fn against_mixed_targets_the_loss_is_the_two_losses_by_their_shares() {
        let logits = Tensor::from_slice2(&[
            [0.5, -1.0, 2.0, 0.0],
            [1.5, 0.25, -0.5, 0.0],
            [-2.0, 0.75, 0.5, 1.0],
        ]);
        let loss = target_cross_entropy(&logits, &mixed_targets(&labels(), 4, 0.1, 0.7));
        let of = |labels: &Tensor| cross_entropy(&logits, labels, 0.1).double_value(&[]);
        let expected = 0.7 * of(&labels()) + 0.3 * of(&labels().flip([0]));
        assert!((loss.double_value(&[]) - expected).abs() < 1e-12);
    }
}
