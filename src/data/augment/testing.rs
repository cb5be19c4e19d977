//! What tests of several operations need.

use rand::RngCore;

use crate::data::random::{Purpose, stream};

/// So many bytes without order, the same at every call.
pub fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream(Purpose::Augment, 1, 0, 0).fill_bytes(&mut bytes);
    bytes
}
