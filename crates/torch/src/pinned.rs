//! Memory that a GPU copies from by itself.

use tch::Tensor;

use crate::shim::{self, TorchError};

/// A copy in memory that the system keeps in its place, so that a CUDA device copies from it while the thread that asked
/// goes on. Strides stay.
///
/// # Errors
/// When there is no CUDA device, or the system has no more of such memory.
pub fn pinned(tensor: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: the pointer is that of a live tensor, which the shim only reads.
    shim::one_tensor(|output| unsafe { shim::shim_pinned(shim::pointer(tensor), output) })
}

/// Whether a tensor lies in such memory.
///
/// # Errors
/// When libtorch does; it does not for an ordinary tensor.
pub fn is_pinned(tensor: &Tensor) -> Result<bool, TorchError> {
    let mut answer = false;
    // SAFETY: both pointers are live for the call.
    let message = unsafe { shim::shim_is_pinned(shim::pointer(tensor), &mut answer) };
    shim::outcome(message)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;

    #[test]
    fn a_tensor_is_pinned_where_there_is_a_gpu_and_an_error_tells_where_there_is_none() {
        let plain = Tensor::arange(24, (Kind::Float, Device::Cpu)).view([2, 3, 2, 2]);
        let last = crate::channels_last(&plain).unwrap();
        assert!(!is_pinned(&last).unwrap());
        match pinned(&last) {
            Ok(copy) => {
                assert!(crate::cuda_devices() > 0 && is_pinned(&copy).unwrap());
                assert!(copy.equal(&last) && copy.stride() == last.stride());
            }
            Err(error) => assert!(crate::cuda_devices() == 0, "{error}"),
        }
    }
}
