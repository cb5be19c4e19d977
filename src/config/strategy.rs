//! Settings of how paths are drawn, how the supernet is trained on them, and how one is picked.

use serde::Serialize;

use super::kind::Value;
use super::problem::Warning;
use super::resolve::Resolved;
use super::search::{Variant, variant};
use super::train::size;

/// How the supernet is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Prioritised paths teach the sampled one.
    Cream,
    /// One sampled path a step, alone.
    Spos,
    /// The dearest, the cheapest and two sampled paths a step; the dearest teaches the others.
    Sandwich,
    /// Not at all: the result is one drawn path.
    Random,
}

/// How the result is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PickBy {
    /// The board's entry with the lowest judge loss.
    Board,
    /// The lowest judge loss that an evolution over the whole space finds.
    Evolution,
}

/// What sampled paths are weighed by.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PathPrior {
    /// Nothing.
    Even,
    /// One number for each candidate of a block.
    Weights(Vec<f64>),
    /// How often a candidate is on the board, plus one.
    Teacher,
}

/// An evolution over judged paths.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EvolutionSettings {
    /// Paths that a generation judges.
    pub population: usize,
    /// Generations.
    pub generations: usize,
    /// The best so far that the next generation comes from.
    pub parents: usize,
    /// The chance of each decision to be made anew in a mutation.
    pub mutation_rate: f64,
}

/// What the search reads of this page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chosen {
    pub strategy: Strategy,
    pub pick: PickBy,
    pub prior: PathPrior,
    pub evolution: EvolutionSettings,
    /// What to say of the meta layer's settings where the best entry teaches by default.
    pub without_meta: Vec<Warning>,
}

/// Settings that only a board has a use for.
const BOARD_ONLY: [&str; 9] = [
    "SUPERNET.POOL_SIZE",
    "SUPERNET.SLICE",
    "SUPERNET.META_STA_EPOCH",
    "SUPERNET.UPDATE_ITER",
    "SUPERNET.ACC_GAP",
    "SUPERNET.PICK_METHOD",
    "SUPERNET.KD_LOSS",
    "SUPERNET.RESCORE_EPOCHS",
    "META_LR",
];

/// Settings that only a meta layer which learns has a use for.
const META_ONLY: [&str; 2] = ["META_LR", "SUPERNET.UPDATE_ITER"];

/// Settings that only a supernet which is trained and judged has a use for.
const TRAINED_ONLY: [&str; 7] = [
    "EPOCHS",
    "LR",
    "SUPERNET.JUDGE_IMAGES",
    "SUPERNET.RECAL_IMAGES",
    "SUPERNET.RECAL_BATCH",
    "SUPERNET.PROBE_PATHS",
    "SUPERNET.SHARING",
];

/// Settings that only an evolution has a use for.
const EVOLUTION_ONLY: [&str; 4] = [
    "SUPERNET.POPULATION",
    "SUPERNET.GENERATIONS",
    "SUPERNET.PARENTS",
    "SUPERNET.MUTATION_RATE",
];

pub(super) fn chosen(from: &mut Resolved) -> Chosen {
    let strategy = strategy(from);
    let pick = pick(from, strategy);
    if strategy != Strategy::Cream {
        no_effect(
            from,
            &BOARD_ONLY,
            "only `SUPERNET.STRATEGY: cream` has a board",
        );
    }
    if strategy == Strategy::Random {
        let why = "`SUPERNET.STRATEGY: random` trains and judges nothing";
        no_effect(from, &TRAINED_ONLY, why);
    }
    if pick == PickBy::Board {
        let why = match strategy {
            Strategy::Random => "`SUPERNET.STRATEGY: random` draws its result",
            _ => "it is read with `SUPERNET.PICK: evolution`",
        };
        no_effect(from, &EVOLUTION_ONLY, why);
    }
    released(from, strategy, pick);
    Chosen {
        prior: prior(from),
        evolution: evolution(from, pick),
        without_meta: without_meta(from, strategy),
        strategy,
        pick,
    }
}

/// Warns of the meta layer's settings where the best entry teaches. Where nothing says who does, the number of classes will:
/// then the warnings are given back.
fn without_meta(from: &mut Resolved, strategy: Strategy) -> Vec<Warning> {
    // The released code's update moves the weights whoever picks.
    if strategy != Strategy::Cream || variant(from) == Variant::Released {
        return Vec::new();
    }
    match from.maybe_text("SUPERNET.PICK_METHOD").as_deref() {
        Some("top1") => {
            let why = "with `SUPERNET.PICK_METHOD: top1` no meta layer learns";
            no_effect(from, &META_ONLY, why);
            Vec::new()
        }
        Some(_) => Vec::new(),
        None => {
            let why = "with so few classes no meta layer learns, unless `SUPERNET.PICK_METHOD: meta` asks for one";
            // The settings of a run that is read again hold the defaults too.
            let changed = META_ONLY.iter().filter(|key| from.is_changed(key));
            changed.map(|key| from.without_effect(key, why)).collect()
        }
    }
}

