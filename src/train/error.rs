//! Why a search or a retraining ends early.

use creamc_lang::diagnostic::Diagnostic;
use creamc_lang::source::Sources;
use creamc_torch::TorchError;

use super::DeviceError;
use crate::checkpoint::FileError;
use crate::config::SettingsError;
use crate::data::DataError;
use crate::run::RunError;

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
         what was saved before is kept. A smaller LR or a longer warm-up usually helps"
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
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The data set is wrong or does not fit.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file of the run folder could not be read or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file of tensors could not be written.
    #[error(transparent)]
    Tensors(#[from] FileError),
    /// Libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}
