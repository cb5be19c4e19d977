//! A run folder as one page to read: what came out, how it came about, whether to believe it.
//!
//! In: the folder of a search or a retraining, finished, stopped or still going. Out: one HTML
//! text that needs nothing else, neither network nor other files.
//!
//! `read` takes the folder apart, `chart` draws, `page` writes one file a section. Promises: a
//! folder with a readable `run.json` gives a page; what is missing or damaged is said in its
//! section or in the page's notes; all text is escaped; every coordinate is a number.

mod chart;
mod html;
mod number;
mod page;
mod read;
mod statistics;

use std::path::{Path, PathBuf};

/// A folder that no page can be made of.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", path.display())]
pub struct ReportError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub what: String,
}

/// A page about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The page.
    pub html: String,
    /// Files of the run that could not be read, and why; the page shows them, too.
    pub notes: Vec<String>,
}

/// The page about the run in `folder`.
///
/// # Errors
/// When `folder` is no run folder: it holds no readable `run.json`.
pub fn report(folder: &Path) -> Result<Report, ReportError> {
    let run = read::read(folder)?;
    Ok(Report {
        html: page::write(&run),
        notes: run.notes,
    })
}
