//! Streams of random numbers, one for each purpose and place.
//!
//! A stream is keyed, not shared: what one sample draws cannot depend on which
//! thread prepares it or on what was drawn before.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What the numbers are for; two purposes never share a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Purpose {
    Split = 1,
    Order = 2,
    Augment = 3,
    Recalibrate = 4,
    #[cfg(feature = "torch")]
    Mix = 5,
}

/// The stream of `purpose` under `seed` at the place `(a, b)`, say epoch and sample.
pub(super) fn stream(purpose: Purpose, seed: u64, a: u64, b: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (slot, word) in key.chunks_exact_mut(8).zip([purpose as u64, seed, a, b]) {
        slot.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