fn strategy(from: &Resolved) -> Strategy {
    match from.text("SUPERNET.STRATEGY").as_str() {
        "spos" => Strategy::Spos,
        "sandwich" => Strategy::Sandwich,
        "random" => Strategy::Random,
        _ => Strategy::Cream,
    }
}

/// What is written, or what the strategy goes with.
fn pick(from: &mut Resolved, strategy: Strategy) -> PickBy {
    const KEY: &str = "SUPERNET.PICK";
    let written = from.maybe_text(KEY);
    let board = matches!(strategy, Strategy::Cream | Strategy::Random);
    if strategy == Strategy::Random && written.is_some() {
        from.no_effect(KEY, "`SUPERNET.STRATEGY: random` draws its result");
    }
    match written.as_deref() {
        Some("evolution") if strategy != Strategy::Random => PickBy::Evolution,
        Some("board") if !board => {
            let what = "`SUPERNET.PICK` is board, which only `SUPERNET.STRATEGY: cream` fills; set it to evolution";
            from.contradiction(&[KEY, "SUPERNET.STRATEGY"], what);
            PickBy::Evolution
        }
        None if !board => {
            from.settle(KEY, Value::Text("evolution".to_owned()));
            PickBy::Evolution
        }
        _ => {
            from.settle(KEY, Value::Text("board".to_owned()));
            PickBy::Board
        }
    }
}

/// What the released code has not cannot be asked of it.
fn released(from: &mut Resolved, strategy: Strategy, pick: PickBy) {
    if variant(from) == Variant::Paper {
        return;
    }
    if strategy != Strategy::Cream {
        let what = "`SUPERNET.VARIANT: released` is a variant of `SUPERNET.STRATEGY: cream` alone: remove one of them";
        from.contradiction(&["SUPERNET.STRATEGY", "SUPERNET.VARIANT"], what);
    }
    if pick == PickBy::Evolution && strategy == Strategy::Cream {
        let what = "the released code picks from its board: remove `SUPERNET.PICK: evolution` or \
                    `SUPERNET.VARIANT: released`";
        from.contradiction(&["SUPERNET.PICK", "SUPERNET.VARIANT"], what);
    }
    let why = "the released code never applies its prior (docs/paper.md, row 1)";
    no_effect(from, &["SUPERNET.HOW_TO_PROB", "SUPERNET.PRE_PROB"], why);
}

fn prior(from: &mut Resolved) -> PathPrior {
    let how = from.text("SUPERNET.HOW_TO_PROB");
    if how != "pre_prob" && variant(from) == Variant::Paper {
        let why = "it is read with `SUPERNET.HOW_TO_PROB: pre_prob`";
        no_effect(from, &["SUPERNET.PRE_PROB"], why);
    }
    match (variant(from), how.as_str()) {
        (Variant::Released, _) => PathPrior::Even,
        (Variant::Paper, "pre_prob") => {
            let weights = from.maybe_numbers("SUPERNET.PRE_PROB");
            PathPrior::Weights(weights.expect("the default holds numbers"))
        }
        (Variant::Paper, "teacher") => {
            if strategy(from) != Strategy::Cream {
                let what = "`SUPERNET.HOW_TO_PROB` is teacher, but only `SUPERNET.STRATEGY: cream` has a board \
                            of teachers; set it to even or pre_prob";
                from.contradiction(&["SUPERNET.HOW_TO_PROB", "SUPERNET.STRATEGY"], what);
            }
            PathPrior::Teacher
        }
        (Variant::Paper, _) => PathPrior::Even,
    }
}

fn evolution(from: &mut Resolved, pick: PickBy) -> EvolutionSettings {
    let settings = EvolutionSettings {
        population: size(from.whole("SUPERNET.POPULATION")),
        generations: size(from.whole("SUPERNET.GENERATIONS")),
        parents: size(from.whole("SUPERNET.PARENTS")),
        mutation_rate: from.real("SUPERNET.MUTATION_RATE"),
    };
    let (parents, population) = (settings.parents, settings.population);
    if pick == PickBy::Evolution && parents > population {
        let what = format!(
            "`SUPERNET.PARENTS` is {parents}, more than `SUPERNET.POPULATION`, {population}; lower it"
        );
        from.contradiction(&["SUPERNET.PARENTS", "SUPERNET.POPULATION"], what);
    }
    settings
}

fn no_effect(from: &mut Resolved, keys: &[&'static str], why: &str) {
    for key in keys {
        if from.is_written(key) {
            from.no_effect(key, why);
        }
    }
}
