//! Files that appear whole or not at all: whatever happens, the old or the new contents are there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Makes what `write` writes the contents of `path`. It lies at `temporary`, in the same folder, until it is whole, and is gone
/// when anything fails.
///
/// # Errors
/// When `write` fails or the system refuses; what was at `path` stays.
#[allow(dead_code, reason = "the front edits texts, and makes no other file")]
pub fn write(
    path: &Path,
    temporary: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let written = write_synced(temporary, write).and_then(|()| rename(temporary, path));
    if written.is_err() {
        // It may not even exist; the first error is the one to tell.
        let _ = fs::remove_file(temporary);
    }
    written
}

#[allow(dead_code, reason = "the front edits texts, and makes no other file")]
fn write_synced(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write(&mut out)?;
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()
}

/// Gives a file that is whole its name, which lasts once the folder is on the disk. Some file systems cannot sync a
/// folder; the file's contents are safe without.
///
/// # Errors
/// When the system refuses.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| *folder != Path::new(""));
    let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Replaces the text of a file that is there: as [`write()`] does, but links stay links, and who may read and write it stays, too.
///
/// # Errors
/// When the file may not be written, or its folder holds no second file for a moment.
pub fn edit(file: &Path, text: &str) -> io::Result<()> {
    // Through links, so that a link stays one; and only where the file itself may be written.
    let file = fs::canonicalize(file)?;
    let permissions = fs::OpenOptions::new()
        .write(true)
        .open(&file)?
        .metadata()?
        .permissions();
    let folder = file.parent().expect("a file lies in a folder");
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(permissions)?;
    new.as_file().sync_all()?;
    let temporary = new.into_temp_path();
    rename(&temporary, &file)?;
    // It has another name now: there is nothing to remove.
    let _ = temporary.keep();
    Ok(())
}
