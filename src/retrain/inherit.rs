//! First weights from a search: a path's part of the supernet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use creamc_lang::ir;
use creamc_lang::plan::Plan;
use tch::Tensor;

use crate::checkpoint::{Contents, FileError, Misfit, Store, load};
use crate::childnet::Childnet;
use crate::nn::{NamedTensor, slice};
use crate::ranks::Ranks;
use crate::supernet::Sharing;
use crate::train::checkpoints::NETWORK;
use crate::train::{Error, same_file};

/// Copies the weights and norm statistics of `path` from the newest readable checkpoint of the
/// search in the folder `run`; the file that it was, the same on all ranks.
///
/// # Errors
/// When there is no such checkpoint, it is of another space, or a rank is lost.
pub fn inherit(
    run: &Path,
    path: &ir::Path,
    plan: &Plan,
    childnet: &Childnet,
    ranks: &Ranks,
) -> Result<PathBuf, Error> {
    let folder = run.join("checkpoint");
    let (file, contents) = same_file(ranks, "inherited", &folder, || newest(run))?;
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
    let Some(identity) = contents.about.get("weights") else {
        return Err(Error::Refused(format!(
            "{} holds no supernet of a search: give --inherit the folder of a `creamc search`",
            file.display()
        )));
    };
    let Some(sharing) = Sharing::of_identity(identity, &plan.weights) else {
        return Err(Error::Refused(format!(
            "{} is of another space than the architecture: take an architecture of the search's own space",
            file.display()
        )));
    };
    let names = names(path, plan, sharing, childnet);
    let found: BTreeMap<String, Tensor> = childnet
        .tensors()
        .iter()
        .filter_map(|own| {
            let stored = contents.tensors.get(&names[&*own.name])?;
            let part = part(stored, &own.tensor.size());
            Some((own.name.to_string(), part))
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
fn names(
    path: &ir::Path,
    plan: &Plan,
    sharing: Sharing,
    childnet: &Childnet,
) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (own, at) in childnet.blocks().iter().zip(path.blocks()) {
        let (row, block, _) = at;
        let prefix = format!("{}.{block}.", plan.ir.rows[row].name);
        let stored = sharing.prefix(&plan.ir, at);
        for NamedTensor { name, .. } in own.parameters().iter().chain(own.buffers()) {
            let part = name
                .strip_prefix(&prefix)
                .expect("a block's tensors are named after it");
            names.insert(name.to_string(), format!("{stored}.{part}"));
        }
    }
    names
}

/// The network's part of a stored tensor; the tensor itself where it has none of this shape.
fn part(stored: &Tensor, shape: &[i64]) -> Tensor {
    let size = stored.size();
    let holds = size.len() == shape.len() && size.iter().zip(shape).all(|(all, own)| all >= own);
    match holds {
        true => slice(stored, shape),
        false => stored.shallow_clone(),
    }
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
        kinds: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use creamc_lang::checked::Checked;

    use super::*;
    use crate::nn::Place;
    use crate::supernet::Supernet;

    fn tiny() -> Plan {
        let text = include_str!("../../spaces/tiny.cream");
        let checked = Checked::from_text("tiny.cream", text).expect("the space is right");
        checked.plan().expect("a path fits")
    }

    #[test]
    fn a_network_takes_its_own_weights_or_its_slices_of_shared_ones() {
        let plan = tiny();
        let ir = plan.ir.at(plan.resolution);
        let path = &plan.witness;
        let network = plan.ir.network(path, plan.resolution);
        for sharing in [Sharing::Independent, Sharing::Elastic] {
            let supernet = Supernet::sharing(&ir, sharing, Place::CPU, 3);
            let tensors = supernet.tensors().into_iter();
            let contents = Contents {
                tensors: tensors
                    .map(|one| (one.name.to_string(), one.tensor.detach()))
                    .collect(),
                about: [("weights".to_owned(), sharing.identity(&plan.weights))].into(),
            };
            let childnet = Childnet::new(&network, Place::CPU, 9);
            copy(Path::new("file"), &contents, path, &plan, &childnet).unwrap();
            let expected = Childnet::of_supernet(&network, &supernet, path);
            for (found, expected) in childnet.tensors().iter().zip(expected.tensors()) {
                assert!(
                    found.tensor.equal(&expected.tensor),
                    "{sharing:?} {}",
                    found.name
                );
            }
            let mut damaged = contents;
            let (_, tensor) = damaged.tensors.iter_mut().next().unwrap();
            *tensor = tensor.narrow(0, 0, 1);
            let error = copy(Path::new("file"), &damaged, path, &plan, &childnet);
            assert!(matches!(error, Err(Error::Weights(_))), "{sharing:?}");
        }
    }
}
