//! Numbers and tables for reading.

use creamc_lang::quantity::count_for_reading;

/// `1 error`, `2 errors`.
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// `16`, `16 and 32`, `16, 24 and 32`.
pub fn listed(numbers: &[u32]) -> String {
    let words: Vec<String> = numbers.iter().map(u32::to_string).collect();
    match words.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => words.concat(),
    }
}

/// A count for reading: `81.7M`.
pub fn count(count: u64) -> String {
    count_for_reading(u128::from(count))
}

/// A count of any size for reading, from its decimal digits: `5.5e23`.
pub fn big(digits: &str) -> String {
    match digits.parse::<u128>() {
        Ok(count) => count_for_reading(count),
        Err(_) => format!("{}.{}e{}", &digits[..1], &digits[1..2], digits.len() - 1),
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
    }

    #[test]
    fn a_count_beyond_every_integer_type_is_read_from_its_digits() {
        assert_eq!(big(&format!("12{}", "0".repeat(60))), "1.2e61");
        assert_eq!(big("999"), "999");
    }
}
