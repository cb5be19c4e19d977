//! Convolutions as oneDNN runs them fastest: for weights that do not change any more.

use std::ffi::CStr;

use tch::{Device, Kind, Tensor};

use crate::shim::{self, TorchError};

/// A convolution whose weights lie as oneDNN's kernels read them, and which does what follows it in the
/// same pass over its values.
#[derive(Debug)]
pub struct PackedConv {
    weight: Tensor,
    bias: Option<Tensor>,
    stride: i64,
    groups: i64,
}

/// An activation that a convolution does in the same pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fused {
    /// None.
    None,
    /// max(0, x)
    Relu,
    /// x·σ(x)
    Swish,
    /// x·hard σ(x)
    Hswish,
    /// σ(x)
    Sigmoid,
}

impl Fused {
    /// The operator's word for it.
    fn word(self) -> &'static CStr {
        match self {
            Fused::None => c"none",
            Fused::Relu => c"relu",
            Fused::Swish => c"swish",
            Fused::Hswish => c"hardswish",
            Fused::Sigmoid => c"sigmoid",
        }
    }
}

impl PackedConv {
    /// Whether weights like this one can be packed: 32-bit floats on a CPU, where libtorch has oneDNN.
    #[must_use]
    pub fn serves(weight: &Tensor) -> bool {
        // SAFETY: reads two switches of libtorch.
        let packs = unsafe { shim::shim_packs() };
        packs && weight.kind() == Kind::Float && weight.device() == Device::Cpu
    }

    /// Packs `weight`, `[out, in / groups, k, k]`, for inputs of the height and width of `input`, `[N, in, H, W]`. Inputs
    /// of other sizes give right values too, only slower.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn new(
        weight: &Tensor,
        bias: Option<&Tensor>,
        stride: i64,
        groups: i64,
        input: &Tensor,
    ) -> Result<PackedConv, TorchError> {
        let size = input
            .size4()
            .map_err(|error| TorchError(error.to_string()))?;
        let padding = weight.size()[2] / 2;
        // Of one image: how weights are packed must not depend on which batch comes first.
        let one = [1, size.1, size.2, size.3];
        let weight = shim::one_tensor(|output| {
            // SAFETY: the weight is live, which the shim only reads, and the size has four numbers.
            unsafe {
                let weight = shim::pointer(weight);
                shim::shim_pack(weight, stride, padding, groups, one.as_ptr(), output)
            }
        })?;
        Ok(PackedConv {
            weight,
            bias: bias.map(Tensor::shallow_clone),
            stride,
            groups,
        })
    }

    /// The convolution of `[N, in, H, W]` with so many pixels of zeros above and below, left and right, then `fused`;
    /// stored channels last. No gradient is kept.
    ///
    /// # Errors
    /// When the input has another number of channels.
    pub fn forward(
        &self,
        input: &Tensor,
        padding: [i64; 2],
        fused: Fused,
    ) -> Result<Tensor, TorchError> {
        shim::one_tensor(|output| {
            // SAFETY: all tensors are live for the call and only read; the word ends with a NUL.
            unsafe {
                shim::shim_packed_conv(
                    shim::pointer(input),
                    shim::pointer(&self.weight),
                    self.bias(),
                    self.stride,
                    padding.as_ptr(),
                    self.groups,
                    fused.word().as_ptr(),
                    output,
                )
            }
        })
    }

    /// `sum` and the convolution of `input` added. `sum` is taken over, because it may be written over.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn onto(
        &self,
        sum: &Tensor,
        input: &Tensor,
        padding: [i64; 2],
    ) -> Result<Tensor, TorchError> {
        shim::one_tensor(|output| {
            // SAFETY: all tensors are live for the call.
            unsafe {
                shim::shim_packed_conv_onto(
                    shim::pointer(sum),
                    shim::pointer(input),
                    shim::pointer(&self.weight),
                    self.bias(),
                    self.stride,
                    padding.as_ptr(),
                    self.groups,
                    output,
                )
            }
        })
    }

    fn bias(&self) -> *const std::ffi::c_void {
        self.bias.as_ref().map_or(std::ptr::null(), shim::pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(shape: &[i64]) -> Tensor {
        Tensor::randn(shape, (Kind::Float, Device::Cpu))
    }

    fn close(found: &Tensor, expected: &Tensor) {
        let difference = (found - expected).abs().max().double_value(&[]);
        assert!(difference < 1e-4, "{difference}");
        assert_eq!(found.size(), expected.size());
    }

    #[test]
    fn a_packed_convolution_gives_what_libtorchs_gives() {
        tch::manual_seed(3);
        for (groups, kernel, stride) in [(1, 1, 1), (1, 3, 2), (8, 5, 1), (8, 7, 2), (2, 3, 1)] {
            let (x, bias) = (normal(&[3, 8, 9, 11]), normal(&[16]));
            let weight = normal(&[16, 8 / groups, kernel, kernel]);
            assert!(PackedConv::serves(&weight));
            let padding = [kernel / 2; 2];
            let plain = |bias| x.conv2d(&weight, bias, [stride; 2], padding, [1, 1], groups);
            let packed = PackedConv::new(&weight, Some(&bias), stride, groups, &x).unwrap();
            let bare = PackedConv::new(&weight, None, stride, groups, &x).unwrap();
            let expected = plain(Some(&bias));
            close(
                &bare.forward(&x, padding, Fused::None).unwrap(),
                &plain(None::<&Tensor>),
            );
            for (fused, expected) in [
                (Fused::None, expected.shallow_clone()),
                (Fused::Relu, expected.relu()),
                (Fused::Swish, expected.silu()),
                (Fused::Hswish, expected.hardswish()),
                (Fused::Sigmoid, expected.sigmoid()),
            ] {
                close(&packed.forward(&x, padding, fused).unwrap(), &expected);
            }
            // In whichever order the sum lies.
            let sum = normal(&expected.size());
            let last = crate::channels_last(&sum).unwrap();
            for one in [&sum, &last] {
                close(
                    &packed.onto(&one.copy(), &x, padding).unwrap(),
                    &(&expected + &sum),
                );
            }
        }
    }

    #[test]
    fn a_wrong_number_of_channels_is_an_error_not_an_abort() {
        let weight = normal(&[4, 8, 3, 3]);
        let packed = PackedConv::new(&weight, None, 1, 1, &normal(&[1, 8, 5, 5])).unwrap();
        assert!(
            packed
                .forward(&normal(&[1, 6, 5, 5]), [1, 1], Fused::None)
                .is_err()
        );
        assert!(PackedConv::new(&weight, None, 1, 1, &normal(&[8, 5, 5])).is_err());
    }

    #[test]
    fn short_and_long_floats_are_not_packed() {
        assert!(!PackedConv::serves(&normal(&[1]).to_kind(Kind::Double)));
        assert!(!PackedConv::serves(&normal(&[1]).to_kind(Kind::BFloat16)));
    }
}
