//! The checkpoints of one run: the last few, and the best.
//!
//! Names sort by step. A file is there whole or not at all, and an older one is
//! removed only after the newer is safe.
//!
//! A run that goes on with more processes counts fewer steps, so that files of before may name higher ones: what is
//! saved is always the newest, and they go.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::{Contents, FileError, load, save};
use crate::disk;
use crate::nn::NamedTensor;

const FIRST: &str = "step-";
const LAST: &str = ".safetensors";
const BEST: &str = "best.safetensors";

/// A folder of checkpoints, one a step.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    keep: usize,
}

/// A checkpoint that was read.
#[derive(Debug)]
pub struct Stored {
    /// Its file.
    pub path: PathBuf,
    /// The step that its name says.
    pub step: u64,
    /// What it holds.
    pub contents: Contents,
}

/// What a search for the newest checkpoint gave.
#[derive(Debug, Default)]
pub struct Newest {
    /// The newest that could be read.
    pub found: Option<Stored>,
    /// Why newer ones could not.
    pub damaged: Vec<FileError>,
}

impl Store {
    /// The checkpoints in `folder`, of which the last `keep` stay; at least 1.
    #[must_use]
    pub fn new(folder: PathBuf, keep: usize) -> Store {
        Store {
            folder,
            keep: keep.max(1),
        }
    }

    /// The file of the checkpoint after `step`.
    #[must_use]
    pub fn path(&self, step: u64) -> PathBuf {
        self.folder.join(format!("{FIRST}{step:08}{LAST}"))
    }

    /// The file of the best checkpoint.
    #[must_use]
    pub fn best(&self) -> PathBuf {
        self.folder.join(BEST)
    }

    /// Saves the checkpoint after `step`, then removes those before it that are too many, and all of later steps: the
    /// run has gone on from one of them and counts otherwise now.
    ///
    /// # Errors
    /// When the system refuses; all that was saved before is there then.
    ///
    /// # Panics
    /// As [`save`].
    pub fn save(
        &self,
        step: u64,
        tensors: &[NamedTensor],
        about: &BTreeMap<String, String>,
    ) -> Result<PathBuf, FileError> {
        fs::create_dir_all(&self.folder).map_err(at(&self.folder))?;
        let path = self.path(step);
        save(&path, tensors, about)?;
        self.prune(step)?;
        Ok(path)
    }

    /// Makes the checkpoint after `step` the best one, too. It stays when its own name is removed.
    ///
    /// # Errors
    /// When the system refuses, or there is no such checkpoint; the best before stays then.
    pub fn set_best(&self, step: u64) -> Result<(), FileError> {
        let (from, best) = (self.path(step), self.best());
        let temporary = best.with_added_extension("partial");
        remove(&temporary)?;
        // A second name costs nothing; a file system without them takes a copy.
        let written = fs::hard_link(&from, &temporary)
            .or_else(|_| fs::copy(&from, &temporary).map(drop))
            .and_then(|()| disk::rename(&temporary, &best));
        if let Err(error) = written {
            // Half a copy is of no use; the error to report is the first.
            let _ = fs::remove_file(&temporary);
            return Err(at(&best)(error));
        }
        // Where both are names of one file already, the system renames nothing.
        remove(&temporary)
    }

