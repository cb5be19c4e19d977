//! Coefficients to samples: libjpeg's accurate integer transform ("islow", after Loeffler, Ligtenberg and Moschytz), in the
//! 16-bit form that libjpeg-turbo gives it on x86, so that even numbers far out of range end alike.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(crate) mod avx2;

/// Fraction bits of the constants.
const CONST_BITS: u32 = 13;
/// Fraction bits between the passes.
const PASS1_BITS: u32 = 2;
/// What the first pass shifts away.
const FIRST: u32 = CONST_BITS - PASS1_BITS;
/// What the second pass shifts away.
const SECOND: u32 = CONST_BITS + PASS1_BITS + 3;

/// `x` with [`CONST_BITS`] fraction bits.
const fn fixed(x: f64) -> i16 {
    (x * (1 << CONST_BITS) as f64 + 0.5) as i16
}

const F_0_298: i16 = fixed(0.298_631_336);
const F_0_390: i16 = fixed(0.390_180_644);
const F_0_541: i16 = fixed(0.541_196_100);
const F_0_765: i16 = fixed(0.765_366_865);
const F_0_899: i16 = fixed(0.899_976_223);
const F_1_175: i16 = fixed(1.175_875_602);
const F_1_501: i16 = fixed(1.501_321_110);
const F_1_847: i16 = fixed(1.847_759_065);
const F_1_961: i16 = fixed(1.961_570_560);
const F_2_053: i16 = fixed(2.053_119_869);
const F_2_562: i16 = fixed(2.562_915_447);
const F_3_072: i16 = fixed(3.072_711_026);

/// Factors of pairs: what of the first and of the second number goes into a sum.
type Pair = (i16, i16);
const EVEN_2: Pair = (F_0_541, F_0_541 - F_1_847);
const EVEN_3: Pair = (F_0_541 + F_0_765, F_0_541);
const ODD_Z3: Pair = (F_1_175 - F_1_961, F_1_175);
const ODD_Z4: Pair = (F_1_175, F_1_175 - F_0_390);
const ODD_0: Pair = (F_0_298 - F_0_899, -F_0_899);
const ODD_1: Pair = (F_2_053 - F_2_562, -F_2_562);
const ODD_2: Pair = (-F_2_562, F_3_072 - F_2_562);
const ODD_3: Pair = (-F_0_899, F_1_501 - F_0_899);

type Rows = [[i16; 8]; 8];

/// One block, dequantised and transformed, to eight rows of `out`, each `stride` behind the one before.
#[inline(always)]
pub(crate) fn block(coefficients: &[i16; 64], quant: &[i16; 64], out: &mut [u8], stride: usize) {
    if is_shallow(coefficients) {
        return shallow(coefficients, quant, out, stride);
    }
    both_passes(coefficients, quant, out, stride);
}

#[inline(always)]
fn both_passes(coefficients: &[i16; 64], quant: &[i16; 64], out: &mut [u8], stride: usize) {
    let mut rows: Rows = [[0; 8]; 8];
    for (at, (&value, &factor)) in coefficients.iter().zip(quant).enumerate() {
        rows[at / 8][at % 8] = value.wrapping_mul(factor);
    }
    let once = transposed(&pass(&rows, FIRST));
    let twice = transposed(&pass(&once, SECOND));
    for (row, out) in twice.iter().zip(out.chunks_mut(stride)) {
        for (out, &value) in out.iter_mut().zip(row) {
            *out = (value.clamp(-128, 127) + 128) as u8;
        }
    }
}

/// Whether all coefficients below the first row are 0.
#[inline(always)]
fn is_shallow(coefficients: &[i16; 64]) -> bool {
    coefficients[8..].iter().fold(0, |any, &value| any | value) == 0
}

/// The first pass over a column of which only the first coefficient is not 0: its eight values are all this one. Where whole columns are
/// saturated, libjpeg-turbo lets this one overflow.
#[inline(always)]
fn first_pass_of_shallow(value: i16, factor: i16) -> i16 {
    value.wrapping_mul(factor).wrapping_mul(1 << PASS1_BITS)
}

/// One block of which only the first row is not 0: eight rows of the same samples.
#[inline(always)]
fn shallow(coefficients: &[i16; 64], quant: &[i16; 64], out: &mut [u8], stride: usize) {
    let once = std::array::from_fn(|at| first_pass_of_shallow(coefficients[at], quant[at]));
    let samples = transform(&once, SECOND).map(|value| (value.clamp(-128, 127) + 128) as u8);
    for row in 0..8 {
        out[row * stride..][..8].copy_from_slice(&samples);
    }
}

/// One block of which only the first coefficient is not 0: the same samples, all equal.
#[inline(always)]
pub(crate) fn flat(first: i16, quant: &[i16; 64], out: &mut [u8], stride: usize) {
    let value = i32::from(first_pass_of_shallow(first, quant[0]));
    let half = 1 << (PASS1_BITS + 2);
    let sample = (((value + half) >> (PASS1_BITS + 3)).clamp(-128, 127) + 128) as u8;
    for row in 0..8 {
        out[row * stride..][..8].fill(sample);
    }
}

fn transposed(rows: &Rows) -> Rows {
    std::array::from_fn(|row| std::array::from_fn(|column| rows[column][row]))
}

/// Transforms all eight columns.
#[inline(always)]
fn pass(rows: &Rows, shift: u32) -> Rows {
    let mut out: Rows = [[0; 8]; 8];
    for column in 0..8 {
        let values = transform(&std::array::from_fn(|row| rows[row][column]), shift);
        for (row, value) in values.into_iter().enumerate() {
            out[row][column] = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        }
    }
    out
}

