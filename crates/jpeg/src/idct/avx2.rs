//! The same with AVX2: eight columns at once.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use fearless_simd::prelude::*;
use fearless_simd::{i16x8, kernel};

use super::{
    CONST_BITS, EVEN_2, EVEN_3, FIRST, ODD_0, ODD_1, ODD_2, ODD_3, ODD_Z3, ODD_Z4, Pair, SECOND,
};

/// Rows 0 and 4, 1 and 5, 2 and 6, 3 and 7.
type Halves = [__m256i; 4];

kernel!(
    /// As [`super::block`].
    #[inline(always)]
    pub(crate) fn block(
        avx2: Avx2,
        coefficients: &[i16; 64],
        quant: &[i16; 64],
        out: &mut [u8],
        stride: usize,
    ) {
        if super::is_shallow(coefficients) {
            return super::shallow(coefficients, quant, out, stride);
        }
        let load = |values: &[i16; 64], row: usize| -> __m128i {
            i16x8::from_slice(avx2, &values[8 * row..][..8]).into()
        };
        let both = |values, row| _mm256_set_m128i(load(values, row + 4), load(values, row));
        let mut halves: Halves = std::array::from_fn(|row| {
            _mm256_mullo_epi16(both(coefficients, row), both(quant, row))
        });
        for shift in [FIRST, SECOND] {
            let columns = transform(avx2, halves, shift as i32);
            halves = transposed(avx2, columns);
        }
        let flip = _mm256_set1_epi8(i8::MIN);
        for pair in 0..2 {
            let bytes = _mm256_packs_epi16(halves[2 * pair], halves[2 * pair + 1]);
            let bytes = _mm256_xor_si256(bytes, flip);
            let words = [
                _mm256_extract_epi64::<0>(bytes),
                _mm256_extract_epi64::<1>(bytes),
                _mm256_extract_epi64::<2>(bytes),
                _mm256_extract_epi64::<3>(bytes),
            ];
            for (word, row) in words.iter().zip([0, 1, 4, 5]) {
                out[(2 * pair + row) * stride..][..8].copy_from_slice(&word.to_le_bytes());
            }
        }
    }
);

kernel!(
    /// All eight columns, as 32 bits; as [`super::transform`].
    #[inline(always)]
    fn transform(avx2: Avx2, halves: Halves, shift: i32) -> [__m256i; 8] {
        let [x0, x1, x2, x3] = halves.map(|half| _mm256_castsi256_si128(half));
        let [x4, x5, x6, x7] = halves.map(|half| _mm256_extracti128_si256::<1>(half));
        let wide = |x| _mm256_slli_epi32::<{ CONST_BITS as i32 }>(_mm256_cvtepi16_epi32(x));
        let half = _mm256_set1_epi32(1 << (shift - 1));
        let plus = _mm256_add_epi32(wide(_mm_add_epi16(x0, x4)), half);
        let minus = _mm256_add_epi32(wide(_mm_sub_epi16(x0, x4)), half);
        let pair = paired(avx2, x2, x6);
        let (two, three) = (sum(avx2, pair, EVEN_2), sum(avx2, pair, EVEN_3));
        let even = [
            _mm256_add_epi32(plus, three),
            _mm256_add_epi32(minus, two),
            _mm256_sub_epi32(minus, two),
            _mm256_sub_epi32(plus, three),
        ];
        let pair = paired(avx2, _mm_add_epi16(x7, x3), _mm_add_epi16(x5, x1));
        let (z3, z4) = (sum(avx2, pair, ODD_Z3), sum(avx2, pair, ODD_Z4));
        let (outer, inner) = (paired(avx2, x7, x1), paired(avx2, x5, x3));
        let odd = [
            _mm256_add_epi32(sum(avx2, outer, ODD_3), z4),
            _mm256_add_epi32(sum(avx2, inner, ODD_2), z3),
            _mm256_add_epi32(sum(avx2, inner, ODD_1), z4),
            _mm256_add_epi32(sum(avx2, outer, ODD_0), z3),
        ];
        let shift = _mm_cvtsi32_si128(shift);
        std::array::from_fn(|at| {
            let sum = match at {
                0..4 => _mm256_add_epi32(even[at], odd[at]),
                _ => _mm256_sub_epi32(even[7 - at], odd[7 - at]),
            };
            _mm256_sra_epi32(sum, shift)
        })
    }
);

kernel!(
    /// The values of two rows side by side: those of columns 0 to 3, then those of columns 4 to 7.
    #[inline(always)]
    fn paired(_avx2: Avx2, a: __m128i, b: __m128i) -> __m256i {
        _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b))
    }
);

kernel!(
    #[inline(always)]
    fn sum(_avx2: Avx2, pair: __m256i, factors: Pair) -> __m256i {
        let (first, second) = (factors.0 as u16, factors.1 as u16);
        let factors = u32::from(first) | u32::from(second) << 16;
        _mm256_madd_epi16(pair, _mm256_set1_epi32(factors as i32))
    }
);

kernel!(
    /// Rows of 32 bits, cut to 16, as columns.
    #[inline(always)]
    fn transposed(_avx2: Avx2, rows: [__m256i; 8]) -> Halves {
        // In each half of a register: four columns, of which two rows, then four, then eight come together.
        let two = |row: usize| _mm256_packs_epi32(rows[row], rows[row + 1]);
        let four = |a, b| {
            let (even, odd) = (_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b));
            (
                _mm256_unpacklo_epi16(even, odd),
                _mm256_unpackhi_epi16(even, odd),
            )
        };
        let (upper, lower) = (four(two(0), two(2)), four(two(4), two(6)));
        [
            _mm256_unpacklo_epi64(upper.0, lower.0),
            _mm256_unpackhi_epi64(upper.0, lower.0),
            _mm256_unpacklo_epi64(upper.1, lower.1),
            _mm256_unpackhi_epi64(upper.1, lower.1),
        ]
    }
);
