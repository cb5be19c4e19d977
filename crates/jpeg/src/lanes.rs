//! What is done on many numbers at once, for processors with AVX2 and for all others, with the same results.

use fearless_simd::Level;
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
use fearless_simd::{Avx2, Simd};

use crate::{colour, idct};

/// A set of instructions.
pub(crate) trait Lanes: Copy {
    /// Runs what is compiled for these instructions: closures and functions that are inlined whole.
    fn run<R>(self, work: impl FnOnce() -> R) -> R;

    /// One block of coefficients, in rows of eight, to samples (see [`idct`]).
    fn block(self, coefficients: &[i16; 64], quant: &[i16; 64], out: &mut [u8], stride: usize);

    /// One row of YCbCr to red, green and blue (see [`colour`]).
    fn rgb(self, y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]);
}

/// What every processor can.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

impl Lanes for Plain {
    #[inline(always)]
    fn run<R>(self, work: impl FnOnce() -> R) -> R {
        work()
    }

    #[inline(always)]
    fn block(self, coefficients: &[i16; 64], quant: &[i16; 64], out: &mut [u8], stride: usize) {
        idct::block(coefficients, quant, out, stride);
    }

    #[inline(always)]
    fn rgb(self, y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
        colour::rgb(y, cb, cr, out);
    }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
impl Lanes for Avx2 {
    #[inline(always)]
    fn run<R>(self, work: impl FnOnce() -> R) -> R {
        self.vectorize(work)
    }

    #[inline(always)]
    fn block(self, coefficients: &[i16; 64], quant: &[i16; 64], out: &mut [u8], stride: usize) {
        idct::avx2::block(self, coefficients, quant, out, stride);
    }

    #[inline(always)]
    fn rgb(self, y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
        colour::avx2::rgb(self, y, cb, cr, out);
    }
}

/// Something that is done with a set of instructions.
pub(crate) trait Work {
    type Output;
    fn with(self, lanes: impl Lanes) -> Self::Output;
}

/// Does it with the best instructions that this processor has.
pub(crate) fn dispatch<W: Work>(work: W) -> W::Output {
    let level = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Some(avx2) = level.as_avx2() {
        return work.with(avx2);
    }
    let _ = level;
    work.with(Plain)
}
