//! The two files that grow: the log for people, the metrics for programs.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{RunError, atomic};

/// `log.txt`: lines for people, each with the time (UTC).
#[derive(Debug)]
pub struct Log {
    lines: Lines,
}

/// `metrics.jsonl`: one JSON object a line, each with an `epoch`.
#[derive(Debug)]
pub struct Metrics {
    lines: Lines,
}

impl Log {
    pub(super) fn open(path: &Path) -> Result<Self, RunError> {
        Ok(Self {
            lines: Lines::open(path)?,
        })
    }

    /// Of a run that another process writes down.
    pub(super) fn unwritten(path: &Path) -> Self {
        Self {
            lines: Lines::unwritten(path),
        }
    }

    /// Adds a line.
    ///
    /// # Errors
    /// The disk is full.
    pub fn line(&mut self, text: &str) -> Result<(), RunError> {
        let now = time::OffsetDateTime::now_utc();
        let (hour, minute, second) = (now.hour(), now.minute(), now.second());
        self.lines.add(&format!(
            "{} {hour:02}:{minute:02}:{second:02}  {text}",
            now.date()
        ))
    }
}

impl Metrics {
    pub(super) fn open(path: &Path) -> Result<Self, RunError> {
        Ok(Self {
            lines: Lines::open(path)?,
        })
    }

    /// Of a run that another process writes down.
    pub(super) fn unwritten(path: &Path) -> Self {
        Self {
            lines: Lines::unwritten(path),
        }
    }

    /// Adds what was measured: a value that becomes a JSON object with an `epoch`.
    ///
    /// # Errors
    /// The disk is full.
    ///
    /// # Panics
    /// The value is no JSON object.
    pub fn add(&mut self, measured: &impl Serialize) -> Result<(), RunError> {
        let text = serde_json::to_string(measured).expect("what is measured is plain JSON");
        assert!(text.starts_with('{'), "what is measured is a JSON object");
        self.lines.add(&text)
    }

    /// Keeps what was measured of the first `epochs` epochs, and drops a line torn by a kill: what a run that
    /// goes on after so many whole epochs will measure again. Steps do not tell it: with another number of
    /// processes an epoch has other ones.
    ///
    /// # Errors
    /// The file cannot be read or replaced.
    pub fn rewind(&mut self, epochs: u64) -> Result<(), RunError> {
        if self.lines.file.is_none() {
            return Ok(());
        }
        let path = self.lines.path.clone();
        let bytes = std::fs::read(&path).map_err(RunError::io(&path, "cannot be read"))?;
        let text = String::from_utf8_lossy(&bytes);
        let kept: String = text
            .split_inclusive('\n')
            .filter(|line| is_of_first(line, epochs))
            .collect();
        atomic::replace(&path, kept.as_bytes())?;
        self.lines = Lines::open(&path)?;
        Ok(())
    }
}

fn is_of_first(line: &str, epochs: u64) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
    let epoch = value.and_then(|value| value.get("epoch")?.as_u64());
    line.ends_with('\n') && epoch.is_some_and(|epoch| epoch <= epochs)
}

/// Adds all of the bytes to a file, or nothing.
///
/// # Errors
/// The disk is full.
pub(super) fn append(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    let before = file.metadata()?.len();
    file.write_all(bytes).inspect_err(|_| {
        // What was torn off is of no use; the error to tell is the first.
        let _ = file.set_len(before);
    })
}

#[derive(Debug)]
struct Lines {
    path: PathBuf,
    /// None where another process writes it.
    file: Option<File>,
}

impl Lines {
    fn unwritten(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
        }
    }

    fn open(path: &Path) -> Result<Self, RunError> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(RunError::io(path, "cannot be opened"))?;
        Ok(Self {
            path: path.to_owned(),
            file: Some(file),
        })
    }

    /// One write a line, so that a kill tears at most the last one; a full disk tears none.
    fn add(&mut self, text: &str) -> Result<(), RunError> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        append(file, format!("{text}\n").as_bytes())
            .map_err(RunError::io(&self.path, "cannot be written"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_log_goes_on_where_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        Log::open(&path).unwrap().line("one").unwrap();
        Log::open(&path).unwrap().line("two").unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].ends_with("  one") && lines[1].ends_with("  two"),
            "{text}"
        );
        assert!(lines[0].starts_with("20"), "{text}");
    }

    #[test]
    fn a_rewind_keeps_whole_epochs_whatever_their_steps_and_writing_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut metrics = Metrics::open(&path).unwrap();
        // After the second epoch more processes went on, with fewer steps.
        for (epoch, step) in [(1, 24), (2, 48), (3, 36), (4, 48)] {
            metrics.add(&json!({"epoch": epoch, "step": step})).unwrap();
        }
        let file = metrics.lines.file.as_mut().unwrap();
        file.write_all(b"{\"epoch\": 2, \"lo").unwrap();
        metrics.rewind(3).unwrap();
        metrics.add(&json!({"epoch": 4, "again": true})).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"epoch\":1,\"step\":24}\n{\"epoch\":2,\"step\":48}\n{\"epoch\":3,\"step\":36}\n\
             {\"again\":true,\"epoch\":4}\n"
        );
    }
}
