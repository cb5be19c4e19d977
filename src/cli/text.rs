//! Numbers and tables for reading.

use creamc_lang::cost::Cost;
use creamc_lang::ir::{Ir, UNKNOWN};
use creamc_lang::quantity::{count_for_reading, grouped};
use creamc_lang::space::Metric;
use serde_json::{Map, Value};

/// `1 error`, `2 errors`, `3,000 errors`.
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(&count.to_string()))
}

/// More numbers in even steps are told by their ends.
const MANY: usize = 8;

/// `16`, `16 and 32`, `16, 24 and 32`; `128..224 step 4` where that is long.
pub fn listed(numbers: &[u32]) -> String {
    if let Some(range) = long_range(numbers) {
        return range;
    }
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match words.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => words.concat(),
    }
}

/// Many ascending numbers in even steps, as they would be written in a space.
fn long_range(numbers: &[u32]) -> Option<String> {
    let &[first, second, .., last] = numbers else {
        return None;
    };
    let step = second - first;
    let is_even = numbers.windows(2).all(|pair| pair[1] - pair[0] == step);
    (is_even && numbers.len() > MANY).then(|| format!("{first}..{last} step {step}"))
}

/// A count for reading: `81.7M`.
pub fn count(count: u64) -> String {
    count_for_reading(u128::from(count))
}

/// A value of a metric for reading, `?` for a time that its table does not know.
pub fn value(metric: Metric, value: u64) -> String {
    match metric.is_time() && value == UNKNOWN {
        true => "?".to_string(),
        false => metric.for_reading(value),
    }
}

/// What a path or a block costs, for scripts: the counted metrics, and the times of tables
/// under `tables` where there are some, `null` for one that is not known.
pub fn cost_json(ir: &Ir, cost: Cost) -> Map<String, Value> {
    metrics_json(ir.metrics(), |metric| match cost.get(metric) {
        UNKNOWN => Value::Null,
        value => value.into(),
    })
}

/// A value for each metric: the counted ones side by side, those of tables in an object of their own.
pub fn metrics_json<'a>(
    metrics: impl Iterator<Item = (Metric, &'a str)>,
    value: impl Fn(Metric) -> Value,
) -> Map<String, Value> {
    let mut object = Map::new();
    let mut tables = Map::new();
    for (metric, name) in metrics {
        let to = match metric.is_time() {
            true => &mut tables,
            false => &mut object,
        };
        to.insert(name.to_owned(), value(metric));
    }
    if !tables.is_empty() {
        object.insert("tables".into(), Value::Object(tables));
    }
    object
}

/// Digits from which on a count is written with a power of ten.
const LONG: usize = 13;

/// A count of any size for reading, from its decimal digits: `81.7M`, `5.5e23`.
pub fn big(digits: &str) -> String {
    match digits.parse() {
        Ok(count) if digits.len() < LONG => count_for_reading(count),
        _ => scientific(digits, 2, Rounding::Near),
    }
}

/// Two counts for reading, rounded apart, so that what lies between them does still: `2.014e23 to 2.016e23`. There are as many
/// digits as it takes to tell the two apart, and one more.
pub fn span(least: &str, most: &str) -> String {
    let is_apart = |&digits: &usize| {
        let near = |count| scientific(count, digits, Rounding::Near);
        near(least) != near(most)
    };
    let written = |count: &str, rounding| match (2..=9).find(is_apart) {
        Some(digits) if count.len() >= LONG => scientific(count, digits + 1, rounding),
        _ => grouped(count),
    };
    let least = written(least, Rounding::Down);
    format!("{least} to {}", written(most, Rounding::Up))
}

/// Where a number goes that has more digits than are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rounding {
    Down,
    Near,
    Up,
}

/// The first digits, rounded, and a power of ten: `5.5e23`.
fn scientific(digits: &str, precision: usize, rounding: Rounding) -> String {
    let precision = precision.min(digits.len());
    let number = |text: &str| text.parse::<u64>().expect("these are digits");
    let rest = &digits.as_bytes()[precision..];
    let rounds_up = match rounding {
        Rounding::Down => false,
        Rounding::Near => rest.first().is_some_and(|digit| *digit >= b'5'),
        Rounding::Up => rest.iter().any(|digit| *digit != b'0'),
    };
    let head = (number(&digits[..precision]) + u64::from(rounds_up)).to_string();
    // 99 rounds up to 100: one power of ten more.
    let power = digits.len() - precision + head.len() - 1;
    let tail = head[1..].trim_end_matches('0');
    match tail.is_empty() {
        true => format!("{}e{power}", &head[..1]),
        false => format!("{}.{tail}e{power}", &head[..1]),
    }
}

/// `part` of `whole` in percent, from decimal digits; `None` where an `f64` cannot hold them.
pub fn share(part: &str, whole: &str) -> Option<String> {
    Some(tenths(percent(part, whole)?, Rounding::Near) + "%")
}

/// What lies between two shares of `whole` in percent, from decimal digits, rounded apart; `None` where an `f64` cannot hold them.
pub fn shares(least: &str, most: &str, whole: &str) -> Option<String> {
    let least = tenths(percent(least, whole)?, Rounding::Down);
    let most = tenths(percent(most, whole)?, Rounding::Up);
    Some(match least == most {
        true => format!("{least}%"),
        false => format!("{least} to {most}%"),
    })
}

