//! Greys of colours with AVX2: eight pixels at once, each as a number of 32 bits.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, kernel, u8x16, u32x8};

/// Pixels at once.
const STEP: usize = 8;
/// Their bytes.
const BYTES: usize = 3 * STEP;
/// Pixels whose greys are summed in 32 bits.
const SUMMED: usize = STEP * 4096;

kernel!(
    /// The sum of the greys of `[N, 3]`.
    pub fn sum_of_greys(avx2: Avx2, values: &[u8]) -> u64 {
        let mut whole = 0;
        for part in values.chunks(3 * SUMMED) {
            let (pixels, rest) = part.as_chunks::<BYTES>();
            let mut sums = _mm256_setzero_si256();
            for pixels in pixels {
                sums = _mm256_add_epi32(sums, greys(load(avx2, pixels)));
            }
            let sums: u32x8<Avx2> = sums.simd_into(avx2);
            whole += <[u32; STEP]>::from(sums)
                .iter()
                .map(|&sum| u64::from(sum))
                .sum::<u64>();
            whole += super::plain_sum_of_greys(rest);
        }
        whole
    }
);

kernel!(
    /// As [`super::saturation`], of `[N, 3]`.
    pub fn saturation(avx2: Avx2, values: &mut [u8], factor: f32) {
        let (pixels, rest) = values.as_chunks_mut::<BYTES>();
        for pixels in pixels {
            let values = load(avx2, pixels);
            let dull = _mm256_cvtepi32_ps(greys(values));
            let blended = [
                blend(factor, dull, channel::<0>(values)),
                _mm256_slli_epi32::<8>(blend(factor, dull, channel::<8>(values))),
                _mm256_slli_epi32::<16>(blend(factor, dull, channel::<16>(values))),
            ];
            let blended = _mm256_or_si256(_mm256_or_si256(blended[0], blended[1]), blended[2]);
            store(avx2, blended, pixels);
        }
        super::plain_saturation(rest, factor);
    }
);

/// Pixels of three bytes each, the fourth 0.
#[target_feature(enable = "avx2")]
#[inline]
fn load(avx2: Avx2, bytes: &[u8; BYTES]) -> __m256i {
    let read = |at: usize| -> __m128i { u8x16::from_slice(avx2, &bytes[at..at + 16]).into() };
    // Four pixels lie at the start of the one half, four at the end of the other.
    let places = _mm256_setr_epi8(
        0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, //
        4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1,
    );
    _mm256_shuffle_epi8(_mm256_set_m128i(read(BYTES - 16), read(0)), places)
}

/// The reverse of [`load`].
#[target_feature(enable = "avx2")]
#[inline]
fn store(avx2: Avx2, pixels: __m256i, bytes: &mut [u8; BYTES]) {
    let places = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    let four = |half| -> [u8; 16] {
        let four: u8x16<Avx2> = _mm_shuffle_epi8(half, places).simd_into(avx2);
        four.into()
    };
    let (first, last) = bytes.split_at_mut(BYTES / 2);
    first.copy_from_slice(&four(_mm256_castsi256_si128(pixels))[..BYTES / 2]);
    last.copy_from_slice(&four(_mm256_extracti128_si256::<1>(pixels))[..BYTES / 2]);
}

/// The byte that is `SHIFT` bits up.
#[target_feature(enable = "avx2")]
#[inline]
fn channel<const SHIFT: i32>(pixels: __m256i) -> __m256i {
    _mm256_and_si256(_mm256_srli_epi32::<SHIFT>(pixels), _mm256_set1_epi32(0xff))
}

/// As [`crate::data::raster::luma`]. Products are of 16 bits with a sign, which the factor of green has not: it is taken
/// less 65,536, and green itself so much higher.
#[target_feature(enable = "avx2")]
#[inline]
fn greys(pixels: __m256i) -> __m256i {
    let red_and_blue = _mm256_and_si256(pixels, _mm256_set1_epi32(0x00ff_00ff));
    let green = channel::<8>(pixels);
    let sum = _mm256_add_epi32(
        _mm256_madd_epi16(red_and_blue, _mm256_set1_epi32(7471 << 16 | 19595)),
        _mm256_madd_epi16(green, _mm256_set1_epi32(38470 - 65536)),
    );
    let sum = _mm256_add_epi32(sum, _mm256_slli_epi32::<16>(green));
    _mm256_srli_epi32::<16>(_mm256_add_epi32(sum, _mm256_set1_epi32(0x8000)))
}

/// As [`super::blend`].
#[target_feature(enable = "avx2")]
#[inline]
fn blend(factor: f32, dull: __m256, values: __m256i) -> __m256i {
    let far = _mm256_sub_ps(_mm256_cvtepi32_ps(values), dull);
    let blended = _mm256_add_ps(dull, _mm256_mul_ps(_mm256_set1_ps(factor), far));
    // Cut above as a float, which may be larger than a whole number can be, and below as a whole number. What is no number
    // stays that as the second of two, and becomes 0.
    let whole = _mm256_cvttps_epi32(_mm256_min_ps(_mm256_set1_ps(255.0), blended));
    _mm256_max_epi32(whole, _mm256_setzero_si256())
}
