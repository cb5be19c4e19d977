//! Why a rank ends, as the others hear of it.

use std::fmt;

use super::RanksError;
use super::talk::first_line;

/// Why a rank ends. Of several, those that ended by themselves are asked for the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this error.
    Cause(String),
    /// Because of another rank, which the error names.
    Consequence(String),
}

/// The first words of what is written to the store.
const CAUSE: &str = "cause";
const CONSEQUENCE: &str = "consequence";

impl Ending {
    /// An end with an error of this rank's own.
    #[must_use]
    pub fn cause(error: &dyn fmt::Display) -> Ending {
        Ending::Cause(first_line(&error.to_string()))
    }

    /// The error.
    pub(super) fn why(&self) -> &str {
        match self {
            Ending::Cause(why) | Ending::Consequence(why) => why,
        }
    }

    /// What was written with its [`fmt::Display`].
    pub(super) fn read(text: &str) -> Ending {
        match text.split_once(' ') {
            Some((CONSEQUENCE, why)) => Ending::Consequence(why.to_owned()),
            Some((CAUSE, why)) => Ending::Cause(why.to_owned()),
            // Of another version of creamc.
            Some(_) | None => Ending::Cause(text.to_owned()),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Cause(why) => write!(f, "{CAUSE} {why}"),
            Ending::Consequence(why) => write!(f, "{CONSEQUENCE} {why}"),
        }
    }
}

impl From<&RanksError> for Ending {
    fn from(error: &RanksError) -> Ending {
        match error {
            RanksError::Lost { .. } => Ending::Consequence(first_line(&error.to_string())),
            RanksError::Environment(_)
            | RanksError::Launch(_)
            | RanksError::Interrupted
            | RanksError::Join(_)
            | RanksError::Unlike { .. }
            | RanksError::Apart { .. }
            | RanksError::Torch(_) => Ending::cause(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_read_as_it_was_written_whatever_its_words_are() {
        for why in ["the disk is full", "libtorch said: consequence", ""] {
            let endings = [Ending::Cause, Ending::Consequence].map(|kind| kind(why.to_owned()));
            for ending in endings {
                assert_eq!(Ending::read(&ending.to_string()), ending);
            }
        }
        let other = "the text of another version";
        assert_eq!(Ending::read(other), Ending::Cause(other.to_owned()));
    }
}
