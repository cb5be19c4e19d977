//! Tables of measured times: a YAML file of one row a block, `SIGNATURE: TIME`.
//!
//! In: the text of such a file. Out: [`Times`], or what is wrong with it and where. A row without
//! a time is one to be filled in, as good as none.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_yaml::{Mapping, Value};

use crate::quantity::{Quantity, Unit, exact_time};

/// How long blocks take, by their signatures ([`Candidate::signature`](crate::ir::Candidate::signature)), in whole nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Times(BTreeMap<String, u64>);

/// What is wrong with the text of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: bytes of the text, on one line.
    pub at: Range<usize>,
    /// What, in words for the user.
    pub what: String,
}

impl Times {
    /// Reads the text of a table. Finer parts than a nanosecond are rounded, halves up.
    ///
    /// # Errors
    /// When it is not YAML, not one mapping, or has a row that is no time with its unit.
    pub fn read(text: &str) -> Result<Times, Fault> {
        let rows: Option<Mapping> = serde_yaml::from_str(text).map_err(|error| {
            let line = error.location().map_or(1, |place| place.line());
            Fault {
                at: line_of(text, line.max(1) - 1),
                what: error.to_string(),
            }
        })?;
        let rows = rows.unwrap_or_default().into_iter();
        let times = rows.filter_map(|(key, value)| row(text, &key, &value).transpose());
        times.collect::<Result<_, _>>().map(Times)
    }

    /// The time of a block.
    pub fn get(&self, signature: &str) -> Option<u64> {
        self.0.get(signature).copied()
    }

    /// Adds or replaces a row.
    pub fn insert(&mut self, signature: String, nanoseconds: u64) {
        self.0.insert(signature, nanoseconds);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many rows both have with the same time.
    pub fn common(&self, other: &Times) -> usize {
        let same = |(row, time): &(&String, &u64)| other.0.get(*row) == Some(time);
        self.0.iter().filter(same).count()
    }

    /// The text of a table, rows in the order of their signatures. `head` goes before them, each
    /// of its lines as a comment.
    pub fn write(&self, head: &str) -> String {
        let comments = head.lines().map(|line| format!("# {line}\n"));
        let rows = self.0.iter();
        let rows = rows.map(|(signature, &time)| written(signature, &exact_time(time)));
        comments.chain(rows).collect()
    }
}

/// The longest name of a row that YAML reads before a colon on one line, in characters.
const LONGEST_ON_A_LINE: usize = 1_024;

/// A row of a table, with the end of its last line. An empty time leaves it open.
pub fn written(signature: &str, time: &str) -> String {
    let row = match signature.chars().count() > LONGEST_ON_A_LINE {
        true => format!("? {signature}\n: {time}"),
        false => format!("{signature}: {time}"),
    };
    format!("{}\n", row.trim_end())
}

/// A signature and its time; `None` where the time is left open.
fn row(text: &str, key: &Value, value: &Value) -> Result<Option<(String, u64)>, Fault> {
    let Value::String(signature) = key else {
        return Err(Fault {
            at: line_with(text, &plain(key)),
            what: format!("a row is named `{}`, not by a block", plain(key)),
        });
    };
    let wrong = |why: &str| Fault {
        at: line_with(text, signature),
        what: format!("`{}` is no time: {why}", plain(value)),
    };
    match value {
        Value::Null => Ok(None),
        Value::String(time) => match nanoseconds(time) {
            Some(time) => Ok(Some((signature.clone(), time))),
            None => Err(wrong("write it like `830us` or `1.5ms`")),
        },
        Value::Number(_) => Err(wrong("its unit is missing, `us`, `ms` or `s`")),
        _ => Err(wrong("write it like `830us` or `1.5ms`")),
    }
}

fn plain(value: &Value) -> String {
    let text = serde_yaml::to_string(value).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}

/// A written time, finer parts rounded.
fn nanoseconds(text: &str) -> Option<u64> {
    let quantity = Quantity::parse(text.trim()).ok()?;
    (quantity.unit == Unit::Time)
        .then(|| quantity.to_nearest_nanosecond())
        .flatten()
}

/// A line by its number, from 0; the last one where there are fewer.
fn line_of(text: &str, number: usize) -> Range<usize> {
    let lines = lines(text);
    lines.take(number + 1).last().unwrap_or(0..0)
}

/// The line that begins with a row's name, perhaps in quotes; the first one where none does.
fn line_with(text: &str, signature: &str) -> Range<usize> {
    let named = |line: &Range<usize>| {
        let line = text[line.clone()].trim_start_matches([' ', '?', '"', '\'']);
        line.strip_prefix(signature).is_some_and(|rest| {
            let rest = rest.trim_start_matches(['"', '\'']).trim_start();
            rest.is_empty() || rest.starts_with(':')
        })
    };
    lines(text).find(named).unwrap_or_else(|| line_of(text, 0))
}

fn lines(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = start..start + line.trim_end_matches(['\n', '\r']).len();
        start += line.len();
        range
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut times = Times::default();
        times.insert("linear 64x1x1 -> 10x1x1 stride 1".into(), 830);
        times.insert(
            "ir(kernel = 3, se = 0.25) 8x2x2 -> 8x2x2 stride 1".into(),
            22_000_000,
        );
        let text = times.write("measured by hand\non paper");
        assert!(
            text.starts_with("# measured by hand\n# on paper\nir(kernel = 3"),
            "{text}"
        );
        assert_eq!(Times::read(&text), Ok(times));
    }

