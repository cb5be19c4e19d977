//! Settings of the learning rate.

use serde::Serialize;

use super::kind::Value;
use super::resolve::Resolved;

/// The learning rate over a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleSettings {
    /// The largest rate, for the batch as given: it is never scaled.
    pub lr: f64,
    /// What the warm-up starts from.
    pub warmup_lr: f64,
    /// How long it takes.
    pub warmup: Warmup,
    /// Where a linear or cosine fall ends.
    pub min_lr: f64,
    /// How the rate falls.
    pub shape: ScheduleShape,
    /// Whether all steps of an epoch have one rate, as the original's have.
    pub per_epoch: bool,
    /// Epochs after the fall.
    pub cooldown: u64,
    /// Where rates are shaken.
    pub noise: Option<NoiseSettings>,
}

/// A part of the run whose rates are shaken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NoiseSettings {
    /// Where it begins, as a share of the epochs.
    pub from: f64,
    /// Where it ends; `None`: never.
    pub to: Option<f64>,
    /// The largest share of the rate that it adds or takes.
    pub share: f64,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// By a factor at some epochs.
    MultiStep {
        /// The epochs, ascending.
        epochs: Vec<f64>,
        /// The factor.
        rate: f64,
    },
    /// Not at all.
    Constant,
}

pub(super) fn settings(from: &mut Resolved) -> ScheduleSettings {
    let (lr, min_lr, warmup_lr) = (from.real("LR"), from.real("MIN_LR"), from.real("WARMUP_LR"));
    let shape = shape(from);
    let falls = matches!(shape, ScheduleShape::Linear | ScheduleShape::Cosine);
    if falls && min_lr > lr {
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
        per_epoch: from.text("SCHED_PER") == "epoch",
        cooldown: cooldown(from, &shape),
        noise: noise(from),
        shape,
    }
}

fn warmup(from: &mut Resolved) -> Warmup {
    match from.maybe_whole("WARMUP_STEPS") {
        Some(steps) => warmup_steps(from, steps),
        None => warmup_epochs(from),
    }
}

const WARMUP_EPOCHS: &str = "WARMUP_EPOCHS";

/// Beside steps the default of the epochs is nobody's wish.
fn warmup_steps(from: &mut Resolved, steps: u64) -> Warmup {
    if from.is_asked_for(WARMUP_EPOCHS) && from.real(WARMUP_EPOCHS) > 0.0 {
        let what = "`WARMUP_STEPS` and `WARMUP_EPOCHS` are both given; set `WARMUP_EPOCHS` to 0";
        from.contradiction(&["WARMUP_STEPS"], what);
    }
    unwritten_is_none(from);
    Warmup::Steps(steps)
}

/// A default that is too long for a short run is not the user's mistake.
fn warmup_epochs(from: &mut Resolved) -> Warmup {
    let (epochs, all) = (from.real(WARMUP_EPOCHS), from.whole("EPOCHS"));
    if epochs < all as f64 {
        return Warmup::Epochs(epochs);
    }
    if from.is_asked_for(WARMUP_EPOCHS) {
        let what = format!(
            "`WARMUP_EPOCHS` is {epochs} of `EPOCHS`, {all}: the rate would never fall; shorten the warm-up, \
             `--set {WARMUP_EPOCHS}=0` leaves it out"
        );
        from.contradiction(&[WARMUP_EPOCHS, "EPOCHS"], what);
    }
    unwritten_is_none(from);
    Warmup::Epochs(0.0)
}

/// The settings of the run say what was used. A value that is written stays: checkpoints are compared by it.
fn unwritten_is_none(from: &mut Resolved) {
    if !from.is_written(WARMUP_EPOCHS) {
        from.settle(WARMUP_EPOCHS, Value::Real(0.0));
    }
}

fn shape(from: &mut Resolved) -> ScheduleShape {
    let word = from.text("SCHED");
    let idle = |path, words: &[&str], from: &mut Resolved| {
        // The settings of a run that is read again hold the defaults too.
        if from.is_changed(path) && !words.contains(&word.as_str()) {
            from.no_effect(path, &format!("`SCHED` is {word}"));
        }
    };
    idle("MIN_LR", &["sgd", "linear", "cosine"], from);
    idle("DECAY_EPOCHS", &["step"], from);
    idle("DECAY_MILESTONES", &["multistep"], from);
    idle("DECAY_RATE", &["step", "multistep"], from);
    let rate = from.maybe_real("DECAY_RATE");
    match word.as_str() {
        "cosine" => ScheduleShape::Cosine,
        "constant" => ScheduleShape::Constant,
        "step" => ScheduleShape::Step {
            epochs: from.real("DECAY_EPOCHS"),
            rate: rate.unwrap_or(0.973),
        },
        "multistep" => ScheduleShape::MultiStep {
            epochs: milestones(from),
            rate: rate.unwrap_or(0.1),
        },
        _ => ScheduleShape::Linear,
    }
}

fn milestones(from: &mut Resolved) -> Vec<f64> {
    let epochs = from
        .maybe_numbers("DECAY_MILESTONES")
        .expect("the kind has no None");
    let ascending = epochs.windows(2).all(|pair| pair[0] < pair[1]);
    if epochs.is_empty() || !ascending || epochs[0] <= 0.0 {
        from.contradiction(
            &["DECAY_MILESTONES", "SCHED"],
            "`SCHED: multistep` needs `DECAY_MILESTONES`: epochs above 0, ascending, like [30, 60, 80]",
        );
    }
    epochs
}

fn cooldown(from: &mut Resolved, shape: &ScheduleShape) -> u64 {
    let Some(epochs) = from.maybe_read_whole("COOLDOWN_EPOCHS") else {
        return 0;
    };
    if matches!(shape, ScheduleShape::Linear | ScheduleShape::Cosine) {
        return epochs;
    }
    if from.is_written("COOLDOWN_EPOCHS") && epochs > 0 {
        let why = "only linear and cosine schedules end at `MIN_LR`";
        from.no_effect("COOLDOWN_EPOCHS", why);
    }
    0
}

fn noise(from: &mut Resolved) -> Option<NoiseSettings> {
    let share = from.real("LR_NOISE_PCT");
    let Some(range) = from.maybe_numbers("LR_NOISE") else {
        if from.is_asked_for("LR_NOISE_PCT") {
            from.no_effect("LR_NOISE_PCT", "`LR_NOISE` is None");
        }
        return None;
    };
    match *range.as_slice() {
        [start] if start >= 0.0 => Some(NoiseSettings {
            from: start,
            to: None,
            share,
        }),
        [start, to] if 0.0 <= start && start < to => Some(NoiseSettings {
            from: start,
            to: Some(to),
            share,
        }),
        _ => {
            let what = "`LR_NOISE` is a share of the epochs from which the rate is shaken, or two between which it is: 0.4 or [0.4, 0.9]";
            from.contradiction(&["LR_NOISE"], what);
            None
        }
    }
}
