//! From samples to as many as there are pixels, as libjpeg-turbo's "fancy" upsampling does it.

use crate::frame::{Component, Frame};

/// How the samples of a component become pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upsampling {
    /// A sample is a pixel.
    None,
    /// Three quarters of the sample and a quarter of its neighbour at that side.
    Across,
    /// The same, up and down.
    Down,
    /// The same in both directions, rounded once.
    Both,
    /// A sample is so many pixels across and down.
    Repeat(usize, usize),
}

impl Upsampling {
    /// libjpeg's choice. Components that are at most two samples wide are not worth its care.
    pub fn of(frame: &Frame, component: &Component) -> Upsampling {
        let factors = (frame.h_max / component.h, frame.v_max / component.v);
        match factors {
            (1, 1) => Upsampling::None,
            (1, 2) => Upsampling::Down,
            (2, 1) if component.width > 2 => Upsampling::Across,
            (2, 2) if component.width > 2 => Upsampling::Both,
            (across, down) => Upsampling::Repeat(across, down),
        }
    }

    pub fn looks_up_and_down(self) -> bool {
        matches!(self, Upsampling::Down | Upsampling::Both)
    }

    pub fn looks_aside(self) -> bool {
        matches!(self, Upsampling::Across | Upsampling::Both)
    }
}

/// Three times the near sample and once the far one.
#[inline(always)]
pub(crate) fn weigh(near: &[u8], far: &[u8], out: &mut [u16]) {
    for ((out, &near), &far) in out.iter_mut().zip(near).zip(far) {
        *out = 3 * u16::from(near) + u16::from(far);
    }
}

/// Halfway between two rows; `bias` (1 for the upper of the two rows that a sample becomes, 2 for the lower) rounds.
#[inline(always)]
pub(crate) fn down(near: &[u8], far: &[u8], bias: u16, out: &mut [u8]) {
    for ((out, &near), &far) in out.iter_mut().zip(near).zip(far) {
        *out = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
    }
}

/// Two pixels from every value but the first and the last, which are neighbours only; each is divided by 2 to the `shift`,
/// the left one after `biases.0` is added, the right one after `biases.1`.
#[inline(always)]
pub(crate) fn across(values: &[u16], (left, right): (u16, u16), shift: u32, out: &mut [u8]) {
    let count = out.len() / 2;
    let (before, here, after) = (
        &values[..count],
        &values[1..][..count],
        &values[2..][..count],
    );
    for (at, out) in out.chunks_exact_mut(2).enumerate() {
        let near = 3 * here[at];
        let pair =
            ((near + before[at] + left) >> shift) | ((near + after[at] + right) >> shift) << 8;
        out.copy_from_slice(&pair.to_le_bytes());
    }
}

/// Every sample `times` times, from `first` of the first one on.
#[inline(always)]
pub(crate) fn repeat(samples: &[u8], times: usize, first: usize, out: &mut [u8]) {
    for (at, out) in (first..).zip(out) {
        *out = samples[at / times];
    }
}
