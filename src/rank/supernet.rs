//! The supernet that judges.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use creamc_lang::plan::Plan;

use crate::checkpoint::{self, Contents, Store};
use crate::nn::{NamedTensor, Place};
use crate::ranks::Ranks;
use crate::supernet::{Sharing, Supernet};
use crate::train::{Error, same_file};

/// A supernet of a search, and where it comes from.
#[derive(Debug)]
pub struct Saved {
    /// Its weights and norm statistics.
    pub supernet: Supernet,
    /// Its file.
    pub file: PathBuf,
    /// The epoch after which it was saved, where the file says.
    pub epoch: Option<u64>,
}

/// The newest supernet of the run in `search` that can be read, the same on all ranks; the run's files stay as they are.
///
/// # Errors
/// When there is none, it belongs to another space than `plan`'s, or a rank is lost.
pub fn newest_supernet(
    search: &Path,
    plan: &Plan,
    place: Place,
    ranks: &Ranks,
) -> Result<Saved, Error> {
    let folder = search.join("checkpoint");
    let (file, mut contents) = same_file(ranks, "supernet", &folder, || newest(search))?;
    let sharing = sharing(search, &file, &contents, plan)?;
    let supernet = Supernet::sharing(&plan.ir.at(plan.resolution), sharing, place, 0);
    let own: BTreeSet<_> = supernet
        .tensors()
        .into_iter()
        .map(|NamedTensor { name, .. }| name)
        .collect();
    // Beside them lie momentum, the meta layer and the board, which a judge does not need.
    contents.tensors.retain(|name, _| own.contains(&**name));
    supernet
        .load(&contents.tensors)
        .map_err(|error| Error::Refused(format!("{}: {error}", file.display())))?;
    Ok(Saved {
        epoch: epoch(&contents),
        supernet,
        file,
    })
}

/// The epoch that the file is of; a search's state says it.
fn epoch(contents: &Contents) -> Option<u64> {
    let state = contents.about.get("state")?;
    let state: serde_json::Value = serde_json::from_str(state).ok()?;
    state.get("epoch")?.as_u64()
}

/// The newest readable file of weights.
fn newest(search: &Path) -> Result<(PathBuf, Contents), Error> {
    let store = Store::new(search.join("checkpoint"), 1);
    let mut why = "it has no checkpoint".to_owned();
    for step in store.steps()?.into_iter().rev() {
        let file = store.path(step);
        match checkpoint::load(&file) {
            Ok(contents) => return Ok((file, contents)),
            Err(error) => why = error.to_string(),
        }
    }
    Err(Error::Refused(format!(
        "{} has no supernet that can be read ({why}): give --run the folder of a search that has ended an epoch",
        search.display()
    )))
}

/// How the saved weights are shared, where they are of the plan's structure.
fn sharing(search: &Path, file: &Path, saved: &Contents, plan: &Plan) -> Result<Sharing, Error> {
    let refuse = |text: String| Err(Error::Refused(text));
    let Some(identity) = saved.about.get("weights") else {
        return refuse(format!(
            "{} holds no supernet of a search: give --run the folder that `creamc search` made",
            file.display()
        ));
    };
    match Sharing::of_identity(identity, &plan.weights) {
        Some(sharing) => Ok(sharing),
        None => refuse(format!(
            "the supernet in {} has the weights of another space than these paths (or of another number of classes, \
             or resolution): rank paths of the space in {}",
            file.display(),
            search.join("space").display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use creamc_lang::checked::Checked;

    use super::*;

    #[test]
    fn weights_are_read_as_they_are_shared() {
        let text = include_str!("../../spaces/tiny.cream");
        let tiny = Checked::from_text("tiny.cream", text).expect("the space is right");
        let plan = tiny.plan().expect("a path fits");
        for sharing in [Sharing::Independent, Sharing::Elastic] {
            let ir = plan.ir.at(plan.resolution);
            let supernet = Supernet::sharing(&ir, sharing, Place::CPU, 3);
            let folder = tempfile::tempdir().unwrap();
            let identity = sharing.identity(&plan.weights);
            let about = BTreeMap::from([("weights".to_owned(), identity)]);
            let store = Store::new(folder.path().join("checkpoint"), 1);
            store.save(1, &supernet.tensors(), &about).unwrap();
            let saved = newest_supernet(folder.path(), &plan, Place::CPU, &Ranks::alone()).unwrap();
            let found = saved.supernet.tensors();
            for (found, expected) in found.iter().zip(supernet.tensors()) {
                assert_eq!(found.name, expected.name);
                assert!(found.tensor.equal(&expected.tensor), "{}", found.name);
            }
        }
    }
}
