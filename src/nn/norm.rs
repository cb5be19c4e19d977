//! Batch norm, and the places its statistics come from.

use creamc_lang::quantity::Ratio;
use creamc_lang::space::NormSettings;
use creamc_torch::group::ProcessGroup;
use creamc_torch::{LazyNorm, TorchError};
use tch::{Kind, Tensor};

use super::overall::{Overall, wide};
use super::source::Source;
use super::{Mode, Over};

/// Batch norm over `[N, C, H, W]` with its four tensors, all `[C]`.
#[derive(Debug)]
pub struct Norm {
    pub weight: Tensor,
    pub bias: Tensor,
    pub mean: Tensor,
    pub var: Tensor,
    eps: f64,
    momentum: f64,
}

impl Norm {
    /// `name` is its full name, which its tensors are found by.
    pub fn new(width: i64, settings: NormSettings, name: &str, source: Source) -> Norm {
        let constant = |part, value| source.constant(&format!("{name}.{part}"), width, value);
        Norm {
            weight: constant("weight", 1.0).set_requires_grad(true),
            bias: constant("bias", 0.0).set_requires_grad(true),
            mean: constant("running_mean", 0.0),
            var: constant("running_var", 1.0),
            eps: number(settings.eps),
            momentum: number(settings.momentum),
        }
    }

    pub fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        match mode {
            Mode::Train => self.by_batch(x, Some((&self.mean, &self.var)), self.momentum),
            Mode::Probe => self.by_batch(x, None, 0.0),
            Mode::ProbeGroups(size) => self.by_groups(x, size),
            Mode::Eval => self.by_given(x, &self.mean, &self.var),
        }
    }

    /// As [`Norm::forward`], with a batch's statistics over these images.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn forward_over(&self, x: &Tensor, mode: Mode, over: Over) -> Result<Tensor, TorchError> {
        match (over, mode) {
            (Over::All(group), Mode::Train) => {
                let (y, overall) = self.by_all(x, group)?;
                overall.moves((&self.mean, &self.var), self.momentum);
                Ok(y)
            }
            (Over::All(group), Mode::Probe) => Ok(self.by_all(x, group)?.0),
            (Over::Own, _) | (_, Mode::ProbeGroups(_) | Mode::Eval) => Ok(self.forward(x, mode)),
        }
    }

    /// The statistics of all ranks' batches as one.
    fn by_all(
        &self,
        x: &Tensor,
        group: &dyn ProcessGroup,
    ) -> Result<(Tensor, Overall), TorchError> {
        let overall = Overall::of(x, group)?;
        let channels = |tensor: &Tensor| tensor.view([1, -1, 1, 1]);
        let scale = &self.weight * (&overall.var + self.eps).rsqrt();
        let centred = wide(x) - channels(&overall.mean);
        let y = channels(&self.bias).addcmul(&centred, &channels(&scale));
        Ok((y.to_kind(x.kind()), overall))
    }

    /// The batch's statistics; those given move towards them by `momentum`
    /// (towards the variance over count − 1, as torch does).
    pub fn by_batch(&self, x: &Tensor, moved: Option<(&Tensor, &Tensor)>, momentum: f64) -> Tensor {
        let training = true;
        x.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            moved.map(|(mean, _)| mean),
            moved.map(|(_, var)| var),
            training,
            momentum,
            self.eps,
            true,
        )
    }

    /// Given statistics, left alone.
    pub fn by_given(&self, x: &Tensor, mean: &Tensor, var: &Tensor) -> Tensor {
        let training = false;
        x.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(mean),
            Some(var),
            training,
            0.0,
            self.eps,
            true,
        )
    }

    /// What it does but for its statistics, where no gradient is asked for.
    pub fn lazy(&self) -> LazyNorm<'_> {
        LazyNorm {
            weight: &self.weight,
            bias: &self.bias,
            eps: self.eps,
        }
    }

    /// A copy that takes no gradient.
    pub fn detached(&self) -> Norm {
        let copy = |tensor: &Tensor| tensor.detach().copy();
        Norm {
            weight: copy(&self.weight),
            bias: copy(&self.bias),
            mean: copy(&self.mean),
            var: copy(&self.var),
            ..*self
        }
    }

    /// What it does with its running statistics, as `scale · x + shift`; both `[C]`, in double precision.
    pub fn scale_and_shift(&self) -> (Tensor, Tensor) {
        let double = |tensor: &Tensor| tensor.detach().to_kind(Kind::Double);
        let scale = double(&self.weight) * (double(&self.var) + self.eps).rsqrt();
        let shift = double(&self.bias) - double(&self.mean) * &scale;
        (scale, shift)
    }

    /// The statistics of each group of `size` images: the fused norm once a group, which beats sums over
    /// the whole batch that torch does not fuse.
    fn by_groups(&self, x: &Tensor, size: i64) -> Tensor {
        let count = x.size()[0];
        assert!(
            size > 0 && count % size == 0,
            "a batch of {count} is no whole number of groups of {size}"
        );
        let groups = x.split(size, 0);
        let normed: Vec<Tensor> = groups
            .iter()
            .map(|group| self.by_batch(group, None, 0.0))
            .collect();
        Tensor::cat(&normed, 0)
    }
}

pub(super) fn number(ratio: Ratio) -> f64 {
    ratio.numerator as f64 / ratio.denominator as f64
}
