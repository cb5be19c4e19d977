//! The classes of a training part: their order, and which of them are read.

use std::path::Path;

use super::names::class_names as listed;
use super::{DataError, Wanted};

/// What holds the images of a class, in the words of messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holders<'a> {
    /// `folder`, or what stands for one.
    pub one: &'a str,
    /// Where they lie.
    pub place: &'a str,
}

/// The classes that a class map lists, in its order; the others are left out.
///
/// # Errors
/// The map cannot be read, lists a class twice, or one that is not in `found`.
pub(super) fn mapped(
    file: &Path,
    found: &[String],
    holders: Holders<'_>,
) -> Result<Vec<String>, DataError> {
    let names = listed(file)?;
    for (at, name) in names.iter().enumerate() {
        let refuse = |what: String| DataError::new(file, format!("line {}: {what}", at + 1));
        if names[..at].contains(name) {
            return Err(refuse(format!("`{name}` is there twice")));
        }
        if !found.contains(name) {
            let Holders { one, place } = holders;
            return Err(refuse(format!("`{name}` is no {one} in `{place}`")));
        }
    }
    Ok(names)
}

/// Refuses another number of classes in `train` than the space has.
pub(super) fn require(
    train: &Path,
    found: &[String],
    holders: Holders<'_>,
    wanted: &Wanted,
) -> Result<(), DataError> {
    let (count, classes) = (found.len(), wanted.classes);
    let other = format!(
        "the space has {classes} classes: pass `--classes {count}` or write it in the space"
    );
    require_count(train, count, holders, wanted, &other)
}

/// Refuses another number of classes in a part to test on than the network has: its weights are for so many.
pub(super) fn require_tested(
    part: &Path,
    found: &[String],
    holders: Holders<'_>,
    wanted: &Wanted,
) -> Result<(), DataError> {
    let other = format!("the network has {} classes", wanted.classes);
    require_count(part, found.len(), holders, wanted, &other)
}

/// Refuses another number of classes than is wanted, which is `other`'s.
fn require_count(
    part: &Path,
    count: usize,
    holders: Holders<'_>,
    wanted: &Wanted,
    other: &str,
) -> Result<(), DataError> {
    if count == wanted.classes {
        return Ok(());
    }
    let what = format!("holds {}, {other}", counted(count, holders, wanted));
    Err(DataError::new(part, what))
}

/// So many classes in words.
fn counted(count: usize, holders: Holders<'_>, wanted: &Wanted) -> String {
    let one = holders.one;
    match wanted.class_map {
        Some(_) => format!("{count} {one}(s) that the class map lists"),
        None => format!("{count} class {one}(s)"),
    }
}

/// What names are sorted by: their text, without regard to case, and the value of their digits.
/// A number is its length without leading zeros and its digits; the name itself comes last, so
/// that different names are never equal.
pub(super) fn natural(name: &str) -> (Vec<(usize, String)>, String) {
    let mut pieces = Vec::new();
    let mut rest = name;
    // Text comes first, even when it is empty, so that numbers are compared with numbers.
    let mut is_number = false;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_ascii_digit() != is_number);
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        pieces.push(if is_number {
            let digits = piece.trim_start_matches('0');
            (digits.len(), digits.to_owned())
        } else {
            (0, piece.to_lowercase())
        });
        (rest, is_number) = (after, !is_number);
    }
    (pieces, name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_in_names_are_counted_as_numbers() {
        let mut names = ["b", "a10", "a9", "a", "A2b", "10", "9", "010x", "a2"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(
            names,
            ["9", "10", "010x", "a", "a2", "A2b", "a9", "a10", "b"]
        );
    }
}
