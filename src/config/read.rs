//! From a file and overrides to written settings, each with its place.

use std::io::Read;
use std::path::Path;

use serde_yaml::Value as Yaml;

use super::locate::locate;
use super::problem::{Place, SettingsError};

/// A setting as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    /// The dotted key.
    pub path: String,
    pub yaml: Yaml,
    pub place: Place,
}

/// No settings file is longer; what is, is something else.
const LONGEST: u64 = 1 << 20;

/// The settings of `file`, then those of `set`, in order; groups are taken apart.
pub(super) fn written(file: Option<&Path>, set: &[String]) -> Result<Vec<Written>, SettingsError> {
    let mut all = match file {
        Some(file) => in_file(file)?,
        None => Vec::new(),
    };
    for text in set {
        all.push(overriding(text)?);
    }
    Ok(all)
}

fn in_file(file: &Path) -> Result<Vec<Written>, SettingsError> {
    let at = |line, column| Place::File {
        file: file.to_owned(),
        line,
        column,
    };
    let text = read_text(file).map_err(|what| SettingsError::one(at(1, 1), what))?;
    let yaml: Yaml = serde_yaml::from_str(&text).map_err(|error| {
        let (line, column) = error
            .location()
            .map_or((1, 1), |place| (place.line(), place.column()));
        SettingsError::one(at(line, column), format!("is no YAML: {error}"))
    })?;
    let mut all = Vec::new();
    if !matches!(yaml, Yaml::Null | Yaml::Mapping(_)) {
        return Err(SettingsError::one(
            at(1, 1),
            "holds no settings; expected `KEY: value` lines",
        ));
    }
    take_apart(yaml, &mut Vec::new(), &mut |path, yaml| {
        let (line, column) = locate(&text, path);
        all.push(Written {
            path: path.join("."),
            yaml,
            place: at(line, column),
        });
    });
    Ok(all)
}

fn read_text(file: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("the settings file cannot be read: {error}");
    let mut bytes = Vec::new();
    // A pipe or a device says no length, and may have no end.
    std::fs::File::open(file)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() as u64 > LONGEST {
        return Err("is no settings file: it is longer than 1 MiB".to_owned());
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|_| "is no settings file: it is not text in UTF-8")?;
    // Some editors put a mark before the first letter.
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// Hands every value that is no group to `each`, with the names on the way to it.
fn take_apart(yaml: Yaml, path: &mut Vec<String>, each: &mut impl FnMut(&[&str], Yaml)) {
    match yaml {
        Yaml::Mapping(group) => {
            for (name, yaml) in group {
                path.push(name_of(&name));
                take_apart(yaml, path, each);
                path.pop();
            }
        }
        Yaml::Tagged(tagged) => take_apart(tagged.value, path, each),
        yaml => {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            if !names.is_empty() {
                each(&names, yaml);
            }
        }
    }
}

fn name_of(yaml: &Yaml) -> String {
    match yaml {
        Yaml::String(name) => name.clone(),
        other => serde_yaml::to_string(other)
            .unwrap_or_default()
            .trim()
            .to_owned(),
    }
}

/// One `KEY=VALUE` of the command line.
fn overriding(text: &str) -> Result<Written, SettingsError> {
    let place = Place::Set(text.to_owned());
    let Some((key, value)) = text.split_once('=') else {
        return Err(SettingsError::one(
            place,
            "expected `KEY=VALUE`, for example `SUPERNET.SLICE=8`",
        ));
    };
    match serde_yaml::from_str(value) {
        Ok(yaml) => Ok(Written {
            path: key.trim().to_owned(),
            yaml,
            place,
        }),
        Err(error) => Err(SettingsError::one(
            place,
            format!("the value is no YAML: {error}"),
        )),
    }
}
