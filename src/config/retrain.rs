//! Settings of a retraining.

use serde::Serialize;

use super::resolve::Resolved;
use super::train::{self, TrainSettings};

/// What a retraining reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetrainSettings {
    /// What any training reads.
    pub train: TrainSettings,
    /// Dropout before the last linear layer, in 0..1.
    pub dropout: f64,
    /// The decay a step of the running average of the weights, if one is kept.
    pub ema: Option<f64>,
    /// The network, where the settings name it.
    pub selection: Option<Selection>,
}

/// A network named by the settings instead of an architecture file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Selection {
    /// One of the six published ones, by its size in millions of flops.
    Published(u32),
    /// In index form, one list for each row between the first and the pool.
    Indices(Vec<Vec<u64>>),
}

/// The paper's rate, for 1024 images a step.
const PAPER_LR: f64 = 0.064;
const PUBLISHED: [u32; 6] = [14, 43, 114, 287, 481, 604];

pub(super) fn settings(from: &mut Resolved) -> RetrainSettings {
    let train = train::settings(from, PAPER_LR);
    RetrainSettings {
        train,
        dropout: from.real("NET.DROPOUT_RATE"),
        ema: from.flag("NET.EMA.USE").then(|| from.real("NET.EMA.DECAY")),
        selection: selection(from),
    }
}

fn selection(from: &mut Resolved) -> Option<Selection> {
    let indices = indices(from);
    match (from.maybe_whole_signed("MODEL_SELECTION"), indices) {
        (None, None) => None,
        (None | Some(-1), Some(indices)) => Some(Selection::Indices(indices)),
        (Some(-1), None) => {
            from.contradiction(
                &["MODEL_SELECTION"],
                "`MODEL_SELECTION` is -1, which means `INPUT_ARCH`, but there is none; add it",
            );
            None
        }
        (Some(size), indices) => {
            if indices.is_some() {
                let what = format!(
                    "`INPUT_ARCH` and `MODEL_SELECTION`, {size}, name two networks; set `MODEL_SELECTION` to -1"
                );
                from.contradiction(&["INPUT_ARCH"], what);
            }
            published(from, size)
        }
    }
}

fn published(from: &mut Resolved, size: i64) -> Option<Selection> {
    // The authors' table calls the 114M network 112.
    let meant = if size == 112 { 114 } else { size };
    let found = PUBLISHED
        .into_iter()
        .find(|&published| i64::from(published) == meant);
    if found.is_none() {
        let all = PUBLISHED.map(|size| size.to_string()).join(", ");
        let what = format!(
            "`MODEL_SELECTION` is {size}, which names no published network; there are {all} (and -1: `INPUT_ARCH`)"
        );
        from.contradiction(&["MODEL_SELECTION"], what);
    }
    found.map(Selection::Published)
}

fn indices(from: &mut Resolved) -> Option<Vec<Vec<u64>>> {
    let lists = from.maybe_lists("INPUT_ARCH")?;
    let unsigned: Option<Vec<Vec<u64>>> = lists
        .iter()
        .map(|list| {
            list.iter()
                .map(|&index| u64::try_from(index).ok())
                .collect()
        })
        .collect();
    if unsigned.is_none() {
        from.contradiction(
            &["INPUT_ARCH"],
            "`INPUT_ARCH` holds a negative index; they count from 0",
        );
    }
    unsigned
}
