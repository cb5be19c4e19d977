//! What `rank.jsonl` holds: one line for every path that was judged and for every training.

use serde::{Deserialize, Serialize};

use crate::retrain::Tested;
use crate::search::Judged;

/// A finished piece of a ranking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "done", rename_all = "lowercase")]
pub enum Entry {
    /// A path was judged by the supernet.
    Judged {
        /// The path's name.
        arch: String,
        /// Cross entropy on the judge part; `None` when it is not a number.
        loss: Option<f64>,
        /// Top-1 on the judge part, in percent.
        top1: f64,
        /// The supernet's file.
        supernet: String,
        /// The epoch after which the supernet was saved, where its file says.
        epoch: Option<u64>,
    },
    /// A path was trained alone and tested.
    Trained {
        /// The path's name.
        arch: String,
        /// The seed of the training.
        seed: u64,
        /// Top-1 on the test part, in percent.
        top1: f64,
        /// Top-5 on the test part, in percent.
        top5: f64,
        /// Cross entropy on the test part; `None` when it is not a number.
        loss: Option<f64>,
    },
}

impl Entry {
    /// What the judge said of a path.
    #[must_use]
    pub fn judged(arch: &str, judged: Judged, supernet: &str, epoch: Option<u64>) -> Entry {
        Entry::Judged {
            arch: arch.to_owned(),
            loss: finite(judged.loss),
            top1: judged.top1,
            supernet: supernet.to_owned(),
            epoch,
        }
    }

    /// What a training gave.
    #[must_use]
    pub fn trained(arch: &str, seed: u64, tested: Tested) -> Entry {
        Entry::Trained {
            arch: arch.to_owned(),
            seed,
            top1: tested.top1,
            top5: tested.top5,
            loss: finite(tested.loss),
        }
    }
}

/// JSON knows no infinity.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// Everything that is done, in the order it was done.
#[derive(Debug, Default)]
pub struct Done(pub Vec<Entry>);

/// What the judge said of one path.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Infinite where it is not a number.
    pub loss: f64,
    /// In percent.
    pub top1: f64,
    /// The supernet's file.
    pub supernet: String,
    /// The supernet's epoch.
    pub epoch: Option<u64>,
}

impl Done {
    /// What the judge said last of the path called `name`.
    #[must_use]
    pub fn verdict(&self, name: &str) -> Option<Verdict> {
        self.0.iter().rev().find_map(|entry| match entry {
            Entry::Judged {
                arch,
                loss,
                top1,
                supernet,
                epoch,
            } if arch == name => Some(Verdict {
                loss: loss.unwrap_or(f64::INFINITY),
                top1: *top1,
                supernet: supernet.clone(),
                epoch: *epoch,
            }),
            _ => None,
        })
    }

    /// The test top-1 of the path called `name`, trained with `of_seed`.
    #[must_use]
    pub fn truth(&self, name: &str, of_seed: u64) -> Option<f64> {
        self.0.iter().find_map(|entry| match entry {
            Entry::Trained {
                arch, seed, top1, ..
            } if arch == name && *seed == of_seed => Some(*top1),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_found_again_after_a_trip_through_json() {
        let judged = Judged {
            loss: f64::NAN,
            top1: 12.5,
        };
        let tested = Tested {
            top1: 85.55,
            top5: 99.0,
            loss: 0.5,
            images: 2000,
        };
        // Judging was cut off with another supernet, and done anew.
        let before = Judged {
            loss: 1.0,
            top1: 99.0,
        };
        let entries = [
            Entry::judged("a", before, "old.safetensors", Some(2)),
            Entry::judged("a", judged, "step.safetensors", Some(3)),
            Entry::trained("a", 42, tested),
        ];
        let text = serde_json::to_string(&entries).unwrap();
        let done = Done(serde_json::from_str(&text).unwrap());
        let verdict = done.verdict("a").unwrap();
        assert_eq!((verdict.loss, verdict.epoch), (f64::INFINITY, Some(3)));
        assert_eq!(done.truth("a", 42), Some(85.55));
        assert_eq!((done.truth("a", 43), done.truth("b", 42)), (None, None));
    }
}
