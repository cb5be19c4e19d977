//! Switches and state of the whole process.

use tch::Tensor;

use crate::shim::{self, TorchError};

/// Asks for deterministic algorithms everywhere; an operator that has none then
/// fails with a message instead of giving another result each time.
///
/// # Errors
/// When libtorch refuses.
pub fn set_deterministic(on: bool) -> Result<(), TorchError> {
    // SAFETY: no pointer is passed.
    shim::outcome(unsafe { shim::shim_set_deterministic(on) })
}

/// Whether deterministic algorithms are asked for.
pub fn deterministic() -> bool {
    // SAFETY: no pointer is passed.
    unsafe { shim::shim_deterministic() }
}

/// Sets the number of threads that one operator may use.
///
/// # Errors
/// When the number is 0.
pub fn set_threads(count: usize) -> Result<(), TorchError> {
    let count = i32::try_from(count).map_err(|_| TorchError(format!("{count} threads")))?;
    // SAFETY: no pointer is passed.
    shim::outcome(unsafe { shim::shim_set_threads(count) })
}

/// The number of threads that one operator may use.
pub fn threads() -> usize {
    // SAFETY: no pointer is passed.
    let count = unsafe { shim::shim_threads() };
    usize::try_from(count).expect("libtorch counts threads from 1")
}

/// The most memory that this process has held at once, in bytes; `None` where the system does
/// not say.
pub fn peak_memory() -> Option<u64> {
    // SAFETY: no pointer is passed.
    let bytes = unsafe { shim::shim_peak_memory() };
    (bytes > 0).then_some(bytes)
}

/// The most memory that libtorch has held at once on a CUDA device, in bytes.
///
/// # Errors
/// When CUDA is not loaded, or there is no such device.
pub fn peak_cuda_memory(device: usize) -> Result<u64, TorchError> {
    let device = i32::try_from(device).map_err(|_| TorchError(format!("device {device}")))?;
    let mut bytes = 0;
    // SAFETY: the output pointer is live for the call.
    shim::outcome(unsafe { shim::shim_peak_cuda_memory(device, &mut bytes) })?;
    Ok(bytes)
}

/// The state of the CPU's random generator, bytes as a tensor.
///
/// # Errors
/// When libtorch refuses.
pub fn random_state() -> Result<Tensor, TorchError> {
    // SAFETY: the output pointer is live for the call.
    shim::one_tensor(|output| unsafe { shim::shim_random_state(output) })
}

/// Puts the CPU's random generator into a state taken by [`random_state`].
///
/// # Errors
/// When the tensor is no such state.
pub fn set_random_state(state: &Tensor) -> Result<(), TorchError> {
    // SAFETY: the pointer is that of a live tensor, which the shim only reads.
    shim::outcome(unsafe { shim::shim_set_random_state(shim::pointer(state)) })
}

/// A number of the standard normal distribution that lies between -`below` and `below`: the
/// first one of a generator that starts from `seed`. The same as Python's torch draws.
///
/// # Errors
/// When libtorch refuses.
///
/// # Panics
/// When `below` is so small that none would be found.
pub fn seeded_normal(seed: u64, below: f64) -> Result<f64, TorchError> {
    assert!(
        below >= 1e-3,
        "draws between -{below} and {below} are too rare"
    );
    let mut value = 0.0;
    // SAFETY: the output pointer is live for the call.
    shim::outcome(unsafe { shim::shim_seeded_normal(seed, below, &mut value) })?;
    Ok(value)
}

/// Tells glibc's allocator to keep freed memory for the next step instead of
/// handing every large block back to the system. Call it once, at the start of
/// a training or inference process. `false`: another allocator, nothing done.
pub fn keep_freed_memory() -> bool {
    // SAFETY: no pointer is passed.
    unsafe { shim::shim_keep_freed_memory() }
}

/// Makes a write beyond the largest file that the shell allows (`ulimit -f`) fail like one on a
/// full disk, instead of ending the process without a word. Call it once, at the start.
pub fn survive_file_limit() {
    // SAFETY: no pointer is passed; the signal is ignored, no handler of ours ever runs.
    unsafe { shim::shim_survive_file_limit() }
}

/// Ends the process with this exit code, without a destructor: for when one of them would wait for what never comes.
pub fn end_at_once(code: i32) -> ! {
    // SAFETY: no pointer is passed; nothing of ours runs afterwards.
    unsafe { shim::shim_end(code) }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;

    // One test: the switches belong to the process, tests run side by side.
    #[test]
    fn switches_hold_what_was_set() {
        assert!(!deterministic());
        set_deterministic(true).unwrap();
        assert!(deterministic());
        set_deterministic(false).unwrap();
        let before = threads();
        set_threads(1).unwrap();
        assert_eq!(threads(), 1);
        set_threads(before).unwrap();
        assert!(set_threads(0).is_err());
        assert_eq!(keep_freed_memory(), cfg!(target_env = "gnu"));
    }

    #[test]
    fn a_restored_random_state_draws_the_same_numbers() {
        let state = random_state().unwrap();
        let first = Tensor::rand([4], (Kind::Float, Device::Cpu));
        set_random_state(&state).unwrap();
        assert!(first.equal(&Tensor::rand([4], (Kind::Float, Device::Cpu))));
        assert!(set_random_state(&Tensor::from_slice(&[1.0])).is_err());
    }
    #[test]
    fn the_peak_of_memory_is_what_was_held_at_once_and_stays() {
        let megabytes = 64;
        let before = peak_memory().unwrap();
        let held = Tensor::ones([megabytes << 20], (Kind::Uint8, Device::Cpu));
        let after = peak_memory().unwrap();
        assert!(after >= u64::try_from(held.numel()).unwrap(), "{after}");
        drop(held);
        assert!(before <= after && after <= peak_memory().unwrap());
    }

    #[test]
    fn a_device_that_is_not_there_has_no_peak() {
        assert!(peak_cuda_memory(usize::MAX).is_err());
        assert!(crate::cuda_devices() > 0 || peak_cuda_memory(0).is_err());
    }
}
