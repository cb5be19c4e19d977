//! Exact numbers of either sign, as rows compute with them.

use std::fmt;

use crate::quantity::Ratio;
use crate::space::AttributeValue;
use crate::syntax::ast::Sign;

/// A fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::space) struct Exact {
    /// Above `i128::MIN`, so that its negative is a number too.
    numerator: i128,
    /// At least 1.
    denominator: i128,
}

/// Why two numbers cannot be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::space) enum NoNumber {
    DivisionByZero,
    TooLarge,
}

impl Exact {
    pub fn whole(value: u32) -> Exact {
        Exact::from(u64::from(value))
    }

    /// The number that a value is; `None` for a word.
    pub fn of(value: AttributeValue) -> Option<Exact> {
        match value {
            AttributeValue::Integer(value) => Some(Exact::whole(value)),
            AttributeValue::Ratio(ratio) => Some(ratio.into()),
            _ => None,
        }
    }

    fn new(numerator: i128, denominator: i128) -> Exact {
        let divisor = common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).unwrap_or(1);
        Exact {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        }
    }

    /// This and another number joined by a sign.
    pub fn join(self, sign: Sign, other: Exact) -> Result<Exact, NoNumber> {
        let (a, b) = (self, other);
        if sign == Sign::Over && b.numerator == 0 {
            return Err(NoNumber::DivisionByZero);
        }
        let joined = match sign {
            Sign::Times => a.times(b.numerator, b.denominator),
            Sign::Over => a.times(b.denominator * b.numerator.signum(), b.numerator.abs()),
            Sign::Plus => a.plus(b, 1),
            Sign::Minus => a.plus(b, -1),
        };
        let held = joined.filter(|joined| joined.numerator > i128::MIN);
        held.ok_or(NoNumber::TooLarge)
    }

    fn times(self, numerator: i128, denominator: i128) -> Option<Exact> {
        // Crosswise in lowest terms first, so that only numbers that are too large overflow.
        let (a, b) = (
            Exact::new(self.numerator, denominator),
            Exact::new(numerator, self.denominator),
        );
        Some(Exact::new(
            a.numerator.checked_mul(b.numerator)?,
            a.denominator.checked_mul(b.denominator)?,
        ))
    }

    fn plus(self, other: Exact, sign: i128) -> Option<Exact> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        let sum = left.checked_add(right.checked_mul(sign)?)?;
        Some(Exact::new(
            sum,
            self.denominator.checked_mul(other.denominator)?,
        ))
    }

    /// Widths in multiples of eight: `max(8, 8·⌊(v + 4) / 8⌋)`, and 8 more if that is below `0.9·v`.
    pub fn round8(self) -> Result<Exact, NoNumber> {
        self.rounded8().ok_or(NoNumber::TooLarge)
    }

    fn rounded8(self) -> Option<Exact> {
        let (above, below) = (self.numerator, self.denominator);
        let raised = above.checked_add(below.checked_mul(4)?)?;
        let nearest = (8 * raised.div_euclid(below.checked_mul(8)?)).max(8);
        let held = nearest.checked_mul(10)?.checked_mul(below)?;
        let rounded = match held < above.checked_mul(9)? {
            true => nearest + 8,
            false => nearest,
        };
        Some(Exact {
            numerator: rounded,
            denominator: 1,
        })
    }

    /// The value where it is whole.
    pub fn to_whole(self) -> Option<i128> {
        (self.denominator == 1).then_some(self.numerator)
    }

    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// Whether it lies in a range, both ends included.
    pub fn is_within(self, (low, high): (u32, u32)) -> bool {
        // Rounded down it is at least as large as a whole number that it reaches, and rounded up no larger
        // than one that it does not pass.
        let floor = self.numerator.div_euclid(self.denominator);
        let is_whole = self.numerator.rem_euclid(self.denominator) == 0;
        floor >= low.into() && (floor < high.into() || floor == high.into() && is_whole)
    }

    /// As a ratio; `None` where it is negative or does not fit.
    pub fn to_ratio(self) -> Option<Ratio> {
        let numerator = u64::try_from(self.numerator).ok()?;
        Ratio::new(numerator, u64::try_from(self.denominator).ok()?)
    }
}

