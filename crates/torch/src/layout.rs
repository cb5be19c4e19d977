//! Memory formats of images and convolution weights.

use tch::Tensor;

use crate::shim::{self, TorchError};

/// The same values stored with the channels side by side: shape `[N, C, H, W]`
/// stays, strides become those of NHWC. A tensor that lies so already comes
/// back as it is, sharing memory.
///
/// # Errors
/// When the tensor has not four dimensions.
pub fn channels_last(tensor: &Tensor) -> Result<Tensor, TorchError> {
    // SAFETY: the pointer is that of a live tensor, which the shim only reads.
    shim::one_tensor(|output| unsafe { shim::shim_channels_last(shim::pointer(tensor), output) })
}

/// Whether a tensor is stored with its channels side by side.
///
/// # Errors
/// When libtorch does; it does not for an ordinary tensor.
pub fn is_channels_last(tensor: &Tensor) -> Result<bool, TorchError> {
    let mut answer = false;
    // SAFETY: both pointers are live for the call.
    let message = unsafe { shim::shim_is_channels_last(shim::pointer(tensor), &mut answer) };
    shim::outcome(message)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;

    #[test]
    fn channels_last_keeps_values_and_shape_and_changes_strides() {
        let plain = Tensor::arange(2 * 3 * 4 * 5, (Kind::Float, Device::Cpu)).view([2, 3, 4, 5]);
        let last = channels_last(&plain).unwrap();
        assert_eq!(last.size(), [2, 3, 4, 5]);
        assert_eq!(last.stride(), [60, 1, 15, 3]);
        assert!(last.equal(&plain));
        assert!(is_channels_last(&last).unwrap());
        assert!(!is_channels_last(&plain).unwrap());
    }

    #[test]
    fn a_tensor_of_three_dimensions_is_an_error_not_an_abort() {
        let flat = Tensor::zeros([2, 3, 4], (Kind::Float, Device::Cpu));
        let message = channels_last(&flat).unwrap_err().to_string();
        assert!(message.contains("4"), "{message}");
    }
}
