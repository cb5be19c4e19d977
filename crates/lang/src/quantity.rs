//! Numbers as written: exact decimals with a unit.

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
