//! The kinds of values a setting can have, and how YAML becomes them.

use serde::Serialize;
use serde_yaml::Value as Yaml;

use super::retrain::published_sizes;

/// What a setting may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// True or False.
    Flag,
    /// A whole number between two ends, both included.
    Whole(i64, i64),
    /// The size of a published network, or -1.
    Network,
    /// A number between two ends, both included.
    Real(f64, f64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// A list of numbers.
    Numbers,
    /// A list of lists of whole numbers.
    Lists,
    /// Anything: the setting has no effect.
    Any,
    /// None, or a value of the kind.
    Maybe(&'static Kind),
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Nothing.
    None,
    /// True or False.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Real(f64),
    /// A word or a text.
    Text(String),
    /// Numbers.
    Numbers(Vec<f64>),
    /// Lists of whole numbers.
    Lists(Vec<Vec<i64>>),
}

impl Kind {
    /// The value that `yaml` means, or what is wrong with it.
    ///
    /// Accepts the Python spellings of the original's files: `None`, `True`, `1e-4` and
    /// `(0.1, 0.2)`, with quotes or without.
    pub fn read(&self, yaml: &Yaml) -> Result<Value, String> {
        let value = match self {
            Self::Maybe(_) if is_none(yaml) => Some(Value::None),
            Self::Maybe(kind) => return kind.read(yaml).map_err(|what| format!("{what}, or None")),
            Self::Any => Some(Value::None),
            Self::Flag => flag(yaml).map(Value::Flag),
            Self::Whole(..) | Self::Network => whole(yaml).map(Value::Whole),
            Self::Real(..) => number(yaml).map(Value::Real),
            Self::Word(_) => word(yaml).map(Value::Text),
            Self::Text => text(yaml).map(Value::Text),
            Self::Numbers => numbers(yaml).map(Value::Numbers),
            Self::Lists => lists(yaml).map(Value::Lists),
        };
        value
            .filter(|value| self.holds(value))
            .ok_or_else(|| format!("is {}; expected {}", shown(yaml), self.says()))
    }

    fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Whole(least, most), Value::Whole(value)) => (least..=most).contains(&value),
            (Self::Real(least, most), Value::Real(value)) => (least..=most).contains(&value),
            (Self::Word(words), Value::Text(value)) => words.contains(&value.as_str()),
            (Self::Numbers, Value::Numbers(values)) => values.iter().all(|value| value.is_finite()),
            _ => true,
        }
    }

    fn says(&self) -> String {
        match self {
            Self::Flag => "True or False".to_owned(),
            Self::Whole(least, i64::MAX) => format!("a whole number, at least {least}"),
            Self::Whole(least, most) => format!("a whole number in {least}..{most}"),
            Self::Network => format!(
                "a published network ({}), or -1 for `INPUT_ARCH`",
                published_sizes()
            ),
            Self::Real(f64::MIN_POSITIVE, most) if *most >= f64::MAX => {
                "a number above 0".to_owned()
            }
            Self::Real(f64::MIN_POSITIVE, most) => {
                format!("a number above 0, at most {most}")
            }
            Self::Real(least, most) if *most >= f64::MAX => format!("a number, at least {least}"),
            Self::Real(least, most) => format!("a number in {least}..{most}"),
            Self::Word(words) => words.join(" | "),
            Self::Text => "a text".to_owned(),
            Self::Numbers => "a list of numbers".to_owned(),
            Self::Lists => "a list of lists of whole numbers".to_owned(),
            Self::Any => "anything".to_owned(),
            Self::Maybe(kind) => format!("{}, or None", kind.says()),
        }
    }
}

fn is_none(yaml: &Yaml) -> bool {
    match yaml {
        Yaml::Null => true,
        Yaml::String(text) => matches!(text.as_str(), "None" | "none" | ""),
        _ => false,
    }
}

fn flag(yaml: &Yaml) -> Option<bool> {
    match yaml {
        Yaml::Bool(flag) => Some(*flag),
        Yaml::String(text) if text == "True" => Some(true),
        Yaml::String(text) if text == "False" => Some(false),
        _ => None,
    }
}

/// `3`, and `3.0` or `'3'`, which mean the same.
fn whole(yaml: &Yaml) -> Option<i64> {
    if let Yaml::Number(number) = yaml
        && let Some(whole) = number.as_i64()
    {
        return Some(whole);
    }
    let number = number(yaml)?;
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

fn number(yaml: &Yaml) -> Option<f64> {
    let number = match yaml {
        Yaml::Number(number) => number.as_f64(),
        Yaml::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// `False` is a flag to YAML and a word where there are others beside it.
fn word(yaml: &Yaml) -> Option<String> {
    if let Yaml::Bool(flag) = yaml {
        return Some(flag.to_string());
    }
    text(yaml).map(|word| word.to_lowercase())
}

fn text(yaml: &Yaml) -> Option<String> {
    match yaml {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn numbers(yaml: &Yaml) -> Option<Vec<f64>> {
    match yaml {
        Yaml::Sequence(items) => items.iter().map(number).collect(),
        Yaml::Number(_) => number(yaml).map(|one| vec![one]),
        // An unquoted Python tuple is a text to YAML.
        Yaml::String(text) => {
            let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
            let items = inner.trim().trim_end_matches(',').split(',');
            items.map(|item| item.trim().parse().ok()).collect()
        }
        _ => None,
    }
}

fn lists(yaml: &Yaml) -> Option<Vec<Vec<i64>>> {
    let rows = yaml.as_sequence()?;
    rows.iter()
        .map(|row| row.as_sequence()?.iter().map(whole).collect())
        .collect()
}

/// The value as a user would recognise it, on one line.
fn shown(yaml: &Yaml) -> String {
    match yaml {
        Yaml::Null => "empty".to_owned(),
        Yaml::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Yaml::Number(number) => number.to_string(),
        Yaml::String(text) => format!("`{text}`"),
        Yaml::Sequence(_) => "a list".to_owned(),
        Yaml::Mapping(_) => "a group of settings".to_owned(),
        Yaml::Tagged(tagged) => shown(&tagged.value),
    }
}
