//! Between big whole numbers and `f64`.

use num_bigint::BigUint;

/// A non-negative number as `mantissa · 2^exponent`; it does not overflow where an `f64` would.
fn split(value: &BigUint) -> (f64, i64) {
    let shift = value.bits().saturating_sub(64);
    let top = (value >> shift).iter_u64_digits().next().unwrap_or(0);
    (
        top as f64,
        i64::try_from(shift).expect("fewer than 2^63 bits"),
    )
}

/// `numerator / denominator`, to within 2^-51 of its value; 0 when it is below 1e-300.
pub(super) fn ratio(numerator: &BigUint, denominator: &BigUint) -> f64 {
    let (above, up) = split(numerator);
    let (below, down) = split(denominator);
    let power = i32::try_from(up - down).unwrap_or(i32::MIN);
    above / below * 2f64.powi(power)
}

/// `floor(total · share)` for a finite `share` of at least 0.
pub(super) fn share_floor(total: &BigUint, share: f64) -> BigUint {
    let (mantissa, exponent) = decode(share);
    let product = total * mantissa;
    match u64::try_from(exponent) {
        Ok(left) => product << left,
        Err(_) => product >> exponent.unsigned_abs(),
    }
}

/// A finite `f64` of at least 0 as `mantissa · 2^exponent`, exactly.
fn decode(value: f64) -> (u64, i64) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match (bits >> 52) as i64 {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_numbers_past_the_range_of_f64_is_right() {
        let large = BigUint::from(3u32) << 5000u32;
        assert_eq!(ratio(&large, &(BigUint::from(1u32) << 5001u32)), 1.5);
        assert_eq!(ratio(&BigUint::from(1u32), &large), 0.0);
    }

    #[test]
    fn a_share_of_a_total_is_rounded_down() {
        assert_eq!(
            share_floor(&BigUint::from(10u32), 0.35),
            BigUint::from(3u32)
        );
        let large = BigUint::from(1u32) << 2000u32;
        assert_eq!(share_floor(&large, 0.75), BigUint::from(3u32) << 1998u32);
        assert_eq!(share_floor(&large, 0.0), BigUint::ZERO);
    }
}
