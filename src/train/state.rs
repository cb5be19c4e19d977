//! Pieces of what a run goes on from: tensors under a prefix, and words as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Clock, Error, Exact};
use crate::checkpoint::Contents;
use crate::nn::NamedTensor;

/// The word with everything small.
const STATE: &str = "state";
/// The word with the clock; all else is equal in equal runs.
const SECONDS: &str = "seconds";

/// The same tensors with `prefix` before their names.
#[must_use]
pub fn prefixed(prefix: &str, tensors: Vec<NamedTensor>) -> Vec<NamedTensor> {
    let named = |NamedTensor { name, tensor }| NamedTensor {
        name: format!("{prefix}{name}").into(),
        tensor,
    };
    tensors.into_iter().map(named).collect()
}

/// The words of a checkpoint: everything small, and the clock.
///
/// # Panics
/// When `state` does not become JSON.
#[must_use]
pub fn words(state: &impl Serialize, clock: &Clock) -> BTreeMap<String, String> {
    let json = |value: serde_json::Result<String>| value.expect("plain values are JSON");
    let seconds = clock.read().map(Exact);
    [
        (STATE, json(serde_json::to_string(state))),
        (SECONDS, json(serde_json::to_string(&seconds))),
    ]
    .map(|(key, word)| (key.to_owned(), word))
    .into()
}

/// Everything small of a checkpoint, and its clock.
///
/// # Errors
/// When it holds no such words; why.
pub fn read_words<T: for<'a> Deserialize<'a>>(contents: &Contents) -> Result<(T, Clock), String> {
    let [epoch, run]: [Exact; 2] = word(contents, SECONDS)?;
    Ok((word(contents, STATE)?, Clock::after(epoch.0, run.0)))
}

fn word<T: for<'a> Deserialize<'a>>(contents: &Contents, key: &str) -> Result<T, String> {
    let text = contents.about.get(key);
    let text = text.ok_or_else(|| format!("it holds no word `{key}`"))?;
    serde_json::from_str(text).map_err(|error| format!("its word `{key}`: {error}"))
}

/// Why a run does not go on from the checkpoint at `path`.
#[must_use]
pub fn unusable(path: &Path, reason: &str) -> Error {
    Error::Refused(format!(
        "{} cannot be gone on from: {reason}; remove it to go on from the one before, or \
         use the version of creamc that wrote it",
        path.display()
    ))
}
