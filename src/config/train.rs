//! Settings that a search and a retraining share.

use std::path::PathBuf;

use serde::Serialize;

use super::augmentation::{self, AugmentationSettings};
use super::kind::Value;
use super::resolve::Resolved;

/// What any training reads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainSettings {
    /// Names the run folder.
    pub name: String,
    /// The folder of images.
    pub data_dir: Option<PathBuf>,
    /// Where run folders are made.
    pub save_path: PathBuf,
    /// Decides everything that is drawn.
    pub seed: u64,
    /// Threads that prepare images; 0: none.
    pub workers: usize,
    /// The classes instead of the space's.
    pub classes: Option<u32>,
    /// At most this many training images a class.
    pub images_per_class: Option<usize>,
    /// The share of a decoded image's short side that evaluation sees, above 0 up to 1.
    pub crop_share: f64,
    /// Whether an image that cannot be read ends the run.
    pub strict: bool,
    /// Images a step and process.
    pub batch: usize,
    /// Images of an evaluation batch.
    pub eval_batch: usize,
    /// Passes over the train part.
    pub epochs: u64,
    /// The optimiser.
    pub optimizer: OptimizerSettings,
    /// The learning rate.
    pub schedule: ScheduleSettings,
    /// Augmentation of training images.
    pub augmentation: AugmentationSettings,
    /// Label smoothing, in 0..1.
    pub smoothing: f64,
}

/// An optimiser and its numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OptimizerSettings {
    /// Which one.
    pub kind: OptimizerKind,
    /// Momentum, in 0..1.
    pub momentum: f64,
    /// Weight decay; not on biases and norms.
    pub weight_decay: f64,
}

/// An optimiser.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Gradient descent with Nesterov's momentum.
    Sgd,
    /// RMSprop in TensorFlow's form.
    RmspropTf {
        /// Added to the mean square, inside the root.
        eps: f64,
    },
}

/// The learning rate over a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleSettings {
    /// The largest rate, for the batch as given: it is never scaled.
    pub lr: f64,
    /// What the warm-up starts from.
    pub warmup_lr: f64,
    /// How long it takes.
    pub warmup: Warmup,
    /// Where the fall ends.
    pub min_lr: f64,
    /// How the rate falls.
    pub shape: ScheduleShape,
}

/// The length of the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Warmup {
    /// In steps.
    Steps(u64),
    /// In epochs; parts of one are fine.
    Epochs(f64),
}

impl Warmup {
    /// The length in steps where an epoch has `steps_an_epoch`.
    #[must_use]
    pub fn steps(self, steps_an_epoch: u64) -> u64 {
        match self {
            Self::Steps(steps) => steps,
            Self::Epochs(epochs) => (epochs * steps_an_epoch as f64).round() as u64,
        }
    }
}

/// How the rate falls after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleShape {
    /// In a straight line.
    Linear,
    /// Along half a cosine.
    Cosine,
    /// By a factor, every so often.
    Step {
        /// Epochs between two falls.
        epochs: f64,
        /// The factor.
        rate: f64,
    },
    /// Not at all.
    Constant,
}

/// What a run saves to go on from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CheckpointSettings {
    /// Steps of an epoch between two checkpoints, beside the one after the epoch; 0: none.
    pub every_steps: u64,
    /// How many of the newest stay; at least 1.
    pub keep: usize,
}

/// The batch that the paper's rates belong to: 128 images on each of 8 GPUs.
const PAPER_BATCH: f64 = 1024.0;

/// Reads what both kinds of run share; `paper_lr` is the paper's rate for its batch.
pub(super) fn settings(from: &mut Resolved, paper_lr: f64) -> TrainSettings {
    let batch = size(from.whole("DATASET.BATCH_SIZE"));
    if from.maybe_real("LR").is_none() {
        from.settle("LR", Value::Real(paper_lr * batch as f64 / PAPER_BATCH));
    }
    TrainSettings {
        name: name(from),
        data_dir: from.maybe_text("DATA_DIR").map(PathBuf::from),
        save_path: from.text("SAVE_PATH").into(),
        seed: from.whole("SEED"),
        workers: size(from.whole("WORKERS")),
        classes: classes(from),
        images_per_class: from.maybe_whole("DATASET.IMAGES_PER_CLASS").map(size),
        crop_share: from.real("DATASET.CROP_PCT"),
        strict: from.flag("DATASET.STRICT"),
        batch,
        eval_batch: batch.saturating_mul(size(from.whole("DATASET.VAL_BATCH_MUL"))),
        epochs: from.whole("EPOCHS"),
        optimizer: OptimizerSettings {
            kind: optimizer(from),
            momentum: from.real("MOMENTUM"),
            weight_decay: from.real("WEIGHT_DECAY"),
        },
        schedule: schedule(from),
        augmentation: augmentation::settings(from),
        smoothing: from.real("AUGMENTATION.SMOOTHING"),
    }
}

