//! Settings that a search and a retraining share.

use std::path::PathBuf;

use serde::Serialize;

use super::augmentation::{self, AugmentationSettings};
use super::kind::Value;
use super::problem::{Place, Warning};
use super::resolve::Resolved;
use super::schedule::{self, ScheduleSettings};

/// How many classes the settings say there are, and where they say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Classes {
    /// The number.
    pub count: u32,
    /// Where it was written.
    #[serde(skip)]
    pub place: Place,
}

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
    /// How many classes there should be.
    pub classes: Option<Classes>,
    /// At most this many training images a class.
    pub images_per_class: Option<usize>,
    /// The share of a decoded image's short side that evaluation sees, above 0 up to 1.
    pub crop_share: f64,
    /// The share of each class's training images that is left to train on.
    pub fraction: f64,
    /// A file that lists the class folders that are read.
    pub class_map: Option<PathBuf>,
    /// A file that says the classes of a `val/` without class folders.
    pub val_labels: Option<PathBuf>,
    /// Whether an image that cannot be read ends the run.
    pub strict: bool,
    /// Whether batches for a CUDA device lie in pinned memory.
    pub pin_memory: bool,
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
    /// Whether norms in training see the images of all processes.
    pub sync_norms: bool,
    /// Short floats in the forward, if any.
    pub short: Option<ShortFloats>,
    /// What to say where the images leave settings without effect.
    #[serde(skip)]
    pub idle: IdleSettings,
}

/// What to say of settings that some forms of images leave without effect.
#[derive(Debug, Clone, PartialEq)]
pub struct IdleSettings {
    /// Where images lie in memory.
    pub in_memory: Vec<Warning>,
    /// Where no list says the classes of the test images.
    pub unlisted: Vec<Warning>,
    /// Where weights say what share of an image evaluation saw.
    pub cropped: Vec<Warning>,
}

/// Short floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShortFloats {
    /// bfloat16.
    Bf16,
    /// float16, with a scale on the loss.
    F16,
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
    /// Gradient descent with momentum that does not look ahead.
    Momentum,
    /// Adam.
    Adam {
        /// Added to the root of the mean square.
        eps: f64,
    },
    /// Adam whose decay shrinks the weights.
    AdamW {
        /// Added to the root of the mean square.
        eps: f64,
    },
    /// RMSprop in TensorFlow's form.
    RmspropTf {
        /// Added to the mean square, inside the root.
        eps: f64,
    },
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
        fraction: from.real("DATASET.FRACTION"),
        class_map: from.maybe_text("DATASET.CLASS_MAP").map(PathBuf::from),
        val_labels: from.maybe_text("DATASET.VAL_LABELS").map(PathBuf::from),
        strict: from.flag("DATASET.STRICT"),
        pin_memory: from.flag("DATASET.PIN_MEM"),
        batch,
        eval_batch: batch.saturating_mul(size(from.whole("DATASET.VAL_BATCH_MUL"))),
        epochs: from.whole("EPOCHS"),
        optimizer: OptimizerSettings {
            kind: optimizer(from),
            momentum: from.real("MOMENTUM"),
            weight_decay: from.real("WEIGHT_DECAY"),
        },
        schedule: schedule::settings(from),
        augmentation: augmentation::settings(from),
        smoothing: from.real("AUGMENTATION.SMOOTHING"),
        sync_norms: from.flag("BATCHNORM.SYNC_BN"),
        short: match from.text("AMP").as_str() {
            "true" | "bf16" => Some(ShortFloats::Bf16),
            "f16" => Some(ShortFloats::F16),
            _ => None,
        },
        idle: idle(from),
    }
}

fn idle(from: &Resolved) -> IdleSettings {
    // The settings of a run that is read again hold the defaults too.
    let changed = |path: &'static str, why: &str| {
        let warning = from
            .is_changed(path)
            .then(|| from.without_effect(path, why));
        warning.into_iter()
    };
    let whole = changed("DATASET.CROP_PCT", "images in memory are seen whole");
    let read = changed("DATASET.STRICT", "images in memory are all readable");
    let why = "classes of images in memory are numbers, and no folders that a map could list";
    let mapped = changed("DATASET.CLASS_MAP", why);
    let cropped = "the weights' file says the share that evaluation saw; `--set DATASET.CROP_PCT=…` goes before it";
    let why = "the data say the class of each test image";
    IdleSettings {
        in_memory: whole.chain(read).chain(mapped).collect(),
        unlisted: changed("DATASET.VAL_LABELS", why).collect(),
        cropped: changed("DATASET.CROP_PCT", cropped).collect(),
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

fn classes(from: &mut Resolved) -> Option<Classes> {
    const KEY: &str = "DATASET.NUM_CLASSES";
    let classes = from.maybe_whole(KEY)?;
    let fitting = u32::try_from(classes).ok();
    if fitting.is_none() {
        let what = format!("`DATASET.NUM_CLASSES` is {classes}; too many");
        from.contradiction(&[KEY], what);
    }
    let place = from.place(KEY).clone();
    fitting.map(|count| Classes { count, place })
}

fn optimizer(from: &mut Resolved) -> OptimizerKind {
    let eps = |usual| from.maybe_real("OPT_EPS").unwrap_or(usual);
    let (kind, idle) = match from.text("OPT").as_str() {
        "adam" => (OptimizerKind::Adam { eps: eps(1e-8) }, "MOMENTUM"),
        "adamw" => (OptimizerKind::AdamW { eps: eps(1e-8) }, "MOMENTUM"),
        "momentum" => (OptimizerKind::Momentum, "OPT_EPS"),
        "rmsproptf" => return OptimizerKind::RmspropTf { eps: eps(1e-3) },
        _ => (OptimizerKind::Sgd, "OPT_EPS"),
    };
    if from.is_asked_for(idle) {
        let why = format!("`OPT` is {}", from.text("OPT"));
        from.no_effect(idle, &why);
    }
    kind
}
