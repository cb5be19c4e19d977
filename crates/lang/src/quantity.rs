//! Numbers as written: exact decimals with a unit; arithmetic on them; numbers for reading.
//!
//! Nothing here rounds, except the functions named `for_reading`.

use std::cmp::Ordering;
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

/// Every unit as written, with its kind and its power of ten (in single counts or whole seconds).
pub const UNITS: [(&str, Unit, i32); 6] = [
    ("K", Unit::Count, 3),
    ("M", Unit::Count, 6),
    ("G", Unit::Count, 9),
    ("us", Unit::Time, -6),
    ("ms", Unit::Time, -3),
    ("s", Unit::Time, 0),
];

/// Powers of ten a number may be written with; further ones are refused.
const LARGEST_EXPONENT: i32 = 64;

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

/// Why a text is no [`Quantity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// It is not written like a number.
    Malformed,
    /// It has more than 38 digits, or a power of ten beyond 64.
    OutOfRange,
}

impl Quantity {
    /// A bare whole number.
    pub fn whole(value: u64) -> Quantity {
        Quantity {
            mantissa: u128::from(value),
            exponent: 0,
            unit: Unit::Bare,
        }
    }

    /// Reads `digits ["." digits] ["e" ["-"] digits | unit]`.
    ///
    /// # Errors
    /// When the text is anything else, or too long to be held exactly.
    pub fn parse(text: &str) -> Result<Quantity, NumberError> {
        let (digits, unit, power) = split_unit(text);
        let (digits, written) = match digits.split_once('e') {
            Some((digits, power)) if unit == Unit::Bare => (digits, parse_exponent(power)?),
            Some(_) => return Err(NumberError::Malformed),
            None => (digits, 0),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return Err(NumberError::Malformed),
            None => (digits, ""),
        };
        if !is_digits(whole) {
            return Err(NumberError::Malformed);
        }
        let mantissa = parse_mantissa(whole, fraction)?;
        let places = i32::try_from(fraction.len()).map_err(|_| NumberError::OutOfRange)?;
        let exponent = written + power - places;
        if exponent.abs() > LARGEST_EXPONENT {
            return Err(NumberError::OutOfRange);
        }
        Ok(Quantity {
            mantissa,
            exponent,
            unit,
        })
    }

    /// Whether it is zero, which needs no unit.
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The value in single counts (or whole seconds) where that is whole and fits.
    pub fn to_u64(self) -> Option<u64> {
        self.times_power(0)
    }

    /// As [`Quantity::to_u64`], for 32 bits.
    pub fn to_u32(self) -> Option<u32> {
        self.to_u64().and_then(|value| u32::try_from(value).ok())
    }

    /// A time in whole nanoseconds; `None` where it is not whole or does not fit.
    pub fn to_nanoseconds(self) -> Option<u64> {
        self.times_power(9)
    }

    /// A time to the nearest nanosecond, halves up; `None` where it does not fit.
    pub fn to_nearest_nanosecond(self) -> Option<u64> {
        let lowest = self.lowest();
        let power = lowest.exponent + 9;
        if power >= 0 {
            return self.to_nanoseconds();
        }
        // With more places than digits there are it is less than half of one.
        let Some(unit) = 10_u128.checked_pow(power.unsigned_abs()) else {
            return Some(0);
        };
        let (whole, rest) = (lowest.mantissa / unit, lowest.mantissa % unit);
        u64::try_from(whole + u128::from(rest >= unit - rest)).ok()
    }

    /// The exact fraction; `None` where one side of it passes 64 bits.
    pub fn to_ratio(self) -> Option<Ratio> {
        let lowest = self.lowest();
        let numerator = u64::try_from(scaled(lowest.mantissa, lowest.exponent.max(0))?).ok()?;
        let denominator = u64::try_from(scaled(1, (-lowest.exponent).max(0))?).ok()?;
        Ratio::new(numerator, denominator)
    }

