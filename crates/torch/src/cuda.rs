//! CUDA, loaded when it is there.
//!
//! The binary links the CPU library only. `libtorch_cuda.so` registers its
//! kernels when it is loaded, which must happen before anything asks whether
//! CUDA is there: libtorch remembers the answer for the life of the process.

use std::ffi::CString;
use std::sync::OnceLock;

use crate::shim;

/// Why this process has no CUDA, in the loader's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no CUDA: {0}")]
pub struct CudaAbsent(pub String);

/// Loads libtorch's CUDA library, once; later calls repeat the first answer.
/// A success means that the library is there, not that a device is.
///
/// # Errors
/// When the library, or one that it asks for, cannot be loaded.
pub fn load_cuda() -> Result<(), CudaAbsent> {
    static OUTCOME: OnceLock<Result<(), CudaAbsent>> = OnceLock::new();
    OUTCOME
        .get_or_init(|| load("libtorch_cuda.so").map_err(CudaAbsent))
        .clone()
}

/// The number of CUDA devices that this process can use, 0 without CUDA.
pub fn cuda_devices() -> usize {
    match load_cuda() {
        Ok(()) => usize::try_from(tch::Cuda::device_count()).unwrap_or(0),
        Err(_) => 0,
    }
}

fn load(library: &str) -> Result<(), String> {
    let name = CString::new(library).expect("a library's name holds no NUL");
    // SAFETY: a NUL-terminated string that lives through the call. Loading runs
    // the library's initialisers; libtorch_cuda's only register kernels.
    shim::outcome(unsafe { shim::shim_load(name.as_ptr()) }).map_err(|error| error.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_in_the_message() {
        let message = load("libcreamc_is_not_here.so").unwrap_err();
        assert!(message.contains("libcreamc_is_not_here.so"), "{message}");
    }

    #[test]
    fn devices_are_counted_only_after_loading() {
        match load_cuda() {
            Ok(()) => assert_eq!(cuda_devices() > 0, tch::Cuda::is_available()),
            Err(absent) => {
                assert_eq!(cuda_devices(), 0);
                assert!(absent.to_string().starts_with("no CUDA: "));
            }
        }
    }
}
