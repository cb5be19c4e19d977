//! Settings of a search.

use serde::Serialize;

use super::kind::Value;
use super::problem::{Place, Warning};
use super::resolve::Resolved;
use super::strategy::{self, EvolutionSettings, PathPrior, PickBy, Strategy};
use super::train::{self, CheckpointSettings, ShortFloats, TrainSettings, size};

/// What a search reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchSettings {
    /// What any training reads.
    pub train: TrainSettings,
    /// What it saves to go on from.
    pub checkpoints: CheckpointSettings,
    /// What the search alone reads.
    pub supernet: SupernetSettings,
}

/// The board, the teacher and the judge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SupernetSettings {
    /// Entries of the board.
    pub pool_size: usize,
    /// Images of a batch that an entry stores; at most half a batch.
    pub slice: usize,
    /// The board fills and teaches in the epochs after this one, counted from 1.
    pub meta_sta_epoch: u64,
    /// Steps between two meta updates, counted over the whole run.
    pub update_iter: u64,
    /// Points of top-1 that a dearer path must lead by to enter a full board.
    pub acc_gap: f64,
    /// Who picks the teacher; `None`: meta, but top-1 with 20 classes or fewer and the paper's variant.
    pub pick_method: Option<PickMethod>,
    /// Whose method is followed.
    pub variant: Variant,
    /// How candidates share their weights.
    pub sharing: Sharing,
    /// How the two losses are weighed.
    pub kd_loss: KdLoss,
    /// What sampled paths are uniform over.
    pub measure: Measure,
    /// What weighs their candidates.
    pub prior: PathPrior,
    /// How the supernet is trained.
    pub strategy: Strategy,
    /// How the result is picked.
    pub pick: PickBy,
    /// How paths evolve where they do.
    pub evolution: EvolutionSettings,
    /// The meta layer's learning rate.
    pub meta_lr: f64,
    /// Training images kept apart to score paths by, in all.
    pub judge_images: usize,
    /// Epochs between two re-scorings of the board; 0: never.
    pub rescore_epochs: u64,
    /// Fixed paths that are judged after every epoch.
    pub probe_paths: usize,
    /// Training images that norm statistics are estimated from.
    pub recal_images: usize,
    /// In batches of this size.
    pub recal_batch: usize,
    /// Least flops of a path.
    pub flops_min: Option<u64>,
    /// Most flops of a path.
    pub flops_max: Option<u64>,
    /// Where the two are written, if they are.
    #[serde(skip)]
    pub flops_places: [Place; 2],
    /// What to say of settings of the meta layer where it is the default that the best entry teaches.
    #[serde(skip)]
    pub without_meta: Vec<Warning>,
}

/// One end of the bound on a path's flops.
#[derive(Debug, Clone, Copy)]
pub struct FlopsEnd<'a> {
    /// What it is written as.
    pub key: &'static str,
    /// The flops, themselves allowed.
    pub flops: Option<u64>,
    /// Where it is written.
    pub place: &'a Place,
}

impl SupernetSettings {
    /// The least and the most flops of a path.
    #[must_use]
    pub fn flops_ends(&self) -> [FlopsEnd<'_>; 2] {
        let [low, high] = &self.flops_places;
        let end = |key, flops, place| FlopsEnd { key, flops, place };
        [
            end("FLOPS_MINIMUM", self.flops_min, low),
            end("FLOPS_MAXIMUM", self.flops_max, high),
        ]
    }
}

/// Whose method is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// The paper's.
    Paper,
    /// That of the authors' released code.
    Released,
}

/// How candidates of a block share their weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sharing {
    /// Each has its own.
    Independent,
    /// Those of one structure are slices of one set.
    Elastic,
}

/// Who picks the teacher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PickMethod {
    /// The meta layer.
    Meta,
    /// The best entry teaches, with ρ = 0.5.
    Top1,
}

/// How distillation and cross entropy are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KdLoss {
    /// (ρ·KD + (2−ρ)·CE) / 2.
    Half,
    /// CE + ρ·KD.
    Sum,
}

/// What sampled paths are uniform over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// One decision after the other.
    Decisions,
    /// All paths.
    Paths,
}

/// The paper's rate, for 1024 images a step.
const PAPER_LR: f64 = 1.0;

pub(super) fn settings(from: &mut Resolved) -> SearchSettings {
    let train = train::settings(from, PAPER_LR);
    if from.maybe_whole("SUPERNET.META_STA_EPOCH").is_none() {
        // The paper's 20 of 120.
        let sixth = i64::try_from(train.epochs / 6).expect("a sixth of an i64");
        from.settle("SUPERNET.META_STA_EPOCH", Value::Whole(sixth));
    }
    if from.maybe_whole("SUPERNET.RESCORE_EPOCHS").is_none() {
        let every = i64::from(variant(from) == Variant::Paper);
        from.settle("SUPERNET.RESCORE_EPOCHS", Value::Whole(every));
    }
    let supernet = supernet(from);
    contradictions(from, &train, &supernet);
    SearchSettings {
        checkpoints: train::checkpoints(from),
        train,
        supernet,
    }
}