#[inline(always)]
fn transform(x: &[i16; 8], shift: u32) -> [i32; 8] {
    let wide = |value: i16| i32::from(value) << CONST_BITS;
    let (two, three) = (sum(x[2], x[6], EVEN_2), sum(x[2], x[6], EVEN_3));
    let half = 1 << (shift - 1);
    let plus = wide(x[0].wrapping_add(x[4])).wrapping_add(half);
    let minus = wide(x[0].wrapping_sub(x[4])).wrapping_add(half);
    let even = [
        plus.wrapping_add(three),
        minus.wrapping_add(two),
        minus.wrapping_sub(two),
        plus.wrapping_sub(three),
    ];
    let (z3, z4) = (x[7].wrapping_add(x[3]), x[5].wrapping_add(x[1]));
    let (z3, z4) = (sum(z3, z4, ODD_Z3), sum(z3, z4, ODD_Z4));
    let odd = [
        sum(x[7], x[1], ODD_3).wrapping_add(z4),
        sum(x[5], x[3], ODD_2).wrapping_add(z3),
        sum(x[5], x[3], ODD_1).wrapping_add(z4),
        sum(x[7], x[1], ODD_0).wrapping_add(z3),
    ];
    std::array::from_fn(|at| match at {
        0..4 => even[at].wrapping_add(odd[at]) >> shift,
        _ => even[7 - at].wrapping_sub(odd[7 - at]) >> shift,
    })
}

#[inline(always)]
fn sum(a: i16, b: i16, (first, second): Pair) -> i32 {
    i32::from(a) * i32::from(first) + i32::from(b) * i32::from(second)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lanes::{Lanes, Work, dispatch};

    type Block = [i16; 64];

    struct Transform<'a>(&'a Block, &'a Block);

    impl Work for Transform<'_> {
        type Output = Vec<u8>;

        fn with(self, lanes: impl Lanes) -> Vec<u8> {
            let mut out = vec![0; 7 * 11 + 8];
            lanes.run(|| lanes.block(self.0, self.1, &mut out, 11));
            out
        }
    }

    fn plain(coefficients: &Block, quant: &Block) -> Vec<u8> {
        let mut out = vec![0; 7 * 11 + 8];
        block(coefficients, quant, &mut out, 11);
        out
    }

    fn blocks() -> impl Strategy<Value = (Block, Block)> {
        let any_block = || prop::collection::vec(any::<i16>(), 64);
        let block = |values: Vec<i16>| <Block>::try_from(values).unwrap();
        let drawn = (any_block(), any_block(), 0..16u32, 0..16u32, 1..=64usize);
        drawn.prop_map(move |(a, b, small, tiny, coded)| {
            let mut a = block(a).map(|value| value >> small);
            a[coded..].fill(0);
            (a, block(b).map(|value| value >> tiny))
        })
    }

    /// libjpeg-turbo's answers on x86, as Pillow gives them for blocks of one coefficient.
    #[test]
    fn a_first_coefficient_beyond_the_range_overflows() {
        for (first, factor, sample) in [
            (32, 255, 255),
            (33, 255, 0),
            (-33, 255, 255),
            (66, 255, 184),
        ] {
            let mut out = vec![7; 7 * 11 + 8];
            flat(first, &[factor; 64], &mut out, 11);
            assert_eq!(
                [out[0], out[7 * 11 + 7]],
                [sample; 2],
                "{first} times {factor}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn every_processor_gives_the_same_samples((coefficients, quant) in blocks()) {
            prop_assert_eq!(dispatch(Transform(&coefficients, &quant)), plain(&coefficients, &quant));
        }

        #[test]
        fn a_flat_block_is_what_the_transform_gives(first: i16, factor: i16) {
            let (mut coefficients, quant) = ([0; 64], [factor; 64]);
            coefficients[0] = first;
            let mut out = vec![0; 7 * 11 + 8];
            flat(first, &quant, &mut out, 11);
            prop_assert_eq!(out, plain(&coefficients, &quant));
        }

        /// As long as nothing is so large that it overflows.
        #[test]
        fn a_shallow_block_is_what_both_passes_give(
            row in prop::collection::vec(-500..500i16, 8), factors in prop::collection::vec(1..17i16, 64),
        ) {
            let (mut coefficients, quant) = ([0; 64], factors.try_into().unwrap());
            coefficients[..8].copy_from_slice(&row);
            let mut out = vec![0; 7 * 11 + 8];
            both_passes(&coefficients, &quant, &mut out, 11);
            prop_assert_eq!(out, plain(&coefficients, &quant));
        }

        #[test]
        fn samples_are_those_of_the_transform_in_real_numbers(
            coefficients in prop::collection::vec(-60..60i16, 64),
        ) {
            use std::f64::consts::{FRAC_1_SQRT_2, PI};
            let coefficients: Block = coefficients.try_into().unwrap();
            let found = plain(&coefficients, &[1; 64]);
            for y in 0..8 {
                for x in 0..8 {
                    let wave = |at: usize, k: usize| {
                        let scale = if k == 0 { FRAC_1_SQRT_2 } else { 1.0 };
                        scale * ((2 * at + 1) as f64 * k as f64 * PI / 16.0).cos() / 2.0
                    };
                    let terms = (0..64).map(|at| f64::from(coefficients[at]) * wave(y, at / 8) * wave(x, at % 8));
                    let exact = (terms.sum::<f64>() + 128.0).clamp(0.0, 255.0);
                    prop_assert!((f64::from(found[y * 11 + x]) - exact).abs() < 0.6);
                }
            }
        }
    }
}
