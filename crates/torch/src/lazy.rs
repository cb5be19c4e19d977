//! Forwards without gradient on a CPU, in few passes over the values: what follows a convolution is done by
//! whoever reads its output next.

use tch::{Kind, Tensor};

use crate::layout::channels_last;
use crate::shim::{self, ShimLazy, ShimLazyConv, TorchError};

#[cfg(test)]
mod tests;

/// An activation that a reader can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LazyAct {
    /// x
    None,
    /// max(0, x)
    Relu,
    /// min(max(0, x), 6)
    Relu6,
    /// x·σ(x)
    Swish,
    /// x·hard σ(x)
    Hswish,
    /// σ(x)
    Sigmoid,
    /// min(max(0, x + 3), 6) / 6
    Hsigmoid,
}

/// The weights of a convolution as the kernels read them.
#[derive(Debug)]
pub struct LazyConv {
    packed: Tensor,
    bias: Option<Tensor>,
    out_channels: i64,
    kernel: i64,
    stride: i64,
    depthwise: bool,
}

/// The trainable tensors of a batch norm, `[C]` each.
#[derive(Debug)]
pub struct LazyNorm<'a> {
    /// What the normed values are multiplied by.
    pub weight: &'a Tensor,
    /// What is added then.
    pub bias: &'a Tensor,
    /// What is added to the variance.
    pub eps: f64,
}

/// What a batch norm subtracts and divides by.
#[derive(Debug, Clone, Copy)]
pub enum LazyStatistics<'a> {
    /// Mean and variance of each group of so many consecutive images. Running ones, mean and variance of `[C]`, move
    /// towards those of the only group by their last number.
    Groups(i64, Option<(&'a Tensor, &'a Tensor, f64)>),
    /// These, mean and variance, `[C]`.
    Given(&'a Tensor, &'a Tensor),
}

/// Values `[N, C, H, W]`, stored channels last, and what is still to be done to them: a norm, then an activation, then a
/// gate.
#[derive(Debug)]
pub struct Lazy {
    data: Tensor,
    /// Scale and shift, `[2, groups, C]`.
    affine: Option<Tensor>,
    act: LazyAct,
    /// `[N, C, 1, 1]`
    gate: Option<Tensor>,
    /// Images that share a scale and a shift.
    group: i64,
    /// Of each group of so many images: `[groups, parts, 2, C]`.
    sums: Option<(i64, Tensor)>,
}

impl LazyConv {
    /// The largest side of a depthwise kernel.
    const LARGEST: i64 = 16;

    /// Whether there are kernels for such a convolution: one with all channels together, or each for itself.
    #[must_use]
    pub fn serves(weight: &Tensor, groups: i64) -> bool {
        let size = weight.size();
        let depthwise = groups == size[0] && size[1] == 1 && size[2] <= Self::LARGEST;
        weight.kind() == Kind::Float && (groups == 1 || depthwise)
    }

    /// Packs weights `[out, in / groups, k, k]` and bias `[out]`, as they are now.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn new(
        weight: &Tensor,
        bias: Option<&Tensor>,
        stride: i64,
        groups: i64,
    ) -> Result<LazyConv, TorchError> {
        let depthwise = groups > 1;
        // SAFETY: the weight is live, and only read.
        let packed = shim::one_tensor(|output| unsafe {
            shim::shim_lazy_pack(shim::pointer(weight), depthwise, output)
        })?;
        let size = weight.size();
        Ok(LazyConv {
            packed,
            bias: bias.map(Tensor::shallow_clone),
            out_channels: size[0],
            kernel: size[2],
            stride,
            depthwise,
        })
    }

    /// Channels of the output.
    #[must_use]
    pub fn width(&self) -> i64 {
        self.out_channels
    }

    fn raw(&self) -> ShimLazyConv {
        ShimLazyConv {
            packed: shim::pointer(&self.packed),
            bias: shim::pointer_or_null(self.bias.as_ref()),
            out_channels: self.out_channels,
            kernel: self.kernel,
            stride: self.stride,
            depthwise: self.depthwise,
        }
    }
}

