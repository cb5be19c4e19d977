//! What an earlier start of the same command began, where the launcher starts ranks that failed again.
//!
//! torchrun's store stands as long as its agent: what rank 0 wrote there before it was killed, it finds again.

use std::path::{Path, PathBuf};

use super::{Ranks, RanksError};
use crate::run::RunFolder;

impl Ranks {
    /// The run that this command began under the launcher that runs it now, and can go on with; the same on all ranks.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn begun(&self) -> Result<Option<PathBuf>, RanksError> {
        let folder = self.begun_folder()?;
        let run = folder.filter(|folder| RunFolder::is_run(folder));
        let run = run.unwrap_or_default();
        let told = self.text_of_first("begun", Some(&run.to_string_lossy()))?;
        Ok((!told.is_empty()).then(|| told.into()))
    }

    /// The folder that this command made for its run, as rank 0 knows it; it may hold nothing of the run yet.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn begun_folder(&self) -> Result<Option<PathBuf>, RanksError> {
        match &self.peers {
            Some(peers) if self.is_first() => Ok(peers.recall(&key())?.map(PathBuf::from)),
            _ => Ok(None),
        }
    }

    /// Remembers the folder of a run that begins, beyond the life of these ranks.
    ///
    /// # Errors
    /// When a rank is lost.
    pub fn begin(&self, folder: &Path) -> Result<(), RanksError> {
        match &self.peers {
            Some(peers) if self.is_first() => peers.remember(&key(), &folder.to_string_lossy()),
            _ => Ok(()),
        }
    }
}

/// The command line: a script under torchrun may run one command after the other.
fn key() -> String {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    format!("creamc/begun/{arguments:?}")
}
