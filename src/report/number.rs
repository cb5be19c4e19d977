//! Numbers for reading.

use creamc_lang::ir::UNKNOWN;
use creamc_lang::quantity::{count_for_reading, grouped};
use creamc_lang::space::Metric;

/// `320,120`.
pub fn exact(count: u64) -> String {
    grouped(&count.to_string())
}

/// A value of a metric: a count to the last unit, a time for reading.
pub fn value(metric: Metric, value: u64) -> String {
    match metric.is_time() {
        true if value == UNKNOWN => "not known".to_owned(),
        true => metric.for_reading(value),
        false => exact(value),
    }
}

/// `81.7M`.
pub fn count(count: u64) -> String {
    count_for_reading(u128::from(count))
}

/// A share that lies between two, in percent: `33.4%`, `12.1 to 12.3%`, `never`.
pub fn share(least: f64, most: f64) -> String {
    let [low, high] = [least, most].map(|end| format!("{:.1}", 100.0 * end));
    match low == high {
        _ if most == 0.0 => "never".to_owned(),
        true if high == "0.0" => "< 0.1%".to_owned(),
        true => format!("{high}%"),
        false => format!("{low} to {high}%"),
    }
}

/// Digits from which on a count is written with a power of ten.
const LONG: usize = 13;

/// A count of any size from its decimal digits: `7,056`, `5.50 × 10²³`.
pub fn big(digits: &str) -> String {
    match is_long(digits) {
        true => powers(digits, 3),
        false => grouped(digits),
    }
}

/// Two counts from their digits, told apart by as many digits as that takes: `2.03 to 2.04 × 10²³`.
pub fn between(least: &str, most: &str) -> String {
    if least == most {
        return big(least);
    }
    if !(is_long(least) && least.len() == most.len() && is_long(most)) {
        return format!("{} to {}", big(least), big(most));
    }
    let written = |digits: usize| [least, most].map(|one| head(one, digits));
    let apart = (3..=9).map(written).find(|[least, most]| least != most);
    let power = superscript(least.len() - 1);
    match apart {
        Some([least, most]) => format!("{least} to {most} × 10{power}"),
        None => format!("{} × 10{power}", head(least, 9)),
    }
}

fn is_long(digits: &str) -> bool {
    digits.len() >= LONG && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn powers(digits: &str, count: usize) -> String {
    format!(
        "{} × 10{}",
        head(digits, count),
        superscript(digits.len() - 1)
    )
}

/// The first digits with a point behind the first one.
fn head(digits: &str, count: usize) -> String {
    format!("{}.{}", &digits[..1], &digits[1..count])
}

fn superscript(number: usize) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = number.to_string();
    let digit = |letter: char| DIGITS[letter.to_digit(10).unwrap_or(0) as usize];
    digits.chars().map(digit).collect()
}

/// `42 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400);
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{minutes} min {} s", whole % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A number with `digits` digits behind the point, a real minus sign before it.
pub fn fixed(number: f64, digits: usize) -> String {
    format!("{number:.digits$}").replace('-', "\u{2212}")
}

/// Three significant digits, in the shortest way: `0.0989`, `2.19`, `1.2e-7`.
pub fn short(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    match number.abs().log10().floor() {
        power if (-4.0..3.0).contains(&power) => fixed(number, (2.0 - power).max(0.0) as usize),
        power if (3.0..6.0).contains(&power) => fixed(number, 0),
        _ => format!("{number:.1e}").replace('-', "\u{2212}"),
    }
}

/// `1 epoch`, `2 epochs`.
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", exact(count as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_take_the_two_largest_units() {
        let all = [4.26, 59.6, 200.0, 7500.0, 273_600.0].map(duration);
        assert_eq!(
            all,
            ["4.3 s", "1 min 0 s", "3 min 20 s", "2 h 5 min", "3 d 4 h"].map(str::to_owned)
        );
    }

    #[test]
    fn large_counts_have_powers_of_ten() {
        assert_eq!(big("550043705401318915942176"), "5.50 × 10²³");
        assert_eq!(big("7056"), "7,056");
        let (least, most) = ("203149999999999999999999", "203160000000000000000000");
        assert_eq!(between(least, most), "2.0314 to 2.0316 × 10²³");
        assert_eq!(between("114", "128"), "114 to 128");
        assert_eq!(between(most, most), "2.03 × 10²³");
    }

    #[test]
    fn short_numbers_keep_three_digits() {
        let all = [0.098_87, 2.188, 85.34, 1.2e-7, 0.0, -0.5].map(short);
        assert_eq!(
            all,
            ["0.0989", "2.19", "85.3", "1.2e−7", "0", "−0.500"].map(str::to_owned)
        );
    }
}
