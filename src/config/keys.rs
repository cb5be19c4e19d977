//! The one list of settings.

use super::kind::Kind::{self, Any, Flag, Lists, Maybe, Network, Numbers, Real, Text, Whole, Word};

/// What kind of run reads the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// `creamc search`.
    Search,
    /// `creamc retrain` and `creamc test`.
    Retrain,
}

/// What a kind of run does with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Reads it; without one, this value (as YAML).
    Or(&'static str),
    /// Nothing, and why.
    Idle(&'static str),
}

/// A setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// Its name, with the groups around it: `SUPERNET.SLICE`.
    pub path: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// What the search does with it.
    pub search: Use,
    /// What retraining does with it.
    pub retrain: Use,
    /// What it means.
    pub says: &'static str,
}

impl Key {
    /// What `run` does with it.
    #[must_use]
    pub fn used_by(&self, run: Run) -> Use {
        match run {
            Run::Search => self.search,
            Run::Retrain => self.retrain,
        }
    }
}

/// All settings, in the order they are written in.
#[must_use]
pub fn keys() -> &'static [Key] {
    KEYS
}

/// Other places the original's files have for a setting: (written, meant).
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("FLOPS_MINIMUM", "SUPERNET.FLOPS_MINIMUM"),
    ("FLOPS_MAXIMUM", "SUPERNET.FLOPS_MAXIMUM"),
    ("NET.SELECTION", "MODEL_SELECTION"),
    ("NET.INPUT_ARCH", "INPUT_ARCH"),
    ("OPTIMIZER.NAME", "OPT"),
    ("OPTIMIZER.MOMENTUM", "MOMENTUM"),
    ("OPTIMIZER.WEIGHT_DECAY", "WEIGHT_DECAY"),
];

const fn both(path: &'static str, kind: Kind, default: &'static str, says: &'static str) -> Key {
    each(path, kind, default, default, says)
}

const fn each(
    path: &'static str,
    kind: Kind,
    search: &'static str,
    retrain: &'static str,
    says: &'static str,
) -> Key {
    Key {
        path,
        kind,
        search: Use::Or(search),
        retrain: Use::Or(retrain),
        says,
    }
}

const fn search(path: &'static str, kind: Kind, default: &'static str, says: &'static str) -> Key {
    Key {
        path,
        kind,
        search: Use::Or(default),
        retrain: Use::Idle("only the search reads it"),
        says,
    }
}

const fn retrain(path: &'static str, kind: Kind, default: &'static str, says: &'static str) -> Key {
    Key {
        path,
        kind,
        search: Use::Idle("only retraining reads it"),
        retrain: Use::Or(default),
        says,
    }
}

/// A setting of the original that has no effect here.
const fn idle(path: &'static str, why: &'static str) -> Key {
    Key {
        path,
        kind: Any,
        search: Use::Idle(why),
        retrain: Use::Idle(why),
        says: why,
    }
}

/// A setting of the original that mixes images of different classes.
const fn mixing(path: &'static str, kind: Kind, says: &'static str) -> Key {
    Key {
        path,
        kind,
        search: Use::Idle(
            "only retraining mixes images: what the board stores of a batch has one class an image",
        ),
        retrain: Use::Or("0"),
        says,
    }
}

const COUNT: Kind = Whole(1, i64::MAX);
const COUNT_OR_NONE: Kind = Whole(0, i64::MAX);
/// The least `DATASET.CROP_PCT`: below it images would be enlarged without end.
pub const LEAST_CROP_SHARE: f64 = 0.1;
const SHARE: Kind = Real(0.0, 1.0);
const BELOW_ONE: Kind = Real(0.0, 0.999_999_9);
const POSITIVE: Kind = Real(f64::MIN_POSITIVE, f64::MAX);
const AT_LEAST_ZERO: Kind = Real(0.0, f64::MAX);
const MAYBE_TEXT: Kind = Maybe(&Text);

