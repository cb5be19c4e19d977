//! Why a search or a retraining ends early.

use std::path::{Path, PathBuf};

use creamc_lang::diagnostic::Diagnostic;
use creamc_lang::source::{Position, Sources};
use creamc_torch::TorchError;

use super::DeviceError;
use crate::checkpoint::{FileError, Misfit};
use crate::config::SettingsError;
use crate::data::DataError;
use crate::ranks::{Ending, RanksError};
use crate::run::RunError;

/// Messages about the user's text, with the texts they point into.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Every file that was read.
    pub sources: Sources,
    /// The messages, in order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// The first message with its place, and how many there are: what is told of a rank whose own messages nobody is shown.
    fn first(&self) -> String {
        let all = format!("{} message(s) about the text", self.diagnostics.len());
        let Some(first) = self.diagnostics.first() else {
            return all;
        };
        let place = first.labels.first().map(|label| {
            let source = self.sources.get(label.span.file);
            let Position { line, column } = source.position(label.span.range().start);
            format!("{}:{line}:{column}: ", source.name)
        });
        format!("{}{} ({all})", place.unwrap_or_default(), first.message)
    }
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
        "the loss is not a number, or beyond every measure, at step {step} of epoch {epoch}, on path {path}; {}. {SLOWER}",
        kept(saved.as_deref())
    )]
    NotANumber {
        /// The epoch, from 1.
        epoch: u64,
        /// The step in all, from 1.
        step: u64,
        /// The path's index form.
        path: String,
        /// The newest checkpoint, from before it.
        saved: Option<PathBuf>,
    },
    /// The weights are no numbers any more; nothing after it would be.
    #[error(
        "after step {step} of epoch {epoch} `{name}` holds a value that is not a number, or infinite; {}. {SLOWER}",
        kept(saved.as_deref())
    )]
    NotFinite {
        /// The epoch, from 1.
        epoch: u64,
        /// The step in all, from 1.
        step: u64,
        /// The first such tensor.
        name: String,
        /// The newest checkpoint, from before it.
        saved: Option<PathBuf>,
    },
    /// Outputs of a trained network are no numbers, though its weights are: the highest of them would be anyone's.
    #[error("the network's outputs are not numbers, or infinite: its training diverged. {SLOWER}")]
    Diverged,
    /// A file of a run under way could not be written.
    #[error(
        "{error}; all that was saved before is whole. When there is room again, go on with: creamc {command} --resume {}",
        run.display()
    )]
    NotWritten {
        /// Why.
        error: Box<Error>,
        /// `search`, `retrain` or `rank`.
        command: &'static str,
        /// The run folder.
        run: PathBuf,
    },
    /// A rank was lost on the way.
    #[error("{error}. Go on from its last checkpoint, started as before, with: creamc {command} --resume {}", run.display())]
    RankLost {
        /// Who is lost, and how this rank knows.
        error: RanksError,
        /// `search`, `retrain` or `rank`.
        command: &'static str,
        /// The run folder.
        run: PathBuf,
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
    /// Weights are not the network's.
    #[error(transparent)]
    Weights(#[from] Misfit),
    /// The ranks cannot go on together.
    #[error(transparent)]
    Ranks(#[from] RanksError),
    /// Libtorch refused.
    #[error(transparent)]
    Torch(#[from] TorchError),
}

/// The cure for numbers that are none.
const SLOWER: &str = "Start a new run with a smaller LR or a longer warm-up: \
    this one, gone on with, would come to the same end";

impl Error {
    /// The same; where a file of the run could not be written or a rank is lost, with what is left of the run and how to go on.
    #[must_use]
    pub fn with_cure(self, command: &'static str, run: &Path) -> Error {
        let run = run.to_owned();
        match self {
            Error::Ranks(error @ RanksError::Lost { .. }) => Error::RankLost {
                error,
                command,
                run,
            },
            Error::Run(_) | Error::Tensors(FileError::Io { .. }) => Error::NotWritten {
                error: Box::new(self),
                command,
                run,
            },
            other => other,
        }
    }

    /// What the other ranks are told of it.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match self {
            Error::Ranks(error) | Error::RankLost { error, .. } => error.into(),
            Error::Text(findings) => Ending::cause(&findings.first()),
            Error::Device(_)
            | Error::NotANumber { .. }
            | Error::NotFinite { .. }
            | Error::Diverged
            | Error::NotWritten { .. }
            | Error::Refused(_)
            | Error::Settings(_)
            | Error::Data(_)
            | Error::Run(_)
            | Error::Tensors(_)
            | Error::Weights(_)
            | Error::Torch(_) => Ending::cause(self),
        }
    }

    /// The same, with the newest checkpoint of the run if it is about a loss.
    #[must_use]
    pub fn with_saved(mut self, newest: Option<PathBuf>) -> Error {
        if let Error::NotANumber { saved, .. } = &mut self {
            *saved = newest;
        }
        self
    }
}

/// What is left of the run.
fn kept(saved: Option<&Path>) -> String {
    match saved {
        Some(path) => format!("the last checkpoint before it, {}, is kept", path.display()),
        None => "no checkpoint was saved before it".to_owned(),
    }
}
