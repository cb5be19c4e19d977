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

/// `metrics.jsonl`: one JSON object a line, each with a `step`.
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

    /// Adds what was measured: a value that becomes a JSON object with a `step`.
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

    /// Drops what was measured after `step` of `epoch`, and a line torn by a kill: what a run that
    /// goes on from a checkpoint will measure again. What is of an earlier epoch stays, whatever its step: a
    /// run that goes on with another number of processes counts other steps.
    ///
    /// # Errors
    /// The file cannot be read or replaced.
    pub fn rewind(&mut self, (epoch, step): (u64, u64)) -> Result<(), RunError> {
        if self.lines.file.is_none() {
            return Ok(());
        }
        let path = self.lines.path.clone();
        let bytes = std::fs::read(&path).map_err(RunError::io(&path, "cannot be read"))?;
        let text = String::from_utf8_lossy(&bytes);
        let kept: String = text
            .split_inclusive('\n')
            .filter(|line| is_until(line, (epoch, step)))
            .collect();
        atomic::replace(&path, kept.as_bytes())?;
        self.lines = Lines::open(&path)?;
        Ok(())
    }
}

fn is_until(line: &str, (epoch, step): (u64, u64)) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_str(line).ok();
    let number = |key| value.as_ref().and_then(|value| value.get(key)?.as_u64());
    let before = number("epoch").is_some_and(|own| own < epoch);
    line.ends_with('\n') && (before || number("step").is_some_and(|own| own <= step))
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
    fn a_rewind_drops_later_steps_and_a_torn_line_and_writing_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut metrics = Metrics::open(&path).unwrap();
        for step in 1..5 {
            metrics.add(&json!({"step": step})).unwrap();
        }
        let file = metrics.lines.file.as_mut().unwrap();
        file.write_all(b"{\"step\": 2, \"lo").unwrap();
        metrics.rewind((1, 3)).unwrap();
        metrics.add(&json!({"step": 4, "again": true})).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"again\":true,\"step\":4}\n"
        );
    }
}