    /// Which of two numbers is larger, units' factors included; the kinds of unit are not compared.
    pub fn compare(self, other: Quantity) -> Ordering {
        let (a, b) = (self.lowest(), other.lowest());
        if a.is_zero() || b.is_zero() {
            return a.mantissa.cmp(&b.mantissa);
        }
        // Digits before the point decide unless they are equally many.
        let magnitude = |q: Quantity| i64::from(q.mantissa.ilog10()) + i64::from(q.exponent);
        magnitude(a).cmp(&magnitude(b)).then_with(|| {
            let floor = a.exponent.min(b.exponent);
            let aligned = |q: Quantity| {
                scaled(q.mantissa, q.exponent - floor).expect("equal magnitudes align in 39 digits")
            };
            aligned(a).cmp(&aligned(b))
        })
    }

    /// `value · 10^power` as a whole number, if it is one.
    fn times_power(self, power: i32) -> Option<u64> {
        let lowest = self.lowest();
        let exponent = lowest.exponent + power;
        (exponent >= 0)
            .then(|| scaled(lowest.mantissa, exponent))?
            .and_then(|value| u64::try_from(value).ok())
    }

    /// The same number without zeros at the end of its mantissa.
    fn lowest(self) -> Quantity {
        let mut lowest = self;
        if lowest.mantissa == 0 {
            lowest.exponent = 0;
        }
        while lowest.mantissa != 0 && lowest.mantissa.is_multiple_of(10) {
            lowest.mantissa /= 10;
            lowest.exponent += 1;
        }
        lowest
    }
}

/// `mantissa · 10^power`; `None` where it passes 128 bits.
fn scaled(mantissa: u128, power: i32) -> Option<u128> {
    if mantissa == 0 {
        return Some(0);
    }
    let factor = 10_u128.checked_pow(u32::try_from(power).ok()?)?;
    mantissa.checked_mul(factor)
}

/// Cuts a unit from the end: the longest that fits, so that `ms` is not read as `s`.
fn split_unit(text: &str) -> (&str, Unit, i32) {
    UNITS
        .iter()
        .filter_map(|&(unit, kind, power)| Some((text.strip_suffix(unit)?, kind, power)))
        .min_by_key(|(digits, ..)| digits.len())
        .unwrap_or((text, Unit::Bare, 0))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_exponent(text: &str) -> Result<i32, NumberError> {
    let (digits, sign) = match text.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (text, 1),
    };
    if !is_digits(digits) {
        return Err(NumberError::Malformed);
    }
    let magnitude: i32 = digits.parse().map_err(|_| NumberError::OutOfRange)?;
    // Far beyond the limit already; keeps the sum with the unit's power from overflowing.
    Ok(sign * magnitude.min(1_000_000))
}

fn parse_mantissa(whole: &str, fraction: &str) -> Result<u128, NumberError> {
    whole
        .bytes()
        .chain(fraction.bytes())
        .try_fold(0_u128, |sum, digit| {
            sum.checked_mul(10)?.checked_add(u128::from(digit - b'0'))
        })
        .filter(|&mantissa| mantissa < 10_u128.pow(38))
        .ok_or(NumberError::OutOfRange)
}

/// An exact non-negative fraction in lowest terms: expansion and squeeze ratios, epsilons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    /// Above the line.
    pub numerator: u64,
    /// Below the line; at least 1.
    pub denominator: u64,
}

impl Ratio {
    /// The fraction in lowest terms; `None` for a denominator of 0.
    pub fn new(numerator: u64, denominator: u64) -> Option<Ratio> {
        if denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Some(Ratio {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        })
    }

