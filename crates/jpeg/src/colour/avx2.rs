//! The same with AVX2: 16 pixels at once, in 16 bits.
//!
//! A factor above a half is split into what 16 bits hold and a whole: 1.402·x = x + 0.402·x, 1.772·x = 2·x − 0.228·x. The product
//! with twice the number is halved with rounding, which is libjpeg's rounding.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, kernel, u8x16};

use super::fixed;

/// Pixels at once.
const STEP: usize = 16;

kernel!(
    /// As [`super::rgb`].
    #[inline(always)]
    pub(crate) fn rgb(avx2: Avx2, y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
        let (ys, rest_y) = y.as_chunks::<STEP>();
        let (cbs, rest_cb) = cb.as_chunks::<STEP>();
        let (crs, rest_cr) = cr.as_chunks::<STEP>();
        let (outs, rest) = out[..3 * y.len()].split_at_mut(3 * STEP * ys.len());
        let outs = outs.as_chunks_mut::<{ 3 * STEP }>().0;
        for (((y, cb), cr), out) in ys.iter().zip(cbs).zip(crs).zip(outs) {
            pixels(avx2, y, cb, cr, out);
        }
        super::rgb(rest_y, rest_cb, rest_cr, rest);
    }
);

kernel!(
    #[inline(always)]
    fn pixels(avx2: Avx2, y: &[u8; 16], cb: &[u8; 16], cr: &[u8; 16], out: &mut [u8; 48]) {
        let wide = |values: &[u8; 16]| {
            let values: __m128i = u8x16::from_slice(avx2, values).into();
            _mm256_cvtepu8_epi16(values)
        };
        let middle = _mm256_set1_epi16(128);
        let y = wide(y);
        let cb = _mm256_sub_epi16(wide(cb), middle);
        let cr = _mm256_sub_epi16(wide(cr), middle);
        // x·factor with 16 fraction bits, rounded.
        let times = |x, factor: i32| {
            let twice =
                _mm256_mulhi_epi16(_mm256_add_epi16(x, x), _mm256_set1_epi16(factor as i16));
            _mm256_srai_epi16::<1>(_mm256_add_epi16(twice, _mm256_set1_epi16(1)))
        };
        let red = _mm256_add_epi16(times(cr, fixed(0.402)), cr);
        let blue = _mm256_add_epi16(times(cb, -fixed(0.228)), _mm256_add_epi16(cb, cb));
        // −0.34414·cb + 0.28586·cr, less cr.
        let factors = (fixed(0.285_86) << 16) | (-fixed(0.344_14) & 0xffff);
        let half = _mm256_set1_epi32(1 << 15);
        let sum = |pair| {
            let sum = _mm256_madd_epi16(pair, _mm256_set1_epi32(factors));
            _mm256_srai_epi32::<16>(_mm256_add_epi32(sum, half))
        };
        let (low, high) = (_mm256_unpacklo_epi16(cb, cr), _mm256_unpackhi_epi16(cb, cr));
        let green = _mm256_sub_epi16(_mm256_packs_epi32(sum(low), sum(high)), cr);
        let bytes = |difference| {
            let value = _mm256_add_epi16(y, difference);
            let (low, high) = (
                _mm256_castsi256_si128(value),
                _mm256_extracti128_si256::<1>(value),
            );
            _mm_packus_epi16(low, high)
        };
        let colours = [bytes(red), bytes(green), bytes(blue)];
        for (part, out) in out.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let place = |colour: usize| -> __m128i {
                let table: __m128i = u8x16::from_slice(avx2, &PLACES[part][colour]).into();
                _mm_shuffle_epi8(colours[colour], table)
            };
            let all = _mm_or_si128(_mm_or_si128(place(0), place(1)), place(2));
            let all: u8x16<Avx2> = all.simd_into(avx2);
            all.store_slice(out);
        }
    }
);

/// For each 16 bytes of the result and each colour: which pixel's value a byte takes; 0x80: none.
const PLACES: [[[u8; 16]; 3]; 3] = places();

const fn places() -> [[[u8; 16]; 3]; 3] {
    let mut places = [[[0x80; 16]; 3]; 3];
    let mut at = 0;
    while at < 3 * STEP {
        places[at / 16][at % 3][at % 16] = (at / 3) as u8;
        at += 1;
    }
    places
}
