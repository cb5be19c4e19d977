//! Paths in JSON, which holds text alone.

use std::path::{Path, PathBuf};

use serde::Serializer;

/// For `serialize_with`: what of a path is no UTF-8 is replaced.
///
/// # Errors
/// The serializer's own.
pub fn as_text<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&path.display())
}

/// As [`as_text`], for a path that may be missing.
///
/// # Errors
/// The serializer's own.
pub fn some_as_text<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => to.serialize_some(&path.to_string_lossy()),
        None => to.serialize_none(),
    }
}