    /// A whole number.
    pub fn whole(value: u64) -> Ratio {
        Ratio {
            numerator: value,
            denominator: 1,
        }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// The nearest `f64`.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Ratio) -> Ordering {
        let cross = |a: u64, b: u64| u128::from(a) * u128::from(b);
        cross(self.numerator, other.denominator).cmp(&cross(other.numerator, self.denominator))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As it is written in a `.cream` file: `4`, `0.25`, `0.00001`. A fraction that no decimal
/// equals (it cannot come from a file) is written `1/3`.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.numerator / self.denominator;
        let mut rest = u128::from(self.numerator % self.denominator);
        let denominator = u128::from(self.denominator);
        let mut digits = String::new();
        // A decimal that ends has at most as many places as its denominator has factors 2 or 5.
        while rest != 0 && digits.len() < 64 {
            rest *= 10;
            digits.push(char::from(b'0' + (rest / denominator) as u8));
            rest %= denominator;
        }
        match (rest, digits.is_empty()) {
            (0, true) => write!(f, "{whole}"),
            (0, false) => write!(f, "{whole}.{digits}"),
            _ => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// A count for reading, four digits at most where it is rounded: `999`, `81.7M`, `5.5e23`.
pub fn count_for_reading(count: u128) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => with_unit(count, 1_000, "K"),
        1_000_000..1_000_000_000 => with_unit(count, 1_000_000, "M"),
        1_000_000_000..1_000_000_000_000_000 => with_unit(count, 1_000_000_000, "G"),
        _ => in_powers(count),
    }
}

/// A time for reading: `22ms`, `1.5s`, `340ns`.
pub fn time_for_reading(nanoseconds: u64) -> String {
    let count = u128::from(nanoseconds);
    match nanoseconds {
        0..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => with_unit(count, 1_000, "us"),
        1_000_000..1_000_000_000 => with_unit(count, 1_000_000, "ms"),
        _ => with_unit(count, 1_000_000_000, "s"),
    }
}

/// A count as it may be written in a file, with a unit where that keeps it whole: `60M`, `287189872`.
pub fn exact_count(count: u64) -> String {
    let units = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "K")];
    let whole = |(factor, _): &&(u64, &str)| count > 0 && count.is_multiple_of(*factor);
    match units.iter().find(whole) {
        Some((factor, unit)) => format!("{}{unit}", count / factor),
        None => count.to_string(),
    }
}

/// A time as it may be written in a file, to the nanosecond: `22ms`, `1.523us`, `0us`.
pub fn exact_time(nanoseconds: u64) -> String {
    let (unit, name, places) = match nanoseconds {
        0..1_000_000 => (1_000, "us", 3),
        1_000_000..1_000_000_000 => (1_000_000, "ms", 6),
        _ => (1_000_000_000, "s", 9),
    };
    let whole = nanoseconds / unit;
    match nanoseconds % unit {
        0 => format!("{whole}{name}"),
        rest => {
            let decimals = format!("{rest:0places$}");
            format!("{whole}.{}{name}", decimals.trim_end_matches('0'))
        }
    }
}

/// A whole number with commas between groups of three: `550,043,705`.
pub fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `count / factor` with one decimal, which is left out where it is 0; half rounds up.
fn with_unit(count: u128, factor: u128, unit: &str) -> String {
    let tenths = (count * 10 + factor / 2) / factor;
    match tenths % 10 {
        0 => format!("{}{unit}", tenths / 10),
        tenth => format!("{}.{tenth}{unit}", tenths / 10),
    }
}

