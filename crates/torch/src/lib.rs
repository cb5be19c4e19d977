//! What creamc needs from libtorch beyond `tch`.
//!
//! A few C++ files and safe wrappers around them: memory formats, pinned memory, forwards without
//! gradient, optimiser steps over lists of tensors, short floats, process-wide switches, loading of CUDA, process groups. This is the
//! only crate with `unsafe`; a C++ exception arrives as a [`TorchError`].

/// The version of libtorch that the shim and `tch` are written for.
pub const LIBTORCH_VERSION: &str = "2.11.0";

mod autocast;
mod autograd;
mod cuda;
pub mod group;
mod layout;
mod lazy;
mod pinned;
mod process;
mod sgd;
mod shim;
mod steps;

pub use autocast::{Short, autocast};
pub use autograd::unwatched;
pub use cuda::{CudaAbsent, cuda_devices, load_cuda};
pub use layout::{channels_last, is_channels_last};
pub use lazy::{Lazy, LazyAct, LazyConv, LazyNorm, LazyStatistics};
pub use pinned::{is_pinned, pinned};
pub use process::{
    deterministic, end_at_once, keep_freed_memory, peak_cuda_memory, peak_memory, random_state,
    seeded_normal, set_deterministic, set_random_state, set_threads, survive_file_limit, threads,
};
pub use sgd::{Sgd, sgd_step};
pub use shim::TorchError;
pub use steps::{Adam, RmspropTf, adam_step, lerp, norm, rmsprop_tf_step, scale};
