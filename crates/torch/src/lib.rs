//! What creamc needs from libtorch beyond `tch`.
//!
//! One C++ file, `shim.cpp`, and safe wrappers around it: memory formats, the
//! fused optimiser step, process-wide switches, loading of CUDA. This is the
//! only crate with `unsafe`; a C++ exception arrives as a [`TorchError`].

/// The version of libtorch that the shim and `tch` are written for.
pub const LIBTORCH_VERSION: &str = "2.11.0";

mod autograd;
mod cuda;
mod layout;
mod process;
mod sgd;
mod shim;

pub use autograd::unwatched;
pub use cuda::{CudaAbsent, cuda_devices, load_cuda};
pub use layout::{channels_last, is_channels_last};
pub use process::{
    deterministic, keep_freed_memory, random_state, set_deterministic, set_random_state,
    set_threads, threads,
};
pub use sgd::{Sgd, sgd_step};
pub use shim::TorchError;
