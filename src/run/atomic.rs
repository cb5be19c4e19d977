//! Files that are replaced whole or not at all.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::RunError;
use crate::disk;

/// Makes `bytes` the contents of `path`.
///
/// # Errors
/// The disk is full or the folder cannot be written; what was there before stays.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    replace_with(path, |out| out.write_all(bytes))
}

/// Refuses a `path` that [`replace`] could not write to, before what is to stand there is computed.
///
/// # Errors
/// It is a folder, or its folder is not there or cannot be written.
pub fn require_place(path: &Path) -> Result<(), RunError> {
    if path.is_dir() {
        return Err(RunError::new(path, "cannot be written: it is a folder"));
    }
    let temporary = temporary(path);
    let tried = File::create(&temporary).and_then(|_| std::fs::remove_file(&temporary));
    tried.map_err(RunError::io(path, "cannot be written"))
}

/// Makes `bytes` the contents of `path`, and its folder where there is none.
///
/// # Errors
/// As for [`replace`], or the folder cannot be made.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(RunError::io(folder, "cannot be made"))?;
    }
    replace(path, bytes)
}

/// Makes what `write` writes the contents of `path`, through a temporary name beside it.
///
/// # Errors
/// As for [`replace`], or `write` failed.
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), RunError> {
    disk::write(path, &temporary(path), write).map_err(RunError::io(path, "cannot be written"))
}

/// Removes what processes that were killed in the middle of a [`replace`] left in `folder` and
/// the folders right below it. Nobody else may write there.
///
/// # Errors
/// A folder cannot be read, or a file not removed.
pub(super) fn remove_temporaries(folder: &Path) -> Result<(), RunError> {
    for path in entries(folder)? {
        let inner = match path.is_dir() {
            true => entries(&path)?,
            false => vec![path],
        };
        for file in inner.iter().filter(|path| is_temporary(path)) {
            std::fs::remove_file(file).map_err(RunError::io(file, "cannot be removed"))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = std::fs::read_dir(folder).map_err(RunError::io(folder, "cannot be read"))?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    let paths: std::io::Result<Vec<PathBuf>> = paths.collect();
    paths.map_err(RunError::io(folder, "cannot be read"))
}

fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.is_file() && name.starts_with('.') && name.ends_with(".tmp")
}

fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_place_is_tried_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("table.csv");
        require_place(&file).unwrap();
        assert!(names(folder.path()).is_empty());
        std::fs::write(&file, "old").unwrap();
        require_place(&file).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
        for nowhere in [folder.path().join("no/table.csv"), folder.path().to_owned()] {
            let error = require_place(&nowhere).unwrap_err();
            assert!(error.to_string().contains("cannot be written"), "{error}");
        }
    }

    #[test]
    fn a_file_is_made_and_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_folder_is_made_where_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        put(&path, b"one").unwrap();
        put(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_failed_write_keeps_the_old_contents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"old").unwrap();
        let full = |out: &mut dyn Write| {
            out.write_all(b"half")?;
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        };
        let text = replace_with(&path, full).unwrap_err().to_string();
        assert!(
            text.contains("file: cannot be written: no storage space"),
            "{text}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn what_a_killed_process_left_half_written_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("boards");
        std::fs::create_dir(&inner).unwrap();
        for path in [folder.path(), &inner] {
            replace(&path.join("file"), b"whole").unwrap();
            std::fs::write(path.join(".file.123.tmp"), b"ha").unwrap();
        }
        remove_temporaries(folder.path()).unwrap();
        assert_eq!(names(&inner), ["file"]);
        assert!(
            !names(folder.path())
                .iter()
                .any(|name| name.ends_with("tmp"))
        );
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let text = replace(Path::new("/no/such/folder/file"), b"")
            .unwrap_err()
            .to_string();
        assert!(
            text.starts_with("/no/such/folder/file: cannot be written"),
            "{text}"
        );
    }
}
