//! What all ranks must be started with alike, compared before the first step.

use super::{Ranks, RanksError};

impl Ranks {
    /// Compares lines that every rank has made for itself, asked for once under this key.
    ///
    /// # Errors
    /// When a rank has other lines than rank 0, both of which are named; or when one is lost.
    pub fn agree(&self, key: &str, own: &str) -> Result<(), RanksError> {
        let first = self.text_of_first(key, Some(own))?;
        match difference(own, &first) {
            None => Ok(()),
            Some((own, first)) => Err(RanksError::Unlike {
                rank: self.rank(),
                own: own.to_owned(),
                first: first.to_owned(),
            }),
        }
    }
}

/// The first line that differs, as it is in each text.
fn difference<'a>(one: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    let (mut own, mut others) = (one.lines(), other.lines());
    loop {
        match (own.next(), others.next()) {
            (None, None) => return None,
            (one, other) if one == other => {}
            (one, other) => return Some((shown(one), shown(other))),
        }
    }
}

fn shown(line: Option<&str>) -> &str {
    line.map_or("nothing more", str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_told() {
        assert_eq!(difference("a: 1\n  b: 2\n", "a: 1\n  b: 2"), None);
        assert_eq!(
            difference("a: 1\n  b: 2\nc", "a: 1\n  b: 3\nd"),
            Some(("b: 2", "b: 3"))
        );
        assert_eq!(difference("a", "a\nb"), Some(("nothing more", "b")));
    }
}
