//! What an earlier start of the same command began, where the launcher starts ranks that failed again.
//!
//! torchrun's store stands as long as its agent: what rank 0 wrote there before it was killed, it finds again.

use std::path::{Path, PathBuf};

use super::peers::Peers;
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
            Some(peers) if self.is_first() => {
                let found = peers.recall(&key())?.filter(|folder| !folder.is_empty());
                Ok(found.map(PathBuf::from))
            }
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

/// Forgets the folder of a run whose command ended well: the same command line again is a new command.
pub(super) fn forget(peers: &Peers) {
    // Where the store is gone, nobody recalls it.
    let _ = peers.remember(&key(), "");
}

/// The command line: a script under torchrun may run one command after the other.
fn key() -> String {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    format!("creamc/begun/{arguments:?}")
}

#[cfg(test)]
mod tests {
    use super::super::Ending;
    use super::super::testing::{launcher, two_at};
    use super::*;

    #[test]
    fn a_command_that_failed_goes_on_in_its_folder_and_one_that_ended_well_begins_anew() {
        let store = launcher();
        let start = |failed: bool| {
            two_at(&store, |ranks| {
                let found = ranks.begun_folder().unwrap();
                ranks.begin(Path::new("runs/7")).unwrap();
                let ending = Ending::cause(&"the disk is full");
                ranks.leave(failed.then_some(&ending));
                found
            })
        };
        let folder = || Some(PathBuf::from("runs/7"));
        assert_eq!(start(true), [None, None]);
        assert_eq!(start(false), [folder(), None]);
        assert_eq!(start(false), [None, None]);
    }
}
