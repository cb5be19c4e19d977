//! Whether the images of a run that goes on are those that it began with.

use std::collections::BTreeMap;

use crate::data::{Contents, Data, Part};

/// How the word of a sample starts. Files, tars and packs of the same images cannot be compared by it.
const SAMPLED: &str = "sample ";

/// What tells the images of a part from others; a checkpoint holds it as words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartImages {
    /// `train`, `judge` or `test`.
    pub part: &'static str,
    /// A hash of their names, classes and order.
    pub names: String,
    /// A hash of what they hold, or of what a sample of them does, which is told from the other by how it starts; `None` where it cannot be
    /// known.
    pub contents: Option<String>,
}

impl PartImages {
    /// Those of every part.
    #[must_use]
    pub fn all(data: &Data) -> Vec<PartImages> {
        [&data.train, &data.judge, &data.test]
            .map(PartImages::of)
            .into()
    }

    fn of(part: &Part) -> PartImages {
        PartImages {
            part: part.name,
            names: format!("{:016x}", part.digest()),
            contents: part.contents().map(|contents| match contents {
                Contents::Whole(digest) => format!("{digest:016x}"),
                Contents::Sample(digest) => format!("{SAMPLED}{digest:016x}"),
            }),
        }
    }

    fn names_key(&self) -> String {
        format!("images.{}.names", self.part)
    }

    fn contents_key(&self) -> String {
        format!("images.{}.contents", self.part)
    }

    /// The words under their keys.
    pub fn words(&self) -> impl Iterator<Item = (String, String)> {
        let contents = self.contents.clone();
        let contents = contents.map(|contents| (self.contents_key(), contents));
        std::iter::once((self.names_key(), self.names.clone())).chain(contents)
    }

    /// Whether they hold what they held when their word was `then`; `None` where the two cannot be compared.
    pub fn hold(&self, then: Option<&str>) -> Option<bool> {
        let (now, then) = (self.contents.as_deref()?, then?);
        let is_comparable = now.starts_with(SAMPLED) == then.starts_with(SAMPLED);
        is_comparable.then_some(now == then)
    }
}

/// Compares a run's images with those that a checkpoint has words of; what could not be compared, as a warning.
///
/// # Errors
/// They are others; what differs, as the end of a sentence that starts with the checkpoint.
pub fn compare(
    images: &[PartImages],
    about: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let then = |key: String| about.get(&key);
    if images.iter().all(|one| then(one.names_key()).is_none()) {
        let told = "what the run left is of an older version and does not say which images it saw: give it the same ones";
        return Ok(Some(told.to_owned()));
    }
    let renamed = parts(images, |one| then(one.names_key()) != Some(&one.names));
    if !renamed.is_empty() {
        return Err(format!(
            "is of other images: those to {renamed} have other names, other classes or another order than then; give the folder of \
             the same images with --data DIR, and undo changes of the class map and of the list of labels"
        ));
    }
    let holds = |one: &PartImages| one.hold(then(one.contents_key()).map(String::as_str));
    let changed = parts(images, |one| holds(one) == Some(false));
    if !changed.is_empty() {
        return Err(format!(
            "is of other images: those to {changed} have the names that they had, but hold something else; give the same folder or \
             packs with --data DIR"
        ));
    }
    let is_unknown = |one: &PartImages| holds(one).is_none();
    Ok(images.iter().any(is_unknown).then(|| {
        "the images lie in another form than then (a folder, packs), or some cannot be read: their names and classes are the same, \
         what they hold cannot be compared"
            .to_owned()
    }))
}

/// What the parts of which it is so are for.
fn parts(images: &[PartImages], is_so: impl Fn(&PartImages) -> bool) -> String {
    let so = images.iter().filter(|one| is_so(one));
    let uses = so.map(|one| match one.part {
        "train" => "train on",
        "judge" => "judge by",
        _ => "test on",
    });
    uses.collect::<Vec<_>>().join(" and to ")
}
