//! First weights from a search: a path's part of the supernet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use creamc_lang::ir;
use creamc_lang::plan::Plan;
use tch::Tensor;

use crate::checkpoint::{Contents, FileError, Misfit, Store, load};
use crate::childnet::Childnet;
use crate::nn::NamedTensor;
use crate::train::Error;
use crate::train::checkpoints::NETWORK;

/// Copies the weights and norm statistics of `path` from the newest readable checkpoint of the
/// search in the folder `run`; the file that it was.
///
/// # Errors
/// When there is no such checkpoint, or it is of another space.
pub fn inherit(
    run: &Path,
    path: &ir::Path,
    plan: &Plan,
    childnet: &Childnet,
) -> Result<PathBuf, Error> {
    let (file, contents) = newest(run)?;
    copy(&file, &contents, path, plan, childnet)?;
    Ok(file)
}

/// Copies them again from the `file` that [`inherit`] found, though the search may have gone on.
///
/// # Errors
/// When the file is not there any more or damaged, and as [`inherit`].
pub fn inherit_again(
    file: &Path,
    path: &ir::Path,
    plan: &Plan,
    childnet: &Childnet,
) -> Result<(), Error> {
    if !file.is_file() {
        return Err(Error::Refused(format!(
            "this run has no checkpoint yet, and {}, which its first weights are from, is not there any more \
             (a search keeps its last few checkpoints alone): put it back, or start a new retraining with --inherit",
            file.display()
        )));
    }
    copy(file, &load(file)?, path, plan, childnet)
}

fn copy(
    file: &Path,
    contents: &Contents,
    path: &ir::Path,
    plan: &Plan,
    childnet: &Childnet,
) -> Result<(), Error> {
    if contents.about.contains_key(NETWORK) {
        return Err(Error::Refused(format!(
            "{} is a checkpoint of a retraining: give --inherit the folder of a `creamc search`",
            file.display()
        )));
    }
    if contents
        .about
        .get("weights")
        .is_some_and(|own| *own != plan.weights)
    {
        return Err(Error::Refused(format!(
            "{} is of another space than the architecture: take an architecture of the search's own space",
            file.display()
        )));
    }
    let names = names(path, plan, childnet);
    let found: BTreeMap<String, Tensor> = names
        .iter()
        .filter_map(|(own, supernet)| {
            let tensor = contents.tensors.get(supernet)?;
            Some((own.clone(), tensor.shallow_clone()))
        })
        .collect();
    childnet
        .load(&found)
        .map_err(|_| misfit(file, &names, &found, childnet))
}

/// The newest checkpoint that can be read. The folder stays as it is: the search may go on.
fn newest(run: &Path) -> Result<(PathBuf, Contents), Error> {
    let store = Store::new(run.join("checkpoint"), 1);
    let mut damaged: Option<FileError> = None;
    for step in store.steps()?.into_iter().rev() {
        let file = store.path(step);
        match load(&file) {
            Ok(contents) => return Ok((file, contents)),
            Err(error) => damaged = Some(error),
        }
    }
    Err(damaged.map_or_else(
        || {
            Error::Refused(format!(
                "{} holds no checkpoint of a search: give --inherit the folder of a `creamc search`",
                run.display()
            ))
        },
        Error::from,
    ))
}

/// The supernet's name of each of the network's tensors.
fn names(path: &ir::Path, plan: &Plan, childnet: &Childnet) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (own, (row, block, candidate)) in childnet.blocks().iter().zip(path.blocks()) {
        let prefix = format!("{}.{block}.", plan.ir.rows[row].name);
        for NamedTensor { name, .. } in own.parameters().iter().chain(own.buffers()) {
            let part = name
                .strip_prefix(&prefix)
                .expect("a block's tensors are named after it");
            names.insert(name.to_string(), format!("{prefix}{candidate}.{part}"));
        }
    }
    names
}

fn misfit(
    file: &Path,
    names: &BTreeMap<String, String>,
    found: &BTreeMap<String, Tensor>,
    childnet: &Childnet,
) -> Error {
    let missing = names.iter().filter(|(own, _)| !found.contains_key(*own));
    let tensors = childnet.tensors();
    let shapes = tensors.iter().filter_map(|own| {
        let (found, expected) = (found.get(&*own.name)?.size(), own.tensor.size());
        (found != expected).then(|| (names[&*own.name].clone(), found, expected))
    });
    Error::Weights(Misfit {
        path: file.to_owned(),
        missing: missing.map(|(_, supernet)| supernet.clone()).collect(),
        unexpected: Vec::new(),
        shapes: shapes.collect(),
    })
}
