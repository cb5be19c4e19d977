//! `settings.yaml`: every setting of the run, beside its default.

use serde_yaml::Value as Yaml;

use super::Command;
use super::files::Files;
use crate::config::{self, Use, Value};

/// A setting of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its dotted name.
    pub key: String,
    pub value: String,
    /// What it would be without a word about it; `None` where the list of settings has no such.
    pub default: Option<String>,
    /// What it means.
    pub says: &'static str,
}

impl Setting {
    /// Whether somebody chose its value.
    pub fn differs(&self) -> bool {
        self.default.as_ref().is_some_and(|one| *one != self.value)
    }
}

/// Reads all settings, in the file's order.
pub fn read(files: &mut Files, command: Command) -> Vec<Setting> {
    const NAME: &str = "settings.yaml";
    let Some(text) = files.text(NAME) else {
        return Vec::new();
    };
    let mut settings = Vec::new();
    match serde_yaml::from_str(&text) {
        Ok(yaml) => take_apart(&yaml, "", &mut |key, value| {
            settings.push(setting(key, value, command));
        }),
        Err(error) => files.note(NAME, format!("is damaged: {error}")),
    }
    settings
}

fn take_apart(yaml: &Yaml, path: &str, found: &mut impl FnMut(&str, &Yaml)) {
    let Yaml::Mapping(group) = yaml else {
        return found(path, yaml);
    };
    for (name, inner) in group {
        let name = name.as_str().unwrap_or("?");
        match path {
            "" => take_apart(inner, name, found),
            path => take_apart(inner, &format!("{path}.{name}"), found),
        }
    }
}

fn setting(path: &str, yaml: &Yaml, command: Command) -> Setting {
    let run = match command {
        Command::Search => config::Run::Search,
        Command::Retrain => config::Run::Retrain,
    };
    let key = config::keys().iter().find(|key| key.path == path);
    let read = |yaml: &Yaml| key.and_then(|key| key.kind.read(yaml).ok());
    let default = key.and_then(|key| match key.used_by(run) {
        Use::Or(text) => read(&serde_yaml::from_str(text).ok()?),
        Use::Idle(_) => None,
    });
    Setting {
        key: path.to_owned(),
        value: read(yaml).map_or_else(|| raw(yaml), |value| shown(&value)),
        default: default.as_ref().map(shown),
        says: key.map_or("", |key| key.says),
    }
}

fn raw(yaml: &Yaml) -> String {
    serde_yaml::to_string(yaml).map_or_else(|_| "?".to_owned(), |text| text.trim().to_owned())
}

fn shown(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Flag(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Value::Whole(whole) => whole.to_string(),
        Value::Real(real) if *real != 0.0 && real.abs() < 1e-3 => format!("{real:e}"),
        Value::Real(real) => real.to_string(),
        Value::Text(text) => text.clone(),
        Value::Numbers(numbers) => format!("{numbers:?}"),
        Value::Lists(lists) => format!("{lists:?}"),
    }
}
