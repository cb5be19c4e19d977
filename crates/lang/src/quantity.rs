//! Numbers as written: exact decimals with a unit.

use std::fmt;

/// The unit behind a number. `K M G` make a count, `us ms s` a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// No unit: a plain number.
    Bare,
    /// `K`, `M` or `G`: a count.
    Count,
    /// `us`, `ms` or `s`: a time.
    Time,
}

/// An exact number: `mantissa · 10^exponent`, in single counts or whole seconds.
///
/// `286M` is 286·10^6 counts, `22ms` is 22·10^-3 seconds, `1e-5` is 1·10^-5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// The digits, the decimal point left out.
    pub mantissa: u128,
    /// The power of ten they are multiplied with, the unit's factor included.
    pub exponent: i32,
    /// What is counted.
    pub unit: Unit,
}

/// An exact non-negative fraction in lowest terms: expansion and squeeze ratios, epsilons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    /// Above the line.
    pub numerator: u64,
    /// Below the line; at least 1.
    pub denominator: u64,
}

impl fmt::Display for Ratio {
    /// The shortest decimal where there is one (`0.25`), else `1/3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numerator, denominator) = (u128::from(self.numerator), u128::from(self.denominator));
        let digits =
            (0..20).find(|&digits| (numerator * 10u128.pow(digits)).is_multiple_of(denominator));
        let Some(digits) = digits.filter(|&digits| digits > 0) else {
            return match denominator {
                1 => write!(f, "{numerator}"),
                _ => write!(f, "{numerator}/{denominator}"),
            };
        };
        let decimal = numerator * 10u128.pow(digits) / denominator;
        let one = 10u128.pow(digits);
        let width = digits as usize;
        write!(f, "{}.{:0width$}", decimal / one, decimal % one)
    }
}

#[cfg(test)]
mod ratio_tests {
    use super::Ratio;

    #[test]
    fn a_ratio_prints_as_the_decimal_it_was_written_as() {
        let print = |numerator, denominator| {
            Ratio {
                numerator,
                denominator,
            }
            .to_string()
        };
        assert_eq!(print(4, 1), "4");
        assert_eq!(print(1, 4), "0.25");
        assert_eq!(print(9, 2), "4.5");
        assert_eq!(print(1, 100_000), "0.00001");
        assert_eq!(print(1, 3), "1/3");
    }
}