impl From<u64> for Exact {
    fn from(value: u64) -> Exact {
        Exact {
            numerator: value.into(),
            denominator: 1,
        }
    }
}

impl From<Ratio> for Exact {
    fn from(ratio: Ratio) -> Exact {
        Exact::new(ratio.numerator.into(), ratio.denominator.into())
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.numerator < 0 { "-" } else { "" };
        let size = Exact {
            numerator: self.numerator.abs(),
            ..*self
        };
        match size.to_ratio() {
            Some(ratio) => write!(f, "{sign}{ratio}"),
            None => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

fn common_divisor(a: u128, b: u128) -> u128 {
    match b {
        0 => a.max(1),
        _ => common_divisor(b, a % b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(numerator: i128, denominator: i128) -> Exact {
        Exact::new(numerator, denominator)
    }

    fn rounded(numerator: i128, denominator: i128) -> Option<i128> {
        fraction(numerator, denominator).round8().ok()?.to_whole()
    }

    #[test]
    fn widths_round_to_the_nearest_multiple_of_eight_and_halves_round_up() {
        assert_eq!(rounded(48, 4), Some(16)); // 12 lies between 8 and 16
        assert_eq!(rounded(144, 4), Some(40)); // 36
        assert_eq!(rounded(96, 4), Some(24));
        assert_eq!(rounded(24 * 4, 1), Some(96));
    }

    #[test]
    fn no_width_falls_below_eight_or_loses_more_than_a_tenth() {
        assert_eq!(rounded(8, 4), Some(8));
        assert_eq!(rounded(11, 1), Some(16)); // 8 is less than 0.9 · 11
        assert_eq!(rounded(19, 1), Some(24)); // 16 is less than 0.9 · 19
        assert_eq!(rounded(10, 2), Some(8));
        assert_eq!(rounded(-30, 1), Some(8));
    }

    #[test]
    fn fractions_are_joined_exactly() {
        let third = fraction(1, 3);
        let join = |a: Exact, sign, b| a.join(sign, b).expect("they are small");
        assert_eq!(join(third, Sign::Times, Exact::whole(3)), Exact::whole(1));
        assert_eq!(join(third, Sign::Minus, third), Exact::whole(0));
        assert_eq!(join(third, Sign::Plus, third), fraction(2, 3));
        let negative = join(Exact::whole(1), Sign::Minus, Exact::whole(3));
        assert_eq!(join(third, Sign::Over, negative), fraction(-1, 6));
        assert_eq!(negative.to_string(), "-2");
    }

    #[test]
    fn what_is_no_number_says_why() {
        let (one, zero) = (Exact::whole(1), Exact::whole(0));
        assert_eq!(one.join(Sign::Over, zero), Err(NoNumber::DivisionByZero));
        let large = fraction(i128::MAX, 1);
        assert_eq!(large.join(Sign::Plus, one), Err(NoNumber::TooLarge));
        assert_eq!(large.round8(), Err(NoNumber::TooLarge));
        let least = fraction(-i128::MAX, 1);
        assert_eq!(least.join(Sign::Minus, one), Err(NoNumber::TooLarge));
        let (half, two) = (fraction(-(1 << 126), 1), Exact::whole(2));
        assert_eq!(half.join(Sign::Times, two), Err(NoNumber::TooLarge));
        assert_eq!(
            one.join(Sign::Over, least).map(|one| one.to_string().len()),
            Ok(42)
        );
    }

    #[test]
    fn both_ends_of_a_range_lie_in_it_and_what_is_a_hair_beyond_does_not() {
        let range = (1, 3);
        for inside in [
            fraction(1, 1),
            fraction(3, 1),
            fraction(299, 100),
            fraction(101, 100),
        ] {
            assert!(inside.is_within(range), "{inside}");
        }
        for outside in [
            fraction(99, 100),
            fraction(301, 100),
            fraction(-2, 1),
            fraction(0, 1),
        ] {
            assert!(!outside.is_within(range), "{outside}");
        }
    }
}