fn supernet(from: &mut Resolved) -> SupernetSettings {
    let strategy::Chosen {
        strategy,
        pick,
        prior,
        evolution,
        without_meta,
    } = strategy::chosen(from);
    SupernetSettings {
        strategy,
        pick,
        prior,
        evolution,
        without_meta,
        pool_size: size(from.whole("SUPERNET.POOL_SIZE")),
        slice: size(from.whole("SUPERNET.SLICE")),
        meta_sta_epoch: from.whole("SUPERNET.META_STA_EPOCH"),
        update_iter: from.whole("SUPERNET.UPDATE_ITER"),
        acc_gap: from.real("SUPERNET.ACC_GAP"),
        pick_method: from
            .maybe_text("SUPERNET.PICK_METHOD")
            .map(|word| match word.as_str() {
                "meta" => PickMethod::Meta,
                _ => PickMethod::Top1,
            }),
        variant: variant(from),
        sharing: match from.text("SUPERNET.SHARING").as_str() {
            "elastic" => Sharing::Elastic,
            _ => Sharing::Independent,
        },
        kd_loss: match from.text("SUPERNET.KD_LOSS").as_str() {
            "sum" => KdLoss::Sum,
            _ => KdLoss::Half,
        },
        measure: match from.text("SUPERNET.MEASURE").as_str() {
            "paths" => Measure::Paths,
            _ => Measure::Decisions,
        },
        meta_lr: from.real("META_LR"),
        judge_images: size(from.whole("SUPERNET.JUDGE_IMAGES")),
        rescore_epochs: from.whole("SUPERNET.RESCORE_EPOCHS"),
        probe_paths: size(from.whole("SUPERNET.PROBE_PATHS")),
        recal_images: size(from.whole("SUPERNET.RECAL_IMAGES")),
        recal_batch: size(from.whole("SUPERNET.RECAL_BATCH")),
        flops_min: from.maybe_real("SUPERNET.FLOPS_MINIMUM").map(flops_of),
        flops_max: from.maybe_real("SUPERNET.FLOPS_MAXIMUM").map(flops_of),
        flops_places: ["SUPERNET.FLOPS_MINIMUM", "SUPERNET.FLOPS_MAXIMUM"].map(|key| {
            match from.maybe_real(key) {
                Some(_) => from.place(key).clone(),
                None => Place::Default,
            }
        }),
    }
}

pub(super) fn variant(from: &Resolved) -> Variant {
    match from.text("SUPERNET.VARIANT").as_str() {
        "released" => Variant::Released,
        _ => Variant::Paper,
    }
}

/// The flops that a setting gives in millions, to the flop.
#[must_use]
pub fn flops_of(millions: f64) -> u64 {
    (millions * 1e6).round() as u64
}

fn contradictions(from: &mut Resolved, train: &TrainSettings, supernet: &SupernetSettings) {
    if supernet.strategy == Strategy::Cream {
        board_contradictions(from, train, supernet);
    }
    let (images, batch) = (supernet.recal_images, supernet.recal_batch);
    if batch > images {
        let what = format!(
            "`SUPERNET.RECAL_BATCH` is {batch}, more than `SUPERNET.RECAL_IMAGES`, {images}; lower it"
        );
        from.contradiction(&["SUPERNET.RECAL_BATCH", "SUPERNET.RECAL_IMAGES"], what);
    }
    if let (Some(least), Some(most)) = (supernet.flops_min, supernet.flops_max)
        && least > most
    {
        let what = "`FLOPS_MINIMUM` is above `FLOPS_MAXIMUM`: no path has such a cost; swap them";
        from.contradiction(&["SUPERNET.FLOPS_MINIMUM", "SUPERNET.FLOPS_MAXIMUM"], what);
    }
    short_contradictions(from, train, supernet);
    if from.text("OPT") != "sgd" {
        let what = format!(
            "`OPT` is {}; the search trains with sgd (the meta update steps as it does): remove the setting",
            from.text("OPT")
        );
        from.contradiction(&["OPT"], what);
    }
}

/// Short floats serve the forwards of the student and of its teachers.
fn short_contradictions(from: &mut Resolved, train: &TrainSettings, supernet: &SupernetSettings) {
    if train.short == Some(ShortFloats::F16) {
        let what = "`AMP` is f16, whose gradients need a scaled loss, which the meta update would see; set it to bf16";
        from.contradiction(&["AMP"], what);
    }
    if train.short.is_some() && supernet.variant == Variant::Released {
        let what = "`AMP` is for `SUPERNET.VARIANT: paper`; `released` computes as the code did, in f32: set `AMP` to false";
        from.contradiction(&["AMP", "SUPERNET.VARIANT"], what);
    }
}

fn board_contradictions(from: &mut Resolved, train: &TrainSettings, supernet: &SupernetSettings) {
    let (start, epochs) = (supernet.meta_sta_epoch, train.epochs);
    if start >= epochs {
        let what = format!(
            "`SUPERNET.META_STA_EPOCH` is {start} of `EPOCHS`, {epochs}: no path would enter the board; \
             set it below {epochs} (None: a sixth)"
        );
        from.contradiction(&["SUPERNET.META_STA_EPOCH", "EPOCHS"], what);
    }
    let (slice, batch) = (supernet.slice, train.batch);
    if slice > batch / 2 {
        let what = format!(
            "`SUPERNET.SLICE` is {slice}, more than half of `DATASET.BATCH_SIZE`, {batch}: the meta update needs \
             two slices of a batch; set it to {} or less, or the batch to {} or more",
            batch / 2,
            slice.saturating_mul(2)
        );
        from.contradiction(&["SUPERNET.SLICE", "DATASET.BATCH_SIZE"], what);
    }
}
