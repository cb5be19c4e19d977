//! Why a search or a retraining ends early.

use std::path::{Path, PathBuf};

use creamc_lang::diagnostic::Diagnostic;
use creamc_lang::source::Sources;

use super::DeviceError;

/// Messages about the user's text, with the texts they point into.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Every file that was read.
    pub sources: Sources,
    /// The messages, in order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Shows findings to the user. Warnings go through it before training begins.
pub type Show = fn(&Findings);

/// Why a search or a retraining ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is wrong; exit code 1.
    #[error("{} message(s) about the text", .0.diagnostics.len())]
    Text(Box<Findings>),
    /// The device is not there.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A loss is not a number; nothing after it would be.
    #[error(
        "the loss is not a number at step {step} of epoch {epoch}, on path {path}; \
         the last checkpoint is kept. A smaller LR or a longer warm-up usually helps"
    )]
    NotANumber {
        /// The epoch, from 1.
        epoch: u64,
        /// The step in all, from 1.
        step: u64,
        /// The path's index form.
        path: String,
    },
    /// What was asked for cannot be done; the text says what to do instead.
    #[error("{0}")]
    Refused(String),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Error {
    /// To be used with `map_err` where a file is touched.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
        let path = path.to_owned();
        move |source| Error::File { path, source }
    }
}
