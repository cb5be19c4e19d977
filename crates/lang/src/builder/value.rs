//! Values, domains and how an attribute is bound to them, as text of the language.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use crate::quantity::Quantity;

/// A number or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

/// What a decision ranges over: a set, a range with both ends, or the name of a `let`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

/// How an attribute is bound: a value is `=`, [`searched`] is `in`, [`fitted`] is `fit`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting(String);

/// The right side of a comparison: a number, `STAGE.depth` or `ROW.channels`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand(String);

/// `in`: a decision of every path.
pub fn searched(domain: impl Into<Domain>) -> Setting {
    Setting(format!("in {}", domain.into()))
}

/// `fit`: settled once, before the search.
pub fn fitted(domain: impl Into<Domain>) -> Setting {
    Setting(format!("fit {}", domain.into()))
}

/// A number as the language writes it: `number("22ms")`, `number("600M")`.
pub fn number(written: &str) -> Value {
    match Quantity::parse(written) {
        Ok(_) => Value(written.to_owned()),
        Err(_) => Value(quoted(written)),
    }
}

impl Domain {
    /// `LOW..HIGH step STEP`, for a range.
    pub fn step(self, step: impl Into<Value>) -> Domain {
        Domain(format!("{} step {}", self.0, step.into()))
    }
}

/// A name as it is; anything else in quotes, so that it can be nothing but a mistake that is found.
pub(super) fn name(text: &str) -> String {
    let mut letters = text.chars();
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name = letters.next().is_some_and(is_first)
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_name {
        true => text.to_owned(),
        false => quoted(text),
    }
}

/// `a.b`, each part a name.
pub(super) fn dotted(text: &str) -> String {
    text.split('.').map(name).collect::<Vec<_>>().join(".")
}

/// A string of the language, which has no way to write a quote or a line end.
pub(super) fn quoted(text: &str) -> String {
    let is_kept = |c: char| c != '"' && !c.is_control();
    let kept = text.chars().map(|c| if is_kept(c) { c } else { '?' });
    format!("\"{}\"", kept.collect::<String>())
}

macro_rules! shown {
    ($($type:ident)*) => {$(
        impl Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

shown! { Value Domain Setting Operand }

/// Every number of Rust, as its digits.
macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl From<$type> for Value {
            fn from(number: $type) -> Value {
                Value(number.to_string())
            }
        }

        impl From<$type> for Setting {
            fn from(number: $type) -> Setting {
                Value::from(number).into()
            }
        }

        impl From<$type> for Operand {
            fn from(number: $type) -> Operand {
                Value::from(number).into()
            }
        }
    )*};
}

numbers! { i32 u32 u64 usize f64 }

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value(name(text))
    }
}

impl From<&str> for Setting {
    fn from(text: &str) -> Setting {
        Value::from(text).into()
    }
}

impl From<Value> for Setting {
    fn from(value: Value) -> Setting {
        Setting(format!("= {value}"))
    }
}

impl From<&str> for Operand {
    fn from(text: &str) -> Operand {
        Operand(dotted(text))
    }
}

impl From<Value> for Operand {
    fn from(value: Value) -> Operand {
        Operand(value.0)
    }
}

impl<T: Into<Value>, const N: usize> From<[T; N]> for Domain {
    fn from(values: [T; N]) -> Domain {
        Vec::from(values).into()
    }
}

impl<T: Into<Value>> From<Vec<T>> for Domain {
    fn from(values: Vec<T>) -> Domain {
        let values = values.into_iter().map(|value| value.into().0);
        Domain(format!("{{{}}}", values.collect::<Vec<_>>().join(", ")))
    }
}

impl<T: Into<Value>> From<RangeInclusive<T>> for Domain {
    fn from(range: RangeInclusive<T>) -> Domain {
        let (low, high) = range.into_inner();
        Domain(format!("{}..{}", low.into(), high.into()))
    }
}

impl From<&str> for Domain {
    fn from(text: &str) -> Domain {
        Domain(name(text))
    }
}
