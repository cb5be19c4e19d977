//! Images that cannot be read, whichever rank met them.

use std::collections::BTreeMap;

use crate::data::Dataset;
use crate::ranks::{Ranks, RanksError};

/// Images by their numbers, each with its file and why it cannot be read.
type Images = BTreeMap<usize, String>;

/// Images of the sets that turned out to be unreadable on any rank since the last call, each with its file and why, in the
/// order of the files; every rank knows them then. All ranks ask at the same place.
///
/// # Errors
/// When a rank is lost.
pub fn news(ranks: &Ranks, sets: &[&Dataset]) -> Result<Vec<String>, RanksError> {
    let mut told = Vec::new();
    for set in sets {
        let images = of_all(ranks, set.news())?;
        told.extend(images.values().cloned());
        set.recall_broken(images);
    }
    Ok(told)
}

/// What any rank met.
fn of_all(ranks: &Ranks, own: Vec<(usize, String)>) -> Result<Images, RanksError> {
    let text = match own.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&own).expect("numbers and texts are JSON"),
    };
    let texts = ranks.texts(&text)?;
    // Of an image that several met, what the first of them says comes last and stays.
    let said = texts.iter().rev().filter(|text| !text.is_empty());
    let images = said.flat_map(|text| -> Vec<(usize, String)> {
        serde_json::from_str(text).expect("ranks of one version say it alike")
    });
    Ok(images.collect())
}