impl Lazy {
    /// Whether values like these can be lazy here and now: images of 32-bit floats on a CPU, no gradient asked for, no
    /// casts to short floats.
    #[must_use]
    pub fn serves(x: &Tensor) -> bool {
        // SAFETY: reads what kind of tensor this is and two switches of the thread.
        unsafe { shim::shim_lazy_serves(shim::pointer(x)) }
    }

    /// Values with nothing left to do; of other than four dimensions there is nothing to do at all.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn new(x: &Tensor) -> Result<Lazy, TorchError> {
        Ok(Lazy::of(match x.dim() {
            4 => channels_last(x)?,
            _ => x.shallow_clone(),
        }))
    }

    fn of(data: Tensor) -> Lazy {
        Lazy {
            data,
            affine: None,
            act: LazyAct::None,
            gate: None,
            group: 0,
            sums: None,
        }
    }

    /// The same values once more, in the same memory, which is not written over while both are there.
    #[must_use]
    pub fn share(&self) -> Lazy {
        let share = |tensor: &Option<Tensor>| tensor.as_ref().map(Tensor::shallow_clone);
        let sums = self.sums.as_ref();
        Lazy {
            data: self.data.shallow_clone(),
            affine: share(&self.affine),
            gate: share(&self.gate),
            sums: sums.map(|(group, sums)| (*group, sums.shallow_clone())),
            ..*self
        }
    }

    /// `[N, C, H, W]`
    #[must_use]
    pub fn size(&self) -> Vec<i64> {
        self.data.size()
    }

    /// The convolution. `place` is the zeros above and left, and height and width of the output; a norm over each group of
    /// `normed` images comes next.
    ///
    /// # Errors
    /// When the convolution is for another number of channels.
    pub fn conv(
        &self,
        conv: &LazyConv,
        place: [i64; 4],
        normed: Option<i64>,
    ) -> Result<Lazy, TorchError> {
        let group = normed.unwrap_or(0);
        let mut sums = std::ptr::null_mut();
        // SAFETY: all tensors are live for the call and only read, the place has four numbers; the shim checks their sizes.
        let data = shim::one_tensor(|output| unsafe {
            let place = place.as_ptr();
            shim::shim_lazy_conv(&self.raw(), &conv.raw(), place, group, output, &mut sums)
        })?;
        let mut result = Lazy::of(data);
        if !sums.is_null() {
            // SAFETY: the shim has written a new at::Tensor, which the Tensor now owns.
            result.sums = Some((group, unsafe { Tensor::from_ptr(sums.cast()) }));
        }
        Ok(result)
    }

    /// The values normed.
    ///
    /// # Errors
    /// When the norm is for another number of channels.
    pub fn norm(self, norm: &LazyNorm, by: LazyStatistics) -> Result<Lazy, TorchError> {
        let mut value = self.done_unless(Lazy::is_done)?;
        let size = value.data.size();
        (value.group, value.affine) = match by {
            LazyStatistics::Given(mean, var) => (size[0], Some(given(norm, mean, var)?)),
            LazyStatistics::Groups(group, moved) => {
                let sums = value.sums_of(group)?;
                let count = group * size[2] * size[3];
                (group, Some(own(norm, &sums, count, moved)?))
            }
        };
        value.sums = None;
        Ok(value)
    }

    /// The values through an activation.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn act(self, act: LazyAct) -> Result<Lazy, TorchError> {
        let value = self.done_unless(Lazy::may_act)?;
        Ok(Lazy {
            act,
            sums: None,
            ..value
        })
    }

    /// The values of each channel of an image times its number in `gate`, `[N, C, 1, 1]`.
    ///
    /// # Errors
    /// When the gate is of another size.
    pub fn gated(self, gate: Lazy) -> Result<Lazy, TorchError> {
        let value = self.done_unless(|value| value.gate.is_none())?;
        Ok(Lazy {
            gate: Some(gate.settled()?),
            sums: None,
            ..value
        })
    }

    /// Both values added.
    ///
    /// # Errors
    /// When they differ in size.
    pub fn plus(self, other: Lazy) -> Result<Lazy, TorchError> {
        let (value, sum) = if self.is_done() {
            (other, self)
        } else {
            (self, other)
        };
        let sum = sum.settled()?;
        Ok(Lazy::of(value.settle(Some(&sum))?))
    }

    /// The mean of each channel of each image, `[N, C, 1, 1]`; what was left to do to the values is done then.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn average(&mut self) -> Result<Lazy, TorchError> {
        let mut average = std::ptr::null_mut();
        // SAFETY: the tensors are live; the data is written over only where this value alone holds it.
        let settled = shim::one_tensor(|settled| unsafe {
            shim::shim_lazy_average(&self.raw(), settled, &mut average)
        })?;
        *self = Lazy::of(settled);
        // SAFETY: the shim has written a second new at::Tensor, which the Tensor now owns.
        Ok(Lazy::of(unsafe { Tensor::from_ptr(average.cast()) }))
    }

    /// The values with everything done.
    ///
    /// # Errors
    /// When libtorch refuses.
    pub fn settled(self) -> Result<Tensor, TorchError> {
        if self.is_done() {
            Ok(self.data)
        } else {
            self.settle(None)
        }
    }

    fn is_done(&self) -> bool {
        self.affine.is_none() && self.may_act()
    }

    fn may_act(&self) -> bool {
        self.act == LazyAct::None && self.gate.is_none()
    }

    /// As it is if it `may` be followed up so, otherwise with everything done.
    fn done_unless(self, may: impl Fn(&Lazy) -> bool) -> Result<Lazy, TorchError> {
        if may(&self) {
            Ok(self)
        } else {
            Ok(Lazy::of(self.settle(None)?))
        }
    }

    /// Everything done and `sum` added, in this value's memory where nobody else holds it.
    fn settle(&self, sum: Option<&Tensor>) -> Result<Tensor, TorchError> {
        let sum = shim::pointer_or_null(sum);
        // SAFETY: all tensors are live; the data is written over only where this value alone holds it.
        shim::one_tensor(|output| unsafe { shim::shim_lazy_settle(&self.raw(), sum, output) })
    }

    fn sums_of(&mut self, group: i64) -> Result<Tensor, TorchError> {
        match self.sums.take() {
            Some((of, sums)) if of == group => Ok(sums),
            // SAFETY: the tensors are live and only read.
            _ => shim::one_tensor(|output| unsafe {
                shim::shim_lazy_sums(&self.raw(), group, output)
            }),
        }
    }

    fn raw(&self) -> ShimLazy {
        ShimLazy {
            data: shim::pointer(&self.data),
            affine: shim::pointer_or_null(self.affine.as_ref()),
            gate: shim::pointer_or_null(self.gate.as_ref()),
            act: self.act as i32,
            group: self.group,
        }
    }
}

/// Scale and shift by groups' own statistics.
fn own(
    norm: &LazyNorm,
    sums: &Tensor,
    count: i64,
    moved: Option<(&Tensor, &Tensor, f64)>,
) -> Result<Tensor, TorchError> {
    let (mean, var) = (moved.map(|(mean, ..)| mean), moved.map(|(_, var, _)| var));
    let momentum = moved.map_or(0.0, |(.., momentum)| momentum);
    // SAFETY: all tensors are live; the running statistics are moved as a norm of libtorch would.
    shim::one_tensor(|output| unsafe {
        shim::shim_lazy_norm(
            shim::pointer(sums),
            count,
            shim::pointer(norm.weight),
            shim::pointer(norm.bias),
            norm.eps,
            shim::pointer_or_null(mean),
            shim::pointer_or_null(var),
            momentum,
            output,
        )
    })
}

/// Scale and shift by statistics from elsewhere.
fn given(norm: &LazyNorm, mean: &Tensor, var: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: all tensors are live and only read.
    shim::one_tensor(|output| unsafe {
        let [mean, var, weight, bias] = [mean, var, norm.weight, norm.bias].map(shim::pointer);
        shim::shim_lazy_given(mean, var, weight, bias, norm.eps, output)
    })
}
