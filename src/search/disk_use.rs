//! What a search will write into its run folder.

use creamc_lang::ir::Path;
use serde::Serialize;

use super::archs::{archs_text, board_archs};
use super::bench::Bench;
use super::judge::Judged;
use super::pick::Pick;
use super::records::{GenerationRecord, JudgedRecord};
use super::state;
use super::text::board_text;
use crate::checkpoint::file_size;
use crate::config::{EvolutionSettings, PickBy};
use crate::train::checkpoints::Subject;
use crate::train::prepare::identity;

/// Bytes of an epoch's record beside its paths, of its line in the log and its scalars.
const EPOCH: u64 = 900;
/// Bytes of a generation's record beside its paths, and of its line in the log.
const GENERATION: u64 = 160;
/// Steps whose paths say how long the record of a path is.
const SAMPLE: u64 = 50;

/// What a search will write, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DiskUse {
    /// One checkpoint of a whole state: every weight has moved, the board is full.
    pub checkpoint: u64,
    /// Checkpoints that lie there at once at most: those kept, the best, and a new one until the
    /// oldest goes.
    pub checkpoints_at_once: u64,
    /// Checkpoints that are written over the whole run.
    pub checkpoints_written: u64,
    /// Metrics, boards, log.
    pub logs: u64,
    /// The most at once.
    pub total: u64,
}

impl DiskUse {
    /// What a search as on the bench writes, whose settings are `resolved`. The board is full.
    pub(super) fn of(bench: &mut Bench, resolved: &str) -> DiskUse {
        let checkpoints = &bench.settings.checkpoints;
        let epochs = bench.settings.train.epochs;
        let steps = bench.recipe.train.steps;
        let within = match checkpoints.every_steps {
            0 => 0,
            every => (steps - 1) / every,
        };
        let at_once = checkpoints.keep.max(1) as u64 + 2;
        let written = match bench.step_counts() {
            (0, 0) => 0,
            _ => epochs.saturating_mul(within + 1),
        };
        // The best is one more where all are kept.
        let at_once = match written {
            0 => 0,
            written => at_once.min(written.saturating_add(1)),
        };
        let logs = logs(bench, epochs);
        let checkpoint = checkpoint(bench, resolved);
        DiskUse {
            checkpoint,
            checkpoints_at_once: at_once,
            checkpoints_written: written,
            logs,
            total: checkpoint.saturating_mul(at_once).saturating_add(logs),
        }
    }
}

fn checkpoint(bench: &mut Bench, resolved: &str) -> u64 {
    bench.learner.momentum = bench.whole_momentum();
    let subject = Subject::Plan(bench.plan.fingerprint.clone());
    let made_with = (resolved, bench.place.device, 1);
    let weights = bench.plan.weights.clone();
    let identity = identity(weights, subject, &bench.data, made_with);
    let mut about = identity.words();
    // The state is mostly visits, the board's paths and those that taught.
    let visits = json(&bench.learner.visits);
    let board = json(&judged(bench)).repeat(2);
    about.insert("state".to_owned(), json(&(visits + &board)));
    file_size(&state::tensors(&bench.learner), &about)
}

fn logs(bench: &Bench, epochs: u64) -> u64 {
    let (learner, ir) = (&bench.learner, &bench.plan.ir);
    let board = board_text(&learner.board, ir).len();
    let probes = json(&vec![JUDGED; bench.probes.len()]).len();
    let line = json(&judged(bench)).len() + probes;
    let archs = board_archs(&learner.board);
    let archs = archs_text(&archs, &bench.plan, "space".as_ref(), &[]).len();
    let once = board + archs + json(&learner.visits).len();
    epochs
        .saturating_mul((board + line) as u64 + EPOCH)
        .saturating_add(once as u64)
        .saturating_add(evolution(bench))
}

/// The record of an evolution and its lines in the log.
fn evolution(bench: &Bench) -> u64 {
    let supernet = &bench.settings.supernet;
    // What is drawn is as long as what is bred.
    let paths = bench.first_paths(SAMPLE);
    if supernet.pick != PickBy::Evolution || paths.is_empty() {
        return 0;
    }
    let pick = |path: &Path| Pick {
        path: path.clone(),
        judged: JUDGED,
    };
    let picks: Vec<Pick> = paths.iter().map(pick).collect();
    let sample = json(&GenerationRecord::new(1, &picks, &bench.plan)).len();
    let one = sample.div_ceil(picks.len()) as u64;
    let EvolutionSettings {
        generations,
        population,
        ..
    } = supernet.evolution;
    // No path is judged twice.
    let (_, most) = bench.plan.bounded_graph.count_interval(&bench.plan.windows);
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let generations = generations as u64;
    let judged = generations.saturating_mul(population as u64).min(most);
    judged
        .saturating_mul(one)
        .saturating_add(generations.saturating_mul(GENERATION))
}

/// As many digits as any.
const JUDGED: Judged = Judged {
    loss: 1.234_567_890_123_456_7,
    top1: 12.345_678_901_234_567,
};

fn judged(bench: &Bench) -> Vec<JudgedRecord> {
    let (learner, ir) = (&bench.learner, &bench.plan.ir);
    let entries = learner.board.entries().iter();
    entries
        .map(|entry| JudgedRecord::new(entry, JUDGED, 1000, ir))
        .collect()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain values are JSON")
}
