//! The run folder: everything that a run read, decided and found.
//!
//! ```text
//! runs/demo-20260131-154500/
//!   run.json        versions, seed, command line
//!   settings.yaml   every setting, resolved; loads to the same settings
//!   space/          the space and every file it uses, as they were compiled
//!   log.txt         what happened, to read
//!   metrics.jsonl   what was measured, one JSON object a line
//!   tensorboard/    the same for TensorBoard
//!   board.txt       the board now; boards/ has it after every epoch
//!   board.cream     its entries as architectures
//!   checkpoint/     what a killed run goes on from: the last few, and the best
//!   best.cream      the result
//! ```
//!
//! Promises: files that are replaced are replaced whole (temporary name, sync, rename), so a
//! kill at any moment leaves the old or the new one; files that grow may lose at most
//! their last, torn line, and a resumed run cuts them back to its checkpoint; two
//! processes never write to one folder.

mod atomic;
mod events;
mod folder;
mod journal;
mod lines;
mod paths;
mod progress;
mod stop;

use std::path::{Path, PathBuf};

pub use atomic::{put, replace, replace_with, require_place};
pub use events::Events;
pub use folder::{Manifest, RunFolder};
pub use journal::Journal;
pub use lines::{Log, Metrics};
pub use paths::{as_text, some_as_text};
pub use progress::{Progress, Tick, tell};
pub use stop::{INTERRUPTED, Stop, Waiting, end_interrupted};

/// The world was wrong: a file of the run folder could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {what}", path.display())]
pub struct RunError {
    /// The file or folder.
    pub path: PathBuf,
    /// What went wrong.
    pub what: String,
}

impl RunError {
    fn new(path: &Path, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    /// For `map_err`: `what` and the system's own words.
    fn io<'a>(path: &'a Path, what: &'a str) -> impl FnOnce(std::io::Error) -> Self + 'a {
        move |error| Self::new(path, format!("{what}: {error}"))
    }
}