/// Reads what is saved of a run to go on from.
pub(super) fn checkpoints(from: &Resolved) -> CheckpointSettings {
    CheckpointSettings {
        every_steps: from.whole("RECOVERY_INTERVAL"),
        keep: size(from.whole("KEEP_CHECKPOINTS")),
    }
}

/// Counts that do not fit are as good as endless.
pub(super) fn size(whole: u64) -> usize {
    usize::try_from(whole).unwrap_or(usize::MAX)
}

/// The name becomes a folder's, so it may not lead elsewhere.
fn name(from: &mut Resolved) -> String {
    let name = from.text("MODEL");
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        from.contradiction(&["MODEL"], format!("`MODEL` is `{name}`; it names the run folder, so it may not be empty, start with a dot or hold a slash"));
    }
    name
}

fn classes(from: &mut Resolved) -> Option<u32> {
    let classes = from.maybe_whole("DATASET.NUM_CLASSES")?;
    let fitting = u32::try_from(classes).ok();
    if fitting.is_none() {
        from.contradiction(
            &["DATASET.NUM_CLASSES"],
            format!("`DATASET.NUM_CLASSES` is {classes}; too many"),
        );
    }
    fitting
}

fn optimizer(from: &mut Resolved) -> OptimizerKind {
    if from.text("OPT") == "rmsproptf" {
        return OptimizerKind::RmspropTf {
            eps: from.real("OPT_EPS"),
        };
    }
    if from.is_written("OPT_EPS") {
        from.no_effect("OPT_EPS", "`OPT` is sgd");
    }
    OptimizerKind::Sgd
}

fn schedule(from: &mut Resolved) -> ScheduleSettings {
    let (lr, min_lr, warmup_lr) = (from.real("LR"), from.real("MIN_LR"), from.real("WARMUP_LR"));
    if min_lr > lr {
        from.contradiction(
            &["MIN_LR", "LR"],
            format!("`MIN_LR` is {min_lr}, above `LR`, {lr}: the rate would rise; lower `MIN_LR`"),
        );
    }
    ScheduleSettings {
        lr,
        warmup_lr,
        warmup: warmup(from),
        min_lr,
        shape: shape(from),
    }
}

fn warmup(from: &mut Resolved) -> Warmup {
    let epochs = from.real("WARMUP_EPOCHS");
    let Some(steps) = from.maybe_whole("WARMUP_STEPS") else {
        let all = from.whole("EPOCHS");
        if epochs >= all as f64 {
            let what = format!(
                "`WARMUP_EPOCHS` is {epochs} of `EPOCHS`, {all}: the rate would never fall; shorten the warm-up"
            );
            from.contradiction(&["WARMUP_EPOCHS", "EPOCHS"], what);
        }
        return Warmup::Epochs(epochs);
    };
    if from.is_written("WARMUP_EPOCHS") && epochs > 0.0 {
        let what = "`WARMUP_STEPS` and `WARMUP_EPOCHS` are both given; set `WARMUP_EPOCHS` to 0";
        from.contradiction(&["WARMUP_STEPS"], what);
    }
    Warmup::Steps(steps)
}

fn shape(from: &mut Resolved) -> ScheduleShape {
    for path in ["DECAY_EPOCHS", "DECAY_RATE"] {
        if from.is_written(path) && from.text("SCHED") != "step" {
            from.no_effect(path, "`SCHED` is not step");
        }
    }
    match from.text("SCHED").as_str() {
        "cosine" => ScheduleShape::Cosine,
        "constant" => ScheduleShape::Constant,
        "step" => ScheduleShape::Step {
            epochs: from.real("DECAY_EPOCHS"),
            rate: from.real("DECAY_RATE"),
        },
        _ => ScheduleShape::Linear,
    }
}
