//! Layer norm over the channels of each pixel by itself.

use creamc_lang::space::NormSettings;
use tch::{Kind, Tensor};

use super::norm::number;
use super::overall::wide;
use super::source::Source;

/// Layer norm over `[N, C, H, W]` with its two tensors, both `[C]`. It knows no batch: it does the
/// same in training and after.
#[derive(Debug)]
pub struct LayerNorm {
    pub weight: Tensor,
    pub bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    /// `name` is its full name, which its tensors are found by.
    pub fn new(width: i64, settings: NormSettings, name: &str, source: Source) -> LayerNorm {
        let constant = |part, value| source.constant(&format!("{name}.{part}"), width, value);
        LayerNorm {
            weight: constant("weight", 1.0).set_requires_grad(true),
            bias: constant("bias", 0.0).set_requires_grad(true),
            eps: number(settings.eps),
        }
    }

    /// In steps that have derivatives of every order; the meta update needs the second.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let channels = |tensor: &Tensor| tensor.view([1, -1, 1, 1]);
        let values = wide(x);
        let dims = [1_i64];
        let centred = &values - values.mean_dim(dims.as_slice(), true, None::<Kind>);
        let var = centred
            .square()
            .mean_dim(dims.as_slice(), true, None::<Kind>);
        let normed = centred * (var + self.eps).rsqrt();
        let y = channels(&self.bias).addcmul(&normed, &channels(&self.weight));
        y.to_kind(x.kind())
    }

    /// With copies of its tensors, without gradients.
    pub fn detached(&self) -> LayerNorm {
        LayerNorm {
            weight: self.weight.detach().copy(),
            bias: self.bias.detach().copy(),
            eps: self.eps,
        }
    }
}
