//! A file of finished pieces of work, one JSON object a line: what a killed run need not do again.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{RunError, RunFolder, atomic};

/// The growing file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: std::fs::File,
}

impl Journal {
    /// Opens the file, made when it is not there, and gives what it holds. A last line that
    /// a kill tore is dropped from it.
    ///
    /// # Errors
    /// The file cannot be read or written, or a whole line is not what belongs there.
    pub fn open<T: DeserializeOwned>(path: &Path) -> Result<(Journal, Vec<T>), RunError> {
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            read => read.map_err(RunError::io(path, "cannot be read"))?,
        };
        let whole = whole_lines(&text);
        let entries = entries(path, whole)?;
        if whole.len() < text.len() {
            atomic::replace(path, whole.as_bytes())?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(RunError::io(path, "cannot be opened"))?;
        let journal = Journal {
            path: path.to_owned(),
            file,
        };
        Ok((journal, entries))
    }

    /// Adds a finished piece and waits until it is on the disk.
    ///
    /// # Errors
    /// The disk is full.
    pub fn add(&mut self, entry: &impl Serialize) -> Result<(), RunError> {
        let line = serde_json::to_string(entry).expect("what is finished is plain JSON") + "\n";
        self.file
            .write_all(line.as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(RunError::io(&self.path, "cannot be written"))
    }
}

fn whole_lines(text: &str) -> &str {
    &text[..text.rfind('\n').map_or(0, |end| end + 1)]
}

fn entries<T: DeserializeOwned>(path: &Path, lines: &str) -> Result<Vec<T>, RunError> {
    let read = |(at, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| RunError::new(path, format!("line {} is damaged: {error}", at + 1)))
    };
    lines.lines().enumerate().map(read).collect()
}

impl RunFolder {
    /// What all files of finished work hold that are named `stem.jsonl` or, of a rank, `stem.N.jsonl`: in the order of ranks.
    /// Their writers may be at work: a torn last line is passed over and left alone.
    ///
    /// # Errors
    /// One cannot be read, or a whole line is not what belongs there.
    pub fn finished<T: DeserializeOwned>(&self, stem: &str) -> Result<Vec<T>, RunError> {
        let mut all = Vec::new();
        for path in self.of_ranks(stem, ".jsonl")? {
            let text =
                std::fs::read_to_string(&path).map_err(RunError::io(&path, "cannot be read"))?;
            all.extend(entries(&path, whole_lines(&text))?);
        }
        Ok(all)
    }

    /// Removes the folders inside this one that are named `stem` or, of a rank, `stem.N`.
    ///
    /// # Errors
    /// One cannot be removed.
    pub fn remove_all(&self, stem: &str) -> Result<(), RunError> {
        for path in self.of_ranks(stem, "")? {
            std::fs::remove_dir_all(&path).map_err(RunError::io(&path, "cannot be removed"))?;
        }
        Ok(())
    }

    /// What is named `stemEND` or `stem.NEND` here, by the number N.
    fn of_ranks(&self, stem: &str, end: &str) -> Result<Vec<PathBuf>, RunError> {
        let unreadable = || RunError::io(self.path(), "cannot be read");
        let rank = |name: &str| -> Option<usize> {
            match name.strip_prefix(stem)?.strip_suffix(end)? {
                "" => Some(0),
                number => number.strip_prefix('.')?.parse().ok(),
            }
        };
        let mut found = Vec::new();
        for entry in std::fs::read_dir(self.path()).map_err(unreadable())? {
            let path = entry.map_err(unreadable())?.path();
            if let Some(rank) = path.file_name().and_then(OsStr::to_str).and_then(rank) {
                found.push((rank, path));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    /// The file of finished work `name` of the folder, and what it holds.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn journal<T: DeserializeOwned>(&self, name: &str) -> Result<(Journal, Vec<T>), RunError> {
        Journal::open(&self.path().join(name))
    }

    /// The text of the file `name` of the folder.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, name: &str) -> Result<String, RunError> {
        let path = self.path().join(name);
        std::fs::read_to_string(&path).map_err(RunError::io(&path, "cannot be read"))
    }

    /// Removes the folder `name` inside this one, if it is there.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn remove_folder(&self, name: &str) -> Result<(), RunError> {
        let path = self.path().join(name);
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(RunError::io(&path, "cannot be removed")(error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_there_again_without_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("done.jsonl");
        let (mut journal, before) = Journal::open::<u64>(&path).unwrap();
        assert!(before.is_empty());
        journal.add(&1_u64).unwrap();
        journal.add(&2_u64).unwrap();
        std::fs::write(&path, std::fs::read_to_string(&path).unwrap() + "3").unwrap();
        let (mut journal, before) = Journal::open::<u64>(&path).unwrap();
        assert_eq!(before, [1, 2]);
        journal.add(&4_u64).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n4\n");
    }

    #[test]
    fn the_files_and_folders_of_ranks_are_found_by_their_numbers() {
        let out = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(Some(out.path()), Path::new("runs"), "demo").unwrap();
        let files = [
            ("done.10.jsonl", "3\n4"),
            ("done.2.jsonl", "1\n2\n"),
            ("done.jsonl", "7\n"),
            ("done.x.jsonl", "8\n"),
        ];
        for (name, text) in files {
            folder.write(name, text).unwrap();
        }
        assert_eq!(folder.finished::<u64>("done").unwrap(), [7, 1, 2, 3]);
        for name in ["work.1", "work.12", "work", "works"] {
            folder.write(&format!("{name}/log.txt"), "half").unwrap();
        }
        folder.remove_all("work").unwrap();
        let there = |name: &str| out.path().join(name).exists();
        assert!(!there("work") && !there("work.1") && !there("work.12"));
        assert!(there("works") && there("done.2.jsonl"));
    }

    #[test]
    fn a_line_of_something_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("done.jsonl");
        std::fs::write(&path, "1\nthesis\n").unwrap();
        let text = Journal::open::<u64>(&path).unwrap_err().to_string();
        assert!(text.contains("done.jsonl: line 2 is damaged"), "{text}");
    }
}
