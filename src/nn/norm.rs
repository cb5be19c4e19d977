//! Batch norm, and the places its statistics come from.

use creamc_lang::quantity::Ratio;
use creamc_lang::space::NormSettings;
use tch::{Kind, Tensor};

use super::Mode;
use super::init::Initial;

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
    pub fn new(width: i64, settings: NormSettings, initial: Initial) -> Norm {
        Norm {
            weight: initial.constant(width, 1.0).set_requires_grad(true),
            bias: initial.constant(width, 0.0).set_requires_grad(true),
            mean: initial.constant(width, 0.0),
            var: initial.constant(width, 1.0),
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

    /// The statistics of each group of `size` images.
    fn by_groups(&self, x: &Tensor, size: i64) -> Tensor {
        let (count, channels, height, width) = x.size4().expect("norms take images");
        assert!(
            size > 0 && count % size == 0,
            "a batch of {count} is no whole number of groups of {size}"
        );
        let groups = x.unflatten(0, [count / size, size]);
        let all_but_groups_and_channels = [1_i64, 3, 4];
        let mean = groups.mean_dim(all_but_groups_and_channels.as_slice(), true, None::<Kind>);
        let centred = groups - mean;
        let var =
            centred
                .square()
                .mean_dim(all_but_groups_and_channels.as_slice(), true, None::<Kind>);
        let of_channel = [1, 1, channels, 1, 1];
        let scale = (var + self.eps).rsqrt() * self.weight.view(of_channel);
        let out = centred * scale + self.bias.view(of_channel);
        out.view([count, channels, height, width])
    }
}

fn number(ratio: Ratio) -> f64 {
    ratio.numerator as f64 / ratio.denominator as f64
}
