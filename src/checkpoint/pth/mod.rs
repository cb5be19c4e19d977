//! PyTorch checkpoints, `.pth` and `.pth.tar`: the zip form and the old one of
//! pickles behind each other.
//!
//! Only tensors are built, from the numbers in the file; every other class is
//! passed over and nothing in the file is ever run.

mod archive;
mod pickle;
mod storage;
mod write;

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::file::{FileError, read};
use super::shown::shown;
use pickle::Node;
use storage::{Storages, Tensors};

pub use write::{Words, save};

/// The weights of a PyTorch checkpoint, under the names they have in it.
#[derive(Debug)]
pub struct Foreign {
    /// `state_dict`, or the whole file where that is one; empty where there are averaged weights only.
    pub weights: BTreeMap<String, Tensor>,
    /// `state_dict_ema`, the averaged weights, where there are any.
    pub averaged: Option<BTreeMap<String, Tensor>>,
}

/// All tensors together may have so many times the file's bytes: views of one storage share its bytes in
/// the file, but not in memory.
const SHARED: usize = 4;

/// Reads a PyTorch checkpoint.
///
/// # Errors
/// When the file cannot be read, is damaged, or holds no weights.
pub fn load(path: &Path) -> Result<Foreign, FileError> {
    read(path, "PyTorch", parse)
}

/// Reads the bytes of a PyTorch checkpoint.
///
/// # Errors
/// Says what is wrong, as the end of a sentence.
pub fn parse(bytes: &[u8]) -> Result<Foreign, String> {
    let (pickle, storages) = match bytes {
        [b'P', b'K', 3, 4, ..] => Storages::of_zip(bytes)?,
        [0x80, ..] => Storages::of_legacy(bytes)?,
        _ => return Err("it is neither a zip file nor a pickle".to_owned()),
    };
    let root = pickle.items(pickle.root()).ok_or(NO_DICTIONARY)?;
    let part = |name: &str| {
        let found = root.iter().find(|(key, _)| *key == name);
        let found = found.map(|&(_, node)| node);
        found.filter(|node| !matches!(node, Node::None))
    };
    let mut tensors = Tensors {
        pickle: &pickle,
        storages: &storages,
        room: bytes.len().saturating_mul(SHARED),
    };
    let weights = match (part("state_dict"), part("state_dict_ema")) {
        (Some(node), _) => tensors.of(node)?,
        (None, Some(_)) => BTreeMap::new(),
        (None, None) => tensors.of(pickle.root())?,
    };
    let averaged = match part("state_dict_ema") {
        None => None,
        // An empty one says that there are none.
        Some(node) => Some(tensors.of(node)?).filter(|averaged| !averaged.is_empty()),
    };
    match weights.is_empty() && averaged.is_none() {
        true => Err(no_weights(&root)),
        false => Ok(Foreign { weights, averaged }),
    }
}

const NO_DICTIONARY: &str = "it holds no dictionary of weights, and whole modules and lists are not read: save \
    `model.state_dict()` with PyTorch instead";

/// What there is instead of weights, of a dictionary.
fn no_weights(root: &[(&str, &Node)]) -> String {
    let keys = root.iter().take(8);
    let keys: Vec<String> = keys.map(|(key, _)| format!("`{}`", shown(key))).collect();
    match keys.is_empty() {
        true => "it holds no weights".to_owned(),
        false => format!(
            "it holds no weights, only {}: with PyTorch, save the dictionary of tensors alone or under `state_dict`",
            keys.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests;
