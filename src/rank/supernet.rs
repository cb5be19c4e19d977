//! The supernet that judges.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use creamc_lang::plan::Plan;

use crate::checkpoint::{self, Contents, Store};
use crate::nn::{NamedTensor, Place};
use crate::supernet::Supernet;
use crate::train::Error;

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

/// The newest supernet of the run in `search` that can be read; the run's files stay as they are.
///
/// # Errors
/// When there is none, or it belongs to another space than `plan`'s.
pub fn newest_supernet(search: &Path, plan: &Plan, place: Place) -> Result<Saved, Error> {
    let (file, mut contents) = newest(search)?;
    require_space(search, &file, &contents, plan)?;
    let supernet = Supernet::new(&plan.ir.at(plan.resolution), place, 0);
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

fn require_space(search: &Path, file: &Path, saved: &Contents, plan: &Plan) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::Refused(text));
    match saved.about.get("weights") {
        Some(weights) if *weights == plan.weights => Ok(()),
        Some(_) => refuse(format!(
            "the supernet in {} has the weights of another space than these paths (or of another number of classes, \
             or resolution): rank paths of the space in {}",
            file.display(),
            search.join("space").display()
        )),
        None => refuse(format!(
            "{} holds no supernet of a search: give --run the folder that `creamc search` made",
            file.display()
        )),
    }
}