    #[test]
    fn names_that_are_too_long_for_a_line_are_read_back_too() {
        for length in [1_022, 1_023, 1_024, 1_025, 1_026, 20_000] {
            let mut times = Times::default();
            times.insert("x".repeat(length), 830);
            assert_eq!(Times::read(&times.write("")), Ok(times), "{length}");
            let open = written(&"x".repeat(length), "");
            assert_eq!(Times::read(&open), Ok(Times::default()), "{length}");
        }
    }

    #[test]
    fn other_ways_to_write_yaml_are_read_too() {
        let text = "---\n'a b': \"1.5ms\"\n? c\n: 2e-3s\nopen:\n";
        assert_eq!(
            Times::read(text).unwrap_err().what,
            "`2e-3s` is no time: write it like `830us` or `1.5ms`"
        );
        let times = Times::read("---\n'a b': \"1.5ms\"\n? c\n: 2s\nopen:\n").unwrap();
        assert_eq!(times.get("a b"), Some(1_500_000));
        assert_eq!(times.get("c"), Some(2_000_000_000));
        assert_eq!((times.get("open"), times.len()), (None, 2));
        assert!(Times::read("# nothing yet\n").unwrap().is_empty());
    }

    #[test]
    fn finer_parts_than_a_nanosecond_are_rounded() {
        let times = Times::read("a: 1.0004us\nb: 1.0005us\nc: 0.0000000004999s\n").unwrap();
        let found = ["a", "b", "c"].map(|row| times.get(row));
        assert_eq!(found, [Some(1_000), Some(1_001), Some(0)]);
    }

    #[test]
    fn a_fault_names_its_line() {
        for (text, line, what) in [
            (
                "a: 1us\nb: 12\n",
                "b: 12",
                "`12` is no time: its unit is missing",
            ),
            ("a: 1us\nb: fast\n", "b: fast", "`fast` is no time"),
            ("a: -1us\n", "a: -1us", "`-1us` is no time"),
            ("a: 3M\n", "a: 3M", "`3M` is no time"),
            ("a: [1us]\n", "a: [1us]", "`- 1us` is no time"),
            ("7: 1us\n", "7: 1us", "a row is named `7`"),
            ("a: 1us\n7: 1us\n", "7: 1us", "a row is named `7`"),
            ("ab: 1us\na: 12\n", "a: 12", "`12` is no time"),
            ("'ab': 1us\n'a' : 12\n", "'a' : 12", "`12` is no time"),
            ("? ab\n: 1us\n? a\n: 12\n", "? a", "`12` is no time"),
            ("a: 1us\na: 2us\n", "a: 1us", "duplicate entry"),
            ("- a\n- b\n", "- a", "invalid type: sequence"),
            ("a: {\n", "a: {", "did not find expected"),
        ] {
            let fault = Times::read(text).unwrap_err();
            assert_eq!(&text[fault.at.clone()], line, "{fault:?}");
            assert!(fault.what.contains(what), "{fault:?}");
        }
    }
}