/// `d.de23`.
fn in_powers(count: u128) -> String {
    let power = count.ilog10();
    let unit = 10_u128.pow(power - 1);
    match (count + unit / 2) / unit {
        100 => format!("1e{}", power + 1),
        tenths if tenths % 10 == 0 => format!("{}e{power}", tenths / 10),
        tenths => format!("{}.{}e{power}", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Quantity {
        Quantity::parse(text).expect("the text is a number")
    }

    #[test]
    fn units_scale_exactly() {
        assert_eq!(parse("286M").to_u64(), Some(286_000_000));
        assert_eq!(parse("0.5K").to_u64(), Some(500));
        assert_eq!(parse("1.5").to_u64(), None);
        assert_eq!(parse("22ms").to_nanoseconds(), Some(22_000_000));
        assert_eq!(parse("0.1us").to_nanoseconds(), Some(100));
        assert_eq!(parse("3s").unit, Unit::Time);
        assert_eq!(parse("3.0").to_u32(), Some(3));
    }

    #[test]
    fn huge_numbers_are_refused_or_checked() {
        assert_eq!(parse("999999999999G").to_u64(), None);
        assert_eq!(parse("18446744073709551615").to_u64(), Some(u64::MAX));
        assert_eq!(parse("18446744073709551616").to_u64(), None);
        assert_eq!(parse("4294967296").to_u32(), None);
        let long = "9".repeat(200);
        assert_eq!(Quantity::parse(&long), Err(NumberError::OutOfRange));
        assert_eq!(
            Quantity::parse("1e99999999999"),
            Err(NumberError::OutOfRange)
        );
        assert_eq!(
            Quantity::parse("1e-2147483648"),
            Err(NumberError::OutOfRange)
        );
    }

    #[test]
    fn what_is_not_written_like_a_number_is_malformed() {
        for text in [
            "", "K", "1.", ".5", "1e", "1e+5", "1e5K", "1..2", "-1", "1 K", "1k",
        ] {
            assert_eq!(Quantity::parse(text), Err(NumberError::Malformed), "{text}");
        }
    }

    #[test]
    fn ratios_are_exact_and_print_as_written() {
        let ratio = |text| parse(text).to_ratio().expect("the ratio fits");
        assert_eq!(
            ratio("0.25"),
            Ratio {
                numerator: 1,
                denominator: 4
            }
        );
        assert_eq!(ratio("1e-5").to_string(), "0.00001");
        assert_eq!(ratio("4.0").to_string(), "4");
        assert_eq!(ratio("0"), Ratio::whole(0));
        assert_eq!(Ratio::new(1, 3).expect("3 is not 0").to_string(), "1/3");
        assert_eq!(parse("1e-40").to_ratio(), None);
        assert!(ratio("0.25") < ratio("0.5"));
    }

    #[test]
    fn comparing_needs_no_common_unit() {
        assert_eq!(parse("1M").compare(parse("1000K")), Ordering::Equal);
        assert_eq!(parse("0.9M").compare(parse("1000K")), Ordering::Less);
        assert_eq!(parse("1e60").compare(parse("1e-60")), Ordering::Greater);
        assert_eq!(parse("0").compare(parse("0K")), Ordering::Equal);
        assert_eq!(parse("12e60").compare(parse("1.3e61")), Ordering::Less);
    }

    #[test]
    fn counts_and_times_are_short_to_read() {
        assert_eq!(count_for_reading(999), "999");
        assert_eq!(count_for_reading(81_654_321), "81.7M");
        assert_eq!(count_for_reading(600_000_000), "600M");
        assert_eq!(count_for_reading(550_043_705_401_318_915_942_176), "5.5e23");
        assert_eq!(count_for_reading(999_999_999_999_999_999), "1e18");
        assert_eq!(time_for_reading(22_000_000), "22ms");
        assert_eq!(time_for_reading(1_500), "1.5us");
        assert_eq!(grouped("550043705"), "550,043,705");
        assert_eq!(grouped("12"), "12");
    }

    #[test]
    fn exact_numbers_read_back_as_they_were() {
        for (count, text) in [
            (0, "0"),
            (999, "999"),
            (60_000_000, "60M"),
            (287_189_872, "287189872"),
        ] {
            assert_eq!(exact_count(count), text);
            assert_eq!(parse(text).to_u64(), Some(count));
        }
        for (time, text) in [
            (0, "0us"),
            (7, "0.007us"),
            (1_523, "1.523us"),
            (22_000_000, "22ms"),
            (22_000_010, "22.00001ms"),
            (3_000_000_001, "3.000000001s"),
        ] {
            assert_eq!(exact_time(time), text);
            assert_eq!(parse(text).to_nanoseconds(), Some(time));
        }
    }
}