const KEYS: &[Key] = &[
    each("MODEL", Text, "search", "retrain", "names the run folder"),
    both(
        "DATA_DIR",
        MAYBE_TEXT,
        "None",
        "the folder of images; `--data` goes before it",
    ),
    both(
        "SAVE_PATH",
        Text,
        "runs",
        "the folder that run folders are made in",
    ),
    both(
        "SEED",
        COUNT_OR_NONE,
        "42",
        "decides everything that is drawn",
    ),
    both(
        "WORKERS",
        Whole(0, 256),
        "2",
        "threads that prepare images; results do not depend on it",
    ),
    retrain(
        "MODEL_SELECTION",
        Maybe(&Network),
        "None",
        "a published network: 14 43 114 287 481 604; -1: INPUT_ARCH",
    ),
    retrain(
        "INPUT_ARCH",
        Maybe(&Lists),
        "None",
        "a network in index form: [[0], [3], [3, 3], …, [0]]",
    ),
    Key {
        search: Use::Idle("`--resume RUN` goes on with a run"),
        ..retrain(
            "RESUME_PATH",
            MAYBE_TEXT,
            "None",
            "the weights that `creamc test` tests; a retraining starts from new ones",
        )
    },
    both(
        "DATASET.NUM_CLASSES",
        Maybe(&COUNT),
        "None",
        "how many classes there should be: another number than the space's is refused; a published network gets so many",
    ),
    Key {
        search: Use::Idle("the space says the resolution"),
        ..retrain(
            "DATASET.IMAGE_SIZE",
            Maybe(&Whole(1, 16_384)),
            "None",
            "side of the images of INPUT_ARCH; None: 224, or what FILE's space fits",
        )
    },
    both(
        "DATASET.IMAGES_PER_CLASS",
        Maybe(&COUNT),
        "None",
        "at most this many training images a class",
    ),
    both(
        "DATASET.FRACTION",
        Real(f64::MIN_POSITIVE, 1.0),
        "1",
        "the share of each class's training images that is trained on, drawn by the seed; one at least",
    ),
    both(
        "DATASET.CLASS_MAP",
        Maybe(&Text),
        "None",
        "a file with a line for each class folder that is read, in the order of the classes; None: all, by their names",
    ),
    both(
        "DATASET.VAL_LABELS",
        Maybe(&Text),
        "None",
        "a file with the classes of a `val/` without class folders, a line an image; None: DATA_DIR/val_labels.txt",
    ),
    both(
        "DATASET.INTERPOLATION",
        Word(&["bilinear", "bicubic", "random"]),
        "bilinear",
        "how a random part is resized for training; evaluation is always bicubic",
    ),
    both(
        "DATASET.CROP_PCT",
        Real(LEAST_CROP_SHARE, 1.0),
        "0.875",
        "the share of a decoded image's short side that evaluation sees, around the middle",
    ),
    both(
        "DATASET.STRICT",
        Flag,
        "False",
        "whether an image that cannot be read ends the run; else the log names it, in training another of its class takes its place, in evaluation it is left out",
    ),
    both(
        "DATASET.PIN_MEM",
        Flag,
        "True",
        "whether batches lie in pinned memory, which a GPU copies from while the process goes on; nothing on a CPU, and no result depends on it",
    ),
    both(
        "DATASET.BATCH_SIZE",
        COUNT,
        "64",
        "images a step and process",
    ),
    both(
        "DATASET.VAL_BATCH_MUL",
        COUNT,
        "4",
        "evaluation batches are this many times larger",
    ),
    both(
        "RECOVERY_INTERVAL",
        COUNT_OR_NONE,
        "0",
        "steps of an epoch between two checkpoints; 0: one after every epoch only",
    ),
    both(
        "KEEP_CHECKPOINTS",
        COUNT,
        "3",
        "so many of the newest checkpoints stay, and a search's best",
    ),
    each("EPOCHS", COUNT, "120", "500", "passes over the train part"),
    each(
        "OPT",
        Word(&["sgd", "momentum", "adam", "adamw", "rmsproptf"]),
        "sgd",
        "rmsproptf",
        "the optimiser; sgd is Nesterov's, momentum looks not ahead; the search takes sgd only",
    ),
    both(
        "OPT_EPS",
        Maybe(&POSITIVE),
        "None",
        "epsilon; None: 1e-3 for rmsproptf (inside the root), 1e-8 for adam and adamw",
    ),
    both("MOMENTUM", BELOW_ONE, "0.9", "momentum"),
    each(
        "WEIGHT_DECAY",
        AT_LEAST_ZERO,
        "1e-4",
        "1e-5",
        "weight decay; not on biases and norms",
    ),
    each(
        "SCHED",
        Word(&["sgd", "linear", "cosine", "step", "multistep", "constant"]),
        "linear",
        "cosine",
        "how the rate falls; sgd means linear. The paper's 14 and 43 take step, the others cosine",
    ),
    each(
        "SCHED_PER",
        Word(&["update", "epoch"]),
        "update",
        "epoch",
        "how often the rate changes; epoch: as the original, its warm-up lies over the beginning of the fall; update: the fall starts after the warm-up",
    ),
    both(
        "LR",
        Maybe(&POSITIVE),
        "None",
        "the largest rate, for the batch as given (never scaled); None: the paper's, scaled to the batch: 1.0 (retraining 0.064) × batch / 1024",
    ),
    each(
        "WARMUP_LR",
        AT_LEAST_ZERO,
        "0",
        "1e-6",
        "the rate that the warm-up starts from",
    ),
    each(
        "WARMUP_EPOCHS",
        AT_LEAST_ZERO,
        "0",
        "3",
        "epochs of warm-up; unwritten, there is none beside WARMUP_STEPS or in a run of no more EPOCHS than the default",
    ),
    both(
        "WARMUP_STEPS",
        Maybe(&COUNT_OR_NONE),
        "None",
        "steps of warm-up, instead of epochs",
    ),
    each(
        "MIN_LR",
        AT_LEAST_ZERO,
        "0",
        "1e-5",
        "the rate that a linear or cosine fall ends at",
    ),
    both(
        "DECAY_EPOCHS",
        POSITIVE,
        "2.4",
        "epochs between two falls of the step schedule",
    ),
    both(
        "DECAY_MILESTONES",
        Numbers,
        "[]",
        "epochs of the falls of the multistep schedule, ascending",
    ),
    both(
        "DECAY_RATE",
        Maybe(&Real(f64::MIN_POSITIVE, 1.0)),
        "None",
        "what a fall multiplies with; None: 0.973 for step, 0.1 for multistep",
    ),
    retrain(
        "COOLDOWN_EPOCHS",
        COUNT_OR_NONE,
        "0",
        "epochs at MIN_LR after a linear or cosine fall, beside EPOCHS",
    ),
    both(
        "LR_NOISE",
        Maybe(&Numbers),
        "None",
        "shares of EPOCHS between which the rate is shaken, or the one from which: [0.4, 0.9]",
    ),
    both(
        "LR_NOISE_PCT",
        Real(0.01, 1.0),
        "0.67",
        "the largest share of the rate that the noise adds or takes; with more than all of it rates would be negative",
    ),
    search("META_LR", POSITIVE, "1e-4", "the meta layer's rate"),
    both(
        "AUGMENTATION.CROP",
        Word(&["auto", "pad", "resized", "none"]),
        "auto",
        "pad: moved by up to CROP_PAD pixels; resized: a random part of 8 % of the area or more, resized; none: as in evaluation; auto: resized for image folders, else pad",
    ),
    both(
        "AUGMENTATION.CROP_PAD",
        Whole(0, 64),
        "2",
        "pixels of border before a random crop",
    ),
    both(
        "AUGMENTATION.FLIP",
        SHARE,
        "0.5",
        "probability of a horizontal flip",
    ),
    both(
        "AUGMENTATION.COLOR_JITTER",
        Maybe(&Real(0.0, 10.0)),
        "None",
        "brightness, contrast and saturation by factors of up to so much from 1; not beside AA",
    ),
    each(
        "AUGMENTATION.AA",
        MAYBE_TEXT,
        "None",
        "auto",
        "operations drawn for each image, in timm's notation (docs/data.md): rand-m9-mstd0.5, original, v0; auto: rand-m9-mstd0.5 for image folders, else none",
    ),
    both(
        "AUGMENTATION.RE_PROB",
        SHARE,
        "0.2",
        "probability of random erasing",
    ),
    both(
        "AUGMENTATION.RE_MODE",
        Word(&["const", "rand", "pixel"]),
        "pixel",
        "what erased pixels become",
    ),
    both(
        "AUGMENTATION.SMOOTHING",
        BELOW_ONE,
        "0.1",
        "label smoothing",
    ),
    both(
        "BATCHNORM.SYNC_BN",
        Flag,
        "False",
        "with several processes, norms in training see the images of all of them, not of one",
    ),
    mixing(
        "AUGMENTATION.MIXUP",
        Real(0.0, 100.0),
        "blends images and labels of a batch by a share from Beta(x, x); 0: never",
    ),
    mixing(
        "AUGMENTATION.CUTMIX",
        Real(0.0, 100.0),
        "pastes a window of one image into another, labels by area; with MIXUP each for half of the batches",
    ),
    mixing(
        "AUGMENTATION.MIXUP_OFF_EPOCH",
        COUNT_OR_NONE,
        "the last epoch that mixes; 0: all do",
    ),
    retrain(
        "CLIP_GRAD",
        Maybe(&POSITIVE),
        "None",
        "the largest norm of all gradients together",
    ),
    retrain(
        "ACCUMULATE",
        Whole(1, 100_000),
        "1",
        "batches whose gradients make one update; BATCH_SIZE is that of one of them",
    ),
    both(
        "AMP",
        Word(&["false", "true", "bf16", "f16"]),
        "false",
        "short floats in the forward; True means bf16; f16 scales the loss, in retraining alone. Weights stay f32",
    ),
    retrain(
        "NET.DROPOUT_RATE",
        BELOW_ONE,
        "0.2",
        "dropout before the last linear layer",
    ),
    retrain(
        "NET.DROP_PATH_RATE",
        BELOW_ONE,
        "0.0",
        "share of images that skip the last residual block; rises from 0 over the blocks",
    ),
    retrain(
        "NET.EMA.USE",
        Flag,
        "True",
        "whether a running average of the weights and norm statistics is kept and tested",
    ),
    retrain("NET.EMA.DECAY", BELOW_ONE, "0.9999", "its decay an update"),
    retrain(
        "NET.EMA.WARMUP",
        Flag,
        "True",
        "whether early updates decay faster, by (1 + n) / (10 + n); the original's do not",
    ),
    search(
        "SUPERNET.POOL_SIZE",
        Whole(1, 10_000),
        "10",
        "entries of the board",
    ),
    search(
        "SUPERNET.SLICE",
        COUNT,
        "4",
        "images of a batch that an entry stores",
    ),
    search(
        "SUPERNET.META_STA_EPOCH",
        Maybe(&COUNT_OR_NONE),
        "None",
        "the board fills and teaches after this epoch; None: a sixth of EPOCHS, as the paper's 20 of 120",
    ),
    search(
        "SUPERNET.UPDATE_ITER",
        COUNT,
        "200",
        "steps between two meta updates",
    ),
    search(
        "SUPERNET.ACC_GAP",
        AT_LEAST_ZERO,
        "5",
        "points that a dearer path must lead by to enter a full board",
    ),
    search(
        "SUPERNET.PICK_METHOD",
        Maybe(&Word(&["meta", "top1"])),
        "None",
        "who picks the teacher; None: meta, but top1 with 20 classes or fewer and VARIANT paper",
    ),
    search(
        "SUPERNET.KD_LOSS",
        Word(&["half", "sum"]),
        "half",
        "half: (ρ·KD + (2−ρ)·CE)/2; sum: CE + ρ·KD",
    ),
    search(
        "SUPERNET.MEASURE",
        Word(&["decisions", "paths"]),
        "decisions",
        "what sampled paths are uniform over",
    ),
    search(
        "SUPERNET.HOW_TO_PROB",
        Word(&["even", "pre_prob", "teacher"]),
        "even",
        "what weighs the candidates of a block: nothing; PRE_PROB; one more than the board's entries that have it",
    ),
    search(
        "SUPERNET.PRE_PROB",
        Numbers,
        "[0.05, 0.2, 0.05, 0.5, 0.05, 0.15]",
        "a number for each candidate, in the space's order, where a block has so many; others are even",
    ),
    search(
        "SUPERNET.STRATEGY",
        Word(&["cream", "spos", "sandwich", "random"]),
        "cream",
        "cream: the board teaches; spos: one path a step, alone; sandwich: the dearest path teaches the cheapest and two \
         more; random: no training, the result is one drawn path",
    ),
    search(
        "SUPERNET.PICK",
        Maybe(&Word(&["board", "evolution"])),
        "None",
        "how the result is picked; None: board with STRATEGY cream, else evolution",
    ),
    search(
        "SUPERNET.POPULATION",
        Whole(1, 100_000),
        "50",
        "paths that a generation of the evolution judges",
    ),
    search(
        "SUPERNET.GENERATIONS",
        COUNT,
        "20",
        "generations of the evolution",
    ),
    search(
        "SUPERNET.PARENTS",
        Whole(1, 100_000),
        "10",
        "the best paths so far that the next generation comes from",
    ),
    search(
        "SUPERNET.MUTATION_RATE",
        SHARE,
        "0.1",
        "the chance of each decision to be made anew in a mutation",
    ),
    search(
        "SUPERNET.VARIANT",
        Word(&["paper", "released"]),
        "paper",
        "paper: the method as published; released: as the authors' code runs it, mistakes included (docs/paper.md)",
    ),
    search(
        "SUPERNET.SHARING",
        Word(&["independent", "elastic"]),
        "independent",
        "independent: each candidate of a block has weights of its own; elastic: those of one structure are slices of one set (docs/sharing.md)",
    ),
    search(
        "SUPERNET.JUDGE_IMAGES",
        COUNT,
        "1000",
        "training images kept apart to score paths by, in all",
    ),
    search(
        "SUPERNET.RESCORE_EPOCHS",
        Maybe(&COUNT_OR_NONE),
        "None",
        "epochs between two re-scorings of the board on the judge part; 0: never; None: 1, with VARIANT released 0",
    ),
    search(
        "SUPERNET.PROBE_PATHS",
        Whole(0, 10_000),
        "16",
        "fixed paths judged after every epoch, to see whether the supernet has converged",
    ),
    search(
        "SUPERNET.RECAL_IMAGES",
        COUNT,
        "2000",
        "training images that norm statistics are estimated from",
    ),
    search(
        "SUPERNET.RECAL_BATCH",
        COUNT,
        "250",
        "in batches of this size",
    ),
    search(
        "SUPERNET.FLOPS_MINIMUM",
        Maybe(&AT_LEAST_ZERO),
        "None",
        "least flops of a path, in millions",
    ),
    search(
        "SUPERNET.FLOPS_MAXIMUM",
        Maybe(&AT_LEAST_ZERO),
        "None",
        "most flops of a path, in millions",
    ),
    idle(
        "ACC_GAP",
        "nothing read it in the original either; `SUPERNET.ACC_GAP` is read",
    ),
    idle("AUTO_RESUME", "`--resume RUN` goes on with a run"),
    idle("LOG_INTERVAL", "metrics are written every epoch"),
    idle(
        "NUM_GPU",
        "`--nproc-per-node` says how many processes train",
    ),
    idle("LOCAL_RANK", "the launcher says it"),
    idle("SAVE_IMAGES", "images are not saved"),
    idle(
        "OUTPUT",
        "nothing read it in the original either; `--out` names the run folder",
    ),
    idle(
        "EVAL_METRICS",
        "the search picks by judge loss, retraining keeps the last weights",
    ),
    idle("TTA", "images are tested once, as they are"),
    idle("VERBOSE", "the log always holds everything"),
    idle("DATASET.NO_PREFECHTER", "batches are always prepared ahead"),
    idle("NET.GP", "the space says its pool"),
    idle("NET.EMA.FORCE_CPU", "the average lives beside the weights"),
    idle("START_EPOCH", "a run starts with its first epoch"),
    idle("PATIENCE_EPOCHS", "no schedule waits for a plateau"),
    idle("LR_NOISE_STD", "nothing read it in the original either"),
    idle(
        "BATCHNORM.BN_TF",
        "write `default momentum = 0.01, eps = 0.001` in the space",
    ),
    idle(
        "BATCHNORM.BN_MOMENTUM",
        "write `default momentum = …` in the space",
    ),
    idle("BATCHNORM.BN_EPS", "write `default eps = …` in the space"),
    idle("SUPERNET.RESUNIT", "write the block in the space"),
    idle("SUPERNET.DIL_CONV", "write the block in the space"),
    idle(
        "SUPERNET.UPDATE_2ND",
        "nothing read it in the original either",
    ),
];