fn percent(part: &str, whole: &str) -> Option<f64> {
    let number = |digits: &str| {
        let number: f64 = digits.parse().ok()?;
        number.is_finite().then_some(number)
    };
    Some(100.0 * number(part)? / number(whole)?)
}

/// A percentage with one digit behind the point, and a power of ten where it is small.
fn tenths(percent: f64, rounding: Rounding) -> String {
    let power = match percent {
        percent if percent >= 0.1 || percent == 0.0 => 0,
        percent => percent.log10().floor() as i32,
    };
    let scaled = 10.0 * percent / 10_f64.powi(power);
    let rounded = match rounding {
        Rounding::Down => scaled.floor(),
        Rounding::Near => scaled.round_ties_even(),
        Rounding::Up => scaled.ceil(),
    };
    let (rounded, power) = match rounded >= 100.0 {
        // 9.99e-2 rounds to 10.0e-2: one power of ten more, and 0.1 has none.
        true if power == -2 => (1.0, 0),
        true if power < 0 => (rounded / 10.0, power + 1),
        _ => (rounded, power),
    };
    match power {
        0 if rounded == 0.0 => "0".to_owned(),
        0 => format!("{:.1}", rounded / 10.0),
        _ => format!("{:.1}e{power}", rounded / 10.0),
    }
}

/// Which side of its column a text stands at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows with their columns aligned, two blanks between them, no blanks at the ends of lines.
pub fn table(sides: &[Side], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..sides.len()).map(width).collect();
    rows.iter().map(|row| line(sides, &widths, row)).collect()
}

fn line(sides: &[Side], widths: &[usize], row: &[String]) -> String {
    let cells = row
        .iter()
        .zip(sides)
        .zip(widths)
        .map(|((cell, side), &width)| match side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        });
    let line = cells.collect::<Vec<_>>().join("  ");
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_to_their_sides_and_lines_have_no_blank_ends() {
        let rows = [["a", "1"], ["long", "234"], ["b", ""]];
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.map(String::from).to_vec())
            .collect();
        assert_eq!(
            table(&[Side::Left, Side::Right], &rows),
            "a       1\nlong  234\nb\n"
        );
    }

    #[test]
    fn the_last_of_a_list_follows_an_and() {
        assert_eq!(listed(&[16]), "16");
        assert_eq!(listed(&[16, 32]), "16 and 32");
        assert_eq!(listed(&[8, 16, 32]), "8, 16 and 32");
        assert_eq!(
            listed(&[1, 2, 3, 4, 5, 6, 7, 8]),
            "1, 2, 3, 4, 5, 6, 7 and 8"
        );
        let even: Vec<u32> = (0..25).map(|step| 128 + 4 * step).collect();
        assert_eq!(listed(&even), "128..224 step 4");
        assert!(listed(&[&even[..], &[230]].concat()).ends_with(", 224 and 230"));
    }

    #[test]
    fn a_count_beyond_every_integer_type_is_read_from_its_digits() {
        assert_eq!(big(&format!("12{}", "0".repeat(60))), "1.2e61");
        assert_eq!(big(&format!("1249{}", "0".repeat(400))), "1.2e403");
        assert_eq!(big(&"9".repeat(60)), "1e60");
        assert_eq!(big("563131748819597"), "5.6e14");
        assert_eq!(big("81700000"), "81.7M");
        assert_eq!(big("999"), "999");
    }

    #[test]
    fn two_counts_are_told_apart() {
        assert_eq!(
            span("201499999999999", "201600000000000"),
            "2.014e14 to 2.016e14"
        );
        assert_eq!(span("2014", "2016"), "2,014 to 2,016");
    }

    #[test]
    fn what_lies_between_two_counts_lies_between_their_words() {
        // Nearest numbers of two digits would be 9.8e20 and 9.9e20.
        assert_eq!(
            span("983795000000000000000", "992212000000000000000"),
            "9.83e20 to 9.93e20"
        );
        assert_eq!(span("0", &"9".repeat(300)), "0 to 1e300");
        assert_eq!(
            span("99999999999999", "99999999999999"),
            "99,999,999,999,999 to 99,999,999,999,999"
        );
        assert_eq!(
            shares("620", "694", "1000").as_deref(),
            Some("62.0 to 69.4%")
        );
        assert_eq!(
            shares("6201", "6201", "10000").as_deref(),
            Some("62.0 to 62.1%")
        );
        assert_eq!(
            shares("0", "34", "1000000").as_deref(),
            Some("0 to 3.4e-3%")
        );
        assert_eq!(shares("1", "1", &"9".repeat(400)), None);
    }

    #[test]
    fn a_share_is_a_percentage_with_a_power_of_ten_where_it_is_small() {
        assert_eq!(share("30", "120"), Some("25.0%".to_string()));
        assert_eq!(share("3", "1000000"), Some("3.0e-4%".to_string()));
        assert_eq!(share("1", "1001"), Some("0.1%".to_string()));
        assert_eq!(share("9999", "100000000"), Some("1.0e-2%".to_string()));
        assert_eq!(share("1", &"9".repeat(400)), None);
    }
}
