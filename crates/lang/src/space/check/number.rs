//! Written numbers to the types the compiler counts with.

use crate::quantity::{Quantity, Ratio};

/// The whole number a quantity is; `None` when it is a fraction or passes `u128`.
pub(super) fn whole(quantity: Quantity) -> Option<u128> {
    let (mantissa, exponent) = reduced(quantity);
    let factor = 10_u128.checked_pow(u32::try_from(exponent).ok()?)?;
    mantissa.checked_mul(factor)
}

/// Whether it has a part below one.
pub(super) fn is_fraction(quantity: Quantity) -> bool {
    reduced(quantity).1 < 0
}

/// Whether it has more than `decimals` places after the point.
pub(super) fn is_too_fine(quantity: Quantity, decimals: u32) -> bool {
    i64::from(reduced(quantity).1) < -i64::from(decimals)
}

/// The exact fraction a quantity is; `None` with more than `decimals` places after the point, or
/// past 2^32.
pub(super) fn ratio(quantity: Quantity, decimals: u32) -> Option<Ratio> {
    let (mantissa, exponent) = reduced(quantity);
    if is_too_fine(quantity, decimals) {
        return None;
    }
    let places = exponent.min(0).unsigned_abs();
    let denominator = 10_u128.checked_pow(places)?;
    let scale = 10_u128.checked_pow(u32::try_from(exponent.max(0)).ok()?)?;
    let numerator = mantissa.checked_mul(scale)?;
    if numerator / denominator > u128::from(u32::MAX) {
        return None;
    }
    lowest_terms(numerator, denominator)
}

/// A fraction in lowest terms, when both parts fit.
pub(super) fn lowest_terms(numerator: u128, denominator: u128) -> Option<Ratio> {
    let common = common_divisor(numerator, denominator);
    Some(Ratio {
        numerator: u64::try_from(numerator / common).ok()?,
        denominator: u64::try_from(denominator / common).ok()?,
    })
}

/// The greatest number that divides both; they are not both 0.
pub(super) fn common_divisor(a: u128, b: u128) -> u128 {
    match b {
        0 => a,
        _ => common_divisor(b, a % b),
    }
}

/// The same value without zeros at the end of the digits.
fn reduced(quantity: Quantity) -> (u128, i32) {
    let (mut mantissa, mut exponent) = (quantity.mantissa, quantity.exponent);
    if mantissa == 0 {
        return (0, 0);
    }
    while exponent < 0 && mantissa.is_multiple_of(10) {
        mantissa /= 10;
        exponent += 1;
    }
    (mantissa, exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Unit;

    fn quantity(mantissa: u128, exponent: i32) -> Quantity {
        Quantity {
            mantissa,
            exponent,
            unit: Unit::Bare,
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_decimals_or_an_exponent() {
        assert_eq!(whole(quantity(30, -1)), Some(3));
        assert_eq!(whole(quantity(3, 6)), Some(3_000_000));
        assert_eq!(whole(quantity(25, -2)), None);
        assert_eq!(whole(quantity(0, -999)), Some(0));
        assert_eq!(whole(quantity(1, 40)), None);
    }

    #[test]
    fn a_ratio_is_in_lowest_terms_and_not_finer_than_allowed() {
        let quarter = Ratio {
            numerator: 1,
            denominator: 4,
        };
        assert_eq!(ratio(quantity(25, -2), 9), Some(quarter));
        assert_eq!(ratio(quantity(25, -2), 1), None);
        assert_eq!(ratio(quantity(1, i32::MIN), 9), None);
        assert_eq!(ratio(quantity(1, i32::MAX), 9), None);
    }
}
