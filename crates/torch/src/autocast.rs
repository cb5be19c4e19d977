//! Forwards in short floats: libtorch casts where it is safe.

use crate::shim::{self, TorchError};

/// Which short floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// bfloat16: the reach of f32, fewer digits.
    Bf16,
    /// float16: small gradients vanish unless the loss is scaled.
    F16,
}

/// Runs `forward` with casts to short floats on the CPU or, with `cuda`, on CUDA devices.
/// Weights stay as they are; what `forward` gives may be short.
///
/// # Errors
/// When libtorch refuses.
pub fn autocast<T>(short: Short, cuda: bool, forward: impl FnOnce() -> T) -> Result<T, TorchError> {
    // SAFETY: no pointer is passed.
    shim::outcome(unsafe { shim::shim_autocast_enter(cuda, short == Short::F16) })?;
    let leave = Leave { cuda };
    let value = forward();
    drop(leave);
    Ok(value)
}

/// Ends the casts, on a panic of the forward too.
struct Leave {
    cuda: bool,
}

impl Drop for Leave {
    fn drop(&mut self) {
        // SAFETY: no pointer is passed.
        shim::outcome(unsafe { shim::shim_autocast_leave(self.cuda) })
            .expect("what was entered can be left");
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;

    #[test]
    fn inside_products_are_short_and_outside_as_before() {
        let a = Tensor::ones([2, 2], (Kind::Float, Device::Cpu));
        let inside = autocast(Short::Bf16, false, || a.matmul(&a)).unwrap();
        assert_eq!(inside.kind(), Kind::BFloat16);
        assert_eq!(a.matmul(&a).kind(), Kind::Float);
    }
}
