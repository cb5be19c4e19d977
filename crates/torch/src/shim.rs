//! The C functions of the C++ files. Tensors are passed by the pointers that tch
//! holds; what is returned through a pointer belongs to the caller.

use std::ffi::{CStr, c_char, c_int, c_void};

use tch::Tensor;

/// A message from libtorch: what a C++ exception said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("libtorch: {0}")]
pub struct TorchError(pub String);

/// A lazy value as the shim reads it; affine and gate may be null.
#[repr(C)]
pub struct ShimLazy {
    pub data: *const c_void,
    pub affine: *const c_void,
    pub gate: *const c_void,
    pub act: c_int,
    pub group: i64,
}

/// A convolution's packed weights as the shim reads them; the bias may be null.
#[repr(C)]
pub struct ShimLazyConv {
    pub packed: *const c_void,
    pub bias: *const c_void,
    pub out_channels: i64,
    pub kernel: i64,
    pub stride: i64,
    pub depthwise: bool,
}

unsafe extern "C" {
    pub fn shim_free_text(text: *mut c_char);
    pub fn shim_channels_last(input: *const c_void, output: *mut *mut c_void) -> *mut c_char;
    pub fn shim_unwatched(input: *const c_void, output: *mut *mut c_void) -> *mut c_char;
    pub fn shim_is_channels_last(input: *const c_void, output: *mut bool) -> *mut c_char;
    pub fn shim_pinned(input: *const c_void, output: *mut *mut c_void) -> *mut c_char;
    pub fn shim_is_pinned(input: *const c_void, output: *mut bool) -> *mut c_char;
    pub fn shim_sgd_step(
        parameters: *const *const c_void,
        gradients: *const *const c_void,
        buffers: *const *const c_void,
        count: usize,
        lr: f64,
        momentum: f64,
        weight_decay: f64,
        nesterov: bool,
    ) -> *mut c_char;
    pub fn shim_set_deterministic(on: bool) -> *mut c_char;
    pub fn shim_deterministic() -> bool;
    pub fn shim_set_threads(count: c_int) -> *mut c_char;
    pub fn shim_threads() -> c_int;
    pub fn shim_survive_file_limit();
    pub fn shim_end(code: c_int) -> !;
    pub fn shim_peak_memory() -> u64;
    pub fn shim_peak_cuda_memory(device: c_int, output: *mut u64) -> *mut c_char;
    pub fn shim_random_state(output: *mut *mut c_void) -> *mut c_char;
    pub fn shim_set_random_state(state: *const c_void) -> *mut c_char;
    pub fn shim_seeded_normal(seed: u64, below: f64, output: *mut f64) -> *mut c_char;
    pub fn shim_adam_step(
        parameters: *const *const c_void,
        gradients: *const *const c_void,
        firsts: *const *const c_void,
        seconds: *const *const c_void,
        count: usize,
        step: u64,
        lr: f64,
        beta1: f64,
        beta2: f64,
        eps: f64,
        weight_decay: f64,
        decoupled: bool,
    ) -> *mut c_char;
    pub fn shim_rmsprop_tf_step(
        parameters: *const *const c_void,
        gradients: *const *const c_void,
        squares: *const *const c_void,
        buffers: *const *const c_void,
        count: usize,
        lr: f64,
        alpha: f64,
        momentum: f64,
        eps: f64,
        weight_decay: f64,
    ) -> *mut c_char;
    pub fn shim_lerp(
        to: *const *const c_void,
        from: *const *const c_void,
        count: usize,
        weight: f64,
    ) -> *mut c_char;
    pub fn shim_norm(
        tensors: *const *const c_void,
        count: usize,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_scale(
        tensors: *const *const c_void,
        count: usize,
        factor: *const c_void,
    ) -> *mut c_char;
    pub fn shim_autocast_enter(cuda: bool, half: bool) -> *mut c_char;
    pub fn shim_autocast_leave(cuda: bool) -> *mut c_char;
    #[cfg(test)]
    pub fn shim_lazy_lanes() -> i64;
    pub fn shim_lazy_serves(input: *const c_void) -> bool;
    pub fn shim_lazy_pack(
        weight: *const c_void,
        depthwise: bool,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_lazy_conv(
        input: *const ShimLazy,
        conv: *const ShimLazyConv,
        place: *const i64,
        group: i64,
        output: *mut *mut c_void,
        sums: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_lazy_sums(
        input: *const ShimLazy,
        group: i64,
        sums: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_lazy_norm(
        sums: *const c_void,
        count: i64,
        weight: *const c_void,
        bias: *const c_void,
        eps: f64,
        mean: *const c_void,
        var: *const c_void,
        momentum: f64,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_lazy_given(
        mean: *const c_void,
        var: *const c_void,
        weight: *const c_void,
        bias: *const c_void,
        eps: f64,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_lazy_settle(
        input: *const ShimLazy,
        sum: *const c_void,
        output: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_lazy_average(
        input: *const ShimLazy,
        settled: *mut *mut c_void,
        average: *mut *mut c_void,
    ) -> *mut c_char;
    pub fn shim_keep_freed_memory() -> bool;
    pub fn shim_load(library: *const c_char) -> *mut c_char;
}

/// Turns the message that a shim function returned into a `Result`, and frees it.
pub fn outcome(message: *mut c_char) -> Result<(), TorchError> {
    if message.is_null() {
        return Ok(());
    }
    // SAFETY: the shim returns null or a NUL-terminated string from strdup, ours to free.
    let text = unsafe { take_text(message) };
    Err(TorchError(text.trim_end().to_owned()))
}

/// Takes over a string of the shim.
///
/// # Safety
/// `text` is NUL-terminated, made by strdup or strndup, and freed by nobody else.
pub unsafe fn take_text(text: *mut c_char) -> String {
    // SAFETY: as the caller promises.
    unsafe {
        let taken = CStr::from_ptr(text).to_string_lossy().into_owned();
        shim_free_text(text);
        taken
    }
}

/// The pointer to a tensor, as the shim takes it.
pub fn pointer(tensor: &Tensor) -> *const c_void {
    tensor.as_ptr().cast()
}

/// The pointer to a tensor, null for none.
pub fn pointer_or_null(tensor: Option<&Tensor>) -> *const c_void {
    tensor.map_or(std::ptr::null(), pointer)
}

/// The pointers to some tensors.
pub fn pointers(tensors: &[Tensor]) -> Vec<*const c_void> {
    tensors.iter().map(pointer).collect()
}

/// Runs a shim function that gives one tensor through its last argument.
pub fn one_tensor(
    call: impl FnOnce(*mut *mut c_void) -> *mut c_char,
) -> Result<Tensor, TorchError> {
    let mut output = std::ptr::null_mut::<c_void>();
    outcome(call(&mut output))?;
    // SAFETY: without a message the shim has written a new at::Tensor, which the
    // Tensor now owns.
    Ok(unsafe { Tensor::from_ptr(output.cast()) })
}
