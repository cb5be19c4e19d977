//! Why a file cannot be read.

use std::fmt;

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// A form of JPEG that is not read here; what it is.
    Unsupported(&'static str),
    /// The file is truncated or damaged; what was found.
    Damaged(&'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unsupported(what) => write!(f, "{what} is not supported"),
            Error::Damaged(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {}
