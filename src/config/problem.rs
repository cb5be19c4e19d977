//! What is wrong with settings, and where.

use std::fmt;
use std::path::PathBuf;

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file; line and column count from 1, columns in characters.
    File {
        /// The file, as the user wrote its path.
        file: PathBuf,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// On the command line, as `--set` and this text.
    Set(String),
    /// Nowhere: it is a default.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(out, "{}:{line}:{column}", file.display()),
            Self::Set(text) => write!(out, "--set {text}"),
            Self::Default => out.write_str("default settings"),
        }
    }
}

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it was written.
    pub place: Place,
    /// What is wrong and, where there is one, the cure.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.what)
    }
}

/// A thing to know about settings that are right.
pub type Warning = Problem;

/// The settings are not usable: everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// At least one problem, in the order of the text.
    pub problems: Vec<Problem>,
}

impl SettingsError {
    pub(super) fn one(place: Place, what: impl Into<String>) -> Self {
        Self {
            problems: vec![Problem {
                place,
                what: what.into(),
            }],
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(out, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}
