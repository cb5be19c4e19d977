//! What a search will write into its run folder.

use std::collections::BTreeMap;

use serde::Serialize;
use tch::Tensor;

use super::archs::{archs_text, board_archs};
use super::bench::Bench;
use super::judge::Judged;
use super::records::JudgedRecord;
use super::state;
use super::text::board_text;
use crate::checkpoint::file_size;
use crate::train::checkpoints::Subject;
use crate::train::prepare::identity;
use crate::train::sgd::Momentum;

/// After so many steps every block that is ever trained has been, or nearly.
const DRAWN: u64 = 2000;
/// Bytes of an epoch's record beside its paths, of its line in the log and its scalars.
const EPOCH: u64 = 900;

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
    bench.learner.momentum = whole_momentum(bench);
    let subject = Subject::Plan(bench.plan.fingerprint.clone());
    let made_with = (resolved, bench.place.device);
    let identity = identity(&bench.plan, subject, &bench.data, made_with);
    let mut about = identity.words();
    // The state is mostly visits, the board's paths and those that taught.
    let visits = json(&bench.learner.visits);
    let board = json(&judged(bench)).repeat(2);
    about.insert("state".to_owned(), json(&(visits + &board)));
    file_size(&state::tensors(&bench.learner), &about)
}

/// A momentum for every weight that the run will move; some lie on no path inside the bounds.
fn whole_momentum(bench: &Bench) -> Momentum {
    let supernet = &bench.learner.supernet;
    let moved: BTreeMap<String, Tensor> = bench
        .first_paths(DRAWN)
        .iter()
        .flat_map(|path| supernet.parameters(path))
        .map(|named| (named.name.to_string(), named.tensor))
        .collect();
    Momentum::restore(&supernet.tensors(), &moved).expect("every weight may have a momentum")
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
