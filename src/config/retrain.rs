//! Settings of a retraining.

use std::path::PathBuf;

use serde::Serialize;

use super::augmentation::{self, MixSettings};
use super::kind::Value;
use super::problem::{Place, Warning};
use super::resolve::Resolved;
use super::train::{self, CheckpointSettings, TrainSettings};

/// What a retraining reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RetrainSettings {
    /// What any training reads.
    pub train: TrainSettings,
    /// What is saved to go on from.
    pub checkpoints: CheckpointSettings,
    /// The file of the weights that are tested.
    pub resume_path: Option<PathBuf>,
    /// Dropout before the last linear layer, in 0..1.
    pub dropout: f64,
    /// Share of images that skip the last residual block, in 0..1.
    pub drop_path: f64,
    /// The running average of the weights, if one is kept.
    pub ema: Option<EmaSettings>,
    /// The largest norm of all gradients together.
    pub clip: Option<f64>,
    /// Mixed images and labels, if any.
    pub mix: Option<MixSettings>,
    /// Batches whose gradients make one update; at least 1.
    pub accumulate: u64,
    /// The network, where the settings name it.
    pub selection: Option<Selection>,
    /// Side of the images of a network in index form, where its space leaves it open.
    pub image_size: Option<u32>,
    /// What to say in a retraining of settings that a test alone reads.
    #[serde(skip)]
    pub test_only: Vec<Warning>,
    /// What to say in a test of settings that a training alone reads.
    #[serde(skip)]
    pub training_only: Vec<Warning>,
}

/// A running average of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EmaSettings {
    /// The share that an update keeps.
    pub decay: f64,
    /// Whether early updates keep less.
    pub warmup: bool,
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
/// The published networks, by their size in millions of flops.
pub const PUBLISHED: [u32; 6] = [14, 43, 114, 287, 481, 604];

pub(super) fn settings(from: &mut Resolved) -> RetrainSettings {
    let train = train::settings(from, PAPER_LR);
    let selection = selection(from);
    RetrainSettings {
        image_size: image_size(from, selection.as_ref()),
        train,
        checkpoints: train::checkpoints(from),
        resume_path: from.maybe_text("RESUME_PATH").map(PathBuf::from),
        dropout: from.real("NET.DROPOUT_RATE"),
        drop_path: from.real("NET.DROP_PATH_RATE"),
        ema: from.flag("NET.EMA.USE").then(|| EmaSettings {
            decay: from.real("NET.EMA.DECAY"),
            warmup: from.flag("NET.EMA.WARMUP"),
        }),
        clip: from.maybe_real("CLIP_GRAD"),
        mix: augmentation::mix(from),
        accumulate: from.whole("ACCUMULATE"),
        selection,
        test_only: test_only(from),
        training_only: training_only(from),
    }
}

fn test_only(from: &Resolved) -> Vec<Warning> {
    const KEY: &str = "RESUME_PATH";
    let why = "a retraining starts from new weights; `--resume RUN` goes on with one, `--inherit RUN` starts from those of \
               a search";
    let written = from.maybe_text(KEY);
    written
        .map(|_| from.without_effect(KEY, why))
        .into_iter()
        .collect()
}

fn training_only(from: &Resolved) -> Vec<Warning> {
    const KEY: &str = "DATASET.INTERPOLATION";
    let why = "it is for training images; evaluation is always bicubic";
    // The settings of a run that is tested hold the defaults too.
    let changed = from.is_changed(KEY);
    changed
        .then(|| from.without_effect(KEY, why))
        .into_iter()
        .collect()
}

fn image_size(from: &mut Resolved, selection: Option<&Selection>) -> Option<u32> {
    let side = from.maybe_whole("DATASET.IMAGE_SIZE")?;
    if !matches!(selection, Some(Selection::Indices(_))) {
        let why = "the arch says the resolution; only a network of `INPUT_ARCH` has none";
        from.no_effect("DATASET.IMAGE_SIZE", why);
    }
    u32::try_from(side).ok()
}

fn selection(from: &mut Resolved) -> Option<Selection> {
    leave_unread_indices(from);
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

/// A full file of the original's names a network in index form too, which it reads at -1 only. One that is typed is meant.
fn leave_unread_indices(from: &mut Resolved) {
    let size = from.maybe_whole_signed("MODEL_SELECTION");
    let typed = matches!(from.place("INPUT_ARCH"), Place::Set(_));
    let size = size.filter(|&size| size != -1 && from.is_aliased("INPUT_ARCH") && !typed);
    if let Some(size) = size.filter(|_| from.maybe_lists("INPUT_ARCH").is_some()) {
        let why = format!("`MODEL_SELECTION` is {size}; -1 means `INPUT_ARCH`");
        from.no_effect("INPUT_ARCH", &why);
        from.settle("INPUT_ARCH", Value::None);
    }
}

/// All of them, as a sentence names them.
pub(super) fn published_sizes() -> String {
    PUBLISHED.map(|size| size.to_string()).join(", ")
}

fn published(from: &mut Resolved, size: i64) -> Option<Selection> {
    // The authors' table calls the 114M network 112.
    let meant = if size == 112 { 114 } else { size };
    let found = PUBLISHED
        .into_iter()
        .find(|&published| i64::from(published) == meant);
    if found.is_none() {
        let all = published_sizes();
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
