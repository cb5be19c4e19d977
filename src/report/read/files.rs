//! Files of a run folder, any of which may be missing, torn or damaged.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use creamc_lang::ir;
use serde_json::Value;

/// A run folder, and what was found wrong in it so far.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    /// What could not be read, each naming its file; the page shows them.
    pub notes: Vec<String>,
}

impl Files {
    pub fn new(folder: &Path) -> Files {
        Files {
            folder: folder.to_owned(),
            notes: Vec::new(),
        }
    }

    /// Where the file `name` lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Notes that something is wrong with the file `name`.
    pub fn note(&mut self, name: &str, what: impl std::fmt::Display) {
        self.notes.push(format!("{name}: {what}"));
    }

    /// A file's text; `None` where there is no such file, or, with a note, where it cannot be
    /// read. What is no UTF-8 in it becomes replacement letters.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match fs::read(self.path(name)) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                self.note(name, format!("cannot be read: {error}"));
                None
            }
        }
    }

    /// A file's JSON value; `None` where there is no such file, or, with a note, where it is damaged.
    pub fn json(&mut self, name: &str) -> Option<Value> {
        let text = self.text(name)?;
        match serde_json::from_str(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(name, format!("is damaged: {error}"));
                None
            }
        }
    }

    /// The files of the subfolder `name`, sorted, as names relative to the run folder.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![name.to_owned()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(self.path(&folder)) else {
                continue;
            };
            for entry in entries.flatten() {
                let inner = format!("{folder}/{}", entry.file_name().to_string_lossy());
                // Links are not followed: they may lead round in a circle.
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(inner),
                    _ => names.push(inner),
                }
            }
        }
        names.sort();
        names
    }
}

/// The numbers that a page can show; larger ones are damage, and their differences could overflow.
const LARGEST: f64 = 1e15;

/// A field of a JSON object as a number that can be drawn.
pub fn number(value: &Value, name: &str) -> Option<f64> {
    finite(value.get(name)?)
}

/// A number that can be drawn.
pub fn finite(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.abs() <= LARGEST)
}

/// A field of a JSON object as a count.
pub fn whole(value: &Value, name: &str) -> Option<u64> {
    value.get(name)?.as_u64()
}

/// A field of a JSON object as text.
pub fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

/// A path, or index lists, as one text without blanks that may differ: `[[0], [2, 1], [0]]`, behind `160: ` where it decides its resolution.
pub fn path(value: &Value) -> Option<String> {
    let path: ir::Path = serde_json::from_value(value.clone()).ok()?;
    Some(path.to_string())
}

/// The same from such a text.
pub fn path_of_text(text: &str) -> Option<String> {
    let (resolution, rows) = match text.split_once(':') {
        Some((side, rows)) => (Some(side.trim().parse().ok()?), rows),
        None => (None, text),
    };
    let rows = serde_json::from_str(rows).ok()?;
    Some(ir::Path { resolution, rows }.to_string())
}