    /// Steps that have a checkpoint, ascending.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn steps(&self) -> Result<Vec<u64>, FileError> {
        let mut steps: Vec<u64> = self.names()?.iter().filter_map(|name| step(name)).collect();
        steps.sort_unstable();
        Ok(steps)
    }

    /// Reads the checkpoint after `step`.
    ///
    /// # Errors
    /// When it is not there or damaged.
    pub fn read(&self, step: u64) -> Result<Stored, FileError> {
        let path = self.path(step);
        let contents = load(&path)?;
        Ok(Stored {
            path,
            step,
            contents,
        })
    }

    /// Reads the newest checkpoint that can be read. Damaged ones after it are set aside as
    /// `NAME.unreadable`; where all are damaged they stay. Removes what a killed process left
    /// half written.
    ///
    /// # Errors
    /// When the folder itself cannot be read or changed.
    pub fn newest(&self) -> Result<Newest, FileError> {
        self.remove_partial()?;
        let mut newest = Newest::default();
        let mut damaged: Vec<PathBuf> = Vec::new();
        for step in self.steps()?.into_iter().rev() {
            let path = self.path(step);
            match load(&path) {
                Ok(contents) => {
                    newest.found = Some(Stored {
                        path,
                        step,
                        contents,
                    });
                    damaged.iter().try_for_each(|path| set_aside(path))?;
                    break;
                }
                Err(error) => {
                    newest.damaged.push(error);
                    damaged.push(path);
                }
            }
        }
        Ok(newest)
    }

    /// Of the checkpoints up to `newest` only the last stay. Those beyond it go from the lowest on: until the last is
    /// gone it is the newest of all, and where the process is killed the run goes on from it once more.
    fn prune(&self, newest: u64) -> Result<(), FileError> {
        let steps = self.steps()?;
        let (until, beyond) = steps.split_at(steps.partition_point(|&step| step <= newest));
        let surplus = &until[..until.len().saturating_sub(self.keep)];
        let mut gone = surplus.iter().chain(beyond);
        gone.try_for_each(|&step| remove(&self.path(step)))
    }

    fn remove_partial(&self) -> Result<(), FileError> {
        let names = self.names()?;
        let mut partial = names.iter().filter(|name| name.ends_with(".partial"));
        partial.try_for_each(|name| remove(&self.folder.join(name)))
    }

    fn names(&self) -> Result<Vec<String>, FileError> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(at(&self.folder))?,
        };
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect::<io::Result<_>>().map_err(at(&self.folder))
    }
}

/// The step in a checkpoint's name.
fn step(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(FIRST)?.strip_suffix(LAST)?;
    digits.parse().ok()
}

fn set_aside(path: &Path) -> Result<(), FileError> {
    fs::rename(path, path.with_added_extension("unreadable")).map_err(at(path))
}

fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    |reason| FileError::Io { path, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Tensor;

    fn save_at(store: &Store, step: u64) {
        let tensor = NamedTensor {
            name: "step".into(),
            tensor: Tensor::from(step as i64),
        };
        store.save(step, &[tensor], &BTreeMap::new()).unwrap();
    }

    fn store(keep: usize) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("checkpoint"), keep);
        (folder, store)
    }

    #[test]
    fn the_last_few_stay_and_the_best_beside_them() {
        let (_folder, store) = store(2);
        assert_eq!(store.steps().unwrap(), Vec::<u64>::new());
        for step in [9, 10, 100, 1_000_000_000] {
            save_at(&store, step);
            if step == 9 {
                store.set_best(step).unwrap();
            }
        }
        assert_eq!(store.steps().unwrap(), [100, 1_000_000_000]);
        let best = || load(&store.best()).unwrap().tensors["step"].int64_value(&[]);
        assert_eq!(best(), 9);
        for _ in 0..2 {
            store.set_best(100).unwrap();
            assert_eq!(best(), 100);
            assert_eq!(store.names().unwrap().len(), 3);
        }
    }

    #[test]
    fn a_damaged_newest_is_set_aside_and_the_one_before_is_read() {
        let (_folder, store) = store(3);
        for step in 1..4 {
            save_at(&store, step);
        }
        let whole = fs::read(store.path(3)).unwrap();
        fs::write(store.path(3), &whole[..whole.len() - 1]).unwrap();
        fs::write(
            store.folder.join("step-00000004.safetensors.partial"),
            "half",
        )
        .unwrap();
        let newest = store.newest().unwrap();
        assert_eq!(newest.found.unwrap().step, 2);
        assert!(newest.damaged[0].to_string().contains("step-00000003"));
        assert_eq!(store.steps().unwrap(), [1, 2]);
        assert!(
            !store
                .names()
                .unwrap()
                .iter()
                .any(|name| name.ends_with("partial"))
        );
    }

    #[test]
    fn the_saved_one_is_the_newest_though_its_step_is_lower() {
        let (_folder, store) = store(2);
        for step in [3, 4, 8, 9, 5] {
            save_at(&store, step);
        }
        assert_eq!(store.newest().unwrap().found.unwrap().step, 5);
        assert_eq!(
            store.steps().unwrap(),
            [5],
            "8 pushed out 3, 9 pushed out 4"
        );
        save_at(&store, 6);
        assert_eq!(store.steps().unwrap(), [5, 6]);
    }

    #[test]
    fn a_folder_that_is_not_there_holds_no_checkpoint() {
        let (_folder, store) = store(1);
        let newest = store.newest().unwrap();
        assert!(newest.found.is_none() && newest.damaged.is_empty());
        assert!(store.set_best(3).unwrap_err().to_string().contains("best"));
    }
}
