//! What a search writes into its run folder.

use std::path::{self, PathBuf};

use creamc_lang::arch::{Arch, write_file};
use creamc_lang::board::Entry;
use creamc_lang::ir::{Ir, Path};
use creamc_lang::plan::Plan;
use serde::{Deserialize, Serialize};

use super::archs::{archs_text, board_archs};
use super::judge::Judged;
use super::pick::Pick;
use super::step::Learner;
use super::teacher::Probe;
use super::text::{board_text, choices, path_text};
use crate::run::{Events, Log, Metrics, RunError, RunFolder};
use crate::train::meter::Reading;
use crate::train::prepare::Opened;
use crate::train::{ArchRecord, EpochRecord, Error};

/// The name of the result in its file.
pub const BEST: &str = "best";

/// The folder with its growing files.
#[derive(Debug)]
pub struct Records {
    folder: RunFolder,
    log: Log,
    metrics: Metrics,
    events: Events,
    /// The copy of the space, as `best.cream` uses it.
    space: PathBuf,
}

/// What was measured in one epoch of a search, a line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchRecord {
    /// What every training measures.
    #[serde(flatten)]
    pub epoch: EpochRecord,
    /// Entries of the board.
    pub board: usize,
    /// The pick so far: its judge loss.
    pub judge_loss: Option<f64>,
    /// The pick so far: its judge top-1, in percent.
    pub judge_top1: Option<f64>,
    /// Steps of the run so far that had a teacher.
    pub distilled_steps: u64,
    /// How far the meta layer is from its start, as a share of its length there.
    pub meta_moved: f64,
    /// The board's entries as the judge saw them; empty where it was not asked.
    pub judged: Vec<JudgedRecord>,
    /// The probe paths, always the same, with the supernet's weights of now.
    pub probes: Vec<Judged>,
    /// With the released variant: one random path with the running norm statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub random_path: Option<Judged>,
}

/// A path of the board as the judge saw it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedRecord {
    /// Its index form; `None` where the space has none.
    pub choices: Option<Vec<Vec<u32>>>,
    /// The candidates of every row, and the resolution where that is searched.
    pub path: Path,
    /// Its flops.
    pub flops: u64,
    /// What it was on the board with before: mostly one batch's top-1.
    pub score: f64,
    /// Loss and top-1 on the judge part.
    #[serde(flatten)]
    pub judged: Judged,
    /// How often it taught.
    pub lessons: u64,
}

impl JudgedRecord {
    /// The record of one entry.
    pub fn new(entry: &Entry<Probe>, judged: Judged, lessons: u64, ir: &Ir) -> JudgedRecord {
        JudgedRecord {
            choices: choices(&entry.path, ir),
            path: entry.path.clone(),
            flops: entry.flops,
            score: entry.score.get(),
            judged,
            lessons,
        }
    }
}

/// A generation of an evolution, a line of `evolution.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenerationRecord {
    /// From 1.
    pub generation: usize,
    /// Its paths, none of which was judged before.
    pub judged: Vec<EvolvedRecord>,
}

/// A path of a generation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvolvedRecord {
    /// Its index form; `None` where the space has none.
    pub choices: Option<Vec<Vec<u32>>>,
    /// The candidates of every row, and the resolution where that is searched.
    pub path: Path,
    /// Its flops.
    pub flops: u64,
    /// Loss and top-1 on the judge part.
    #[serde(flatten)]
    pub judged: Judged,
}

impl GenerationRecord {
    /// The record of a judged generation.
    pub fn new(generation: usize, judged: &[Pick], plan: &Plan) -> GenerationRecord {
        let record = |pick: &Pick| EvolvedRecord {
            choices: choices(&pick.path, &plan.ir),
            path: pick.path.clone(),
            flops: plan.cost(&pick.path).flops,
            judged: pick.judged,
        };
        GenerationRecord {
            generation,
            judged: judged.iter().map(record).collect(),
        }
    }
}

/// The result of a search, as `result.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The architecture and its cost.
    #[serde(flatten)]
    pub arch: ArchRecord,
    /// Cross entropy on the judge part, which it was picked by; `None` for a drawn path.
    pub judge_loss: Option<f64>,
    /// Top-1 on the judge part, in percent.
    pub judge_top1: Option<f64>,
    /// Epochs that were trained.
    pub epochs: u64,
    /// Whether the search was stopped before its end.
    pub stopped: bool,
    /// The run folder.
    #[serde(serialize_with = "crate::run::as_text")]
    pub run: PathBuf,
}

impl Found {
    /// What it was picked by, in words.
    #[must_use]
    pub fn verdict(&self) -> String {
        match (self.judge_loss, self.judge_top1) {
            (Some(loss), Some(top1)) => format!("judge loss {loss:.4}, top-1 {top1:.2}%"),
            _ if self.epochs == 0 => "drawn at random".to_owned(),
            _ => "a judge loss that is no number".to_owned(),
        }
    }
}

impl Records {
    /// Opens the growing files.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open(opened: Opened) -> Result<Records, RunError> {
        Ok(Records {
            metrics: opened.folder.metrics()?,
            events: opened.folder.events()?,
            folder: opened.folder,
            log: opened.log,
            space: opened.file,
        })
    }

    /// Drops what was measured after the first `epochs` epochs: it will be measured again.
    ///
    /// # Errors
    /// When the file cannot be replaced.
    pub fn rewind(&mut self, epochs: u64) -> Result<(), RunError> {
        self.metrics.rewind(epochs)?;
        self.events.rewind(epochs)
    }

    /// The run folder.
    #[must_use]
    pub fn path(&self) -> &path::Path {
        self.folder.path()
    }

    /// Adds a line to the log.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn say(&mut self, text: &str) -> Result<(), RunError> {
        self.log.line(text)
    }

    /// Writes down an epoch: metrics, log, board.
    ///
    /// # Errors
    /// When the disk is full; what was saved before stays.
    pub fn epoch(
        &mut self,
        plan: &Plan,
        record: &SearchRecord,
        learner: &Learner,
        reading: &Reading,
    ) -> Result<(), Error> {
        self.metrics.add(record)?;
        self.scalars(record, learner)?;
        let at = &record.epoch;
        let judged = match (record.judge_loss, record.judge_top1) {
            (Some(loss), Some(top1)) => format!(", best on the judge part {loss:.4}, {top1:.2}%"),
            _ => String::new(),
        };
        self.log.line(&format!(
            "epoch {}: loss {:.4}, top-1 {:.2}% over {} images, board {}{judged}, {:.1} s",
            at.epoch, at.loss, at.top1, reading.images, record.board, at.seconds
        ))?;
        let visits = serde_json::to_string(&learner.visits).expect("counts are plain JSON");
        self.folder.write("visits.json", visits + "\n")?;
        let name = format!("boards/{:04}.txt", at.epoch);
        self.folder
            .write(&name, board_text(&learner.board, &plan.ir))?;
        self.board(plan, learner)
    }

    /// The epoch for TensorBoard.
    fn scalars(&mut self, record: &SearchRecord, learner: &Learner) -> Result<(), RunError> {
        let best = learner.board.best().map(|entry| entry.score.get());
        let more = [
            ("judge/loss", record.judge_loss),
            ("judge/top1", record.judge_top1),
            ("board/best", best),
        ];
        let more = more
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let scalars: Vec<(&str, f64)> = record.epoch.scalars().into_iter().chain(more).collect();
        self.events.add(record.epoch.epoch, &scalars)
    }

    /// Writes the board as it stands, to read and as architectures.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn board(&self, plan: &Plan, learner: &Learner) -> Result<(), Error> {
        let text = board_text(&learner.board, &plan.ir);
        self.folder.write("board.txt", text)?;
        let archs = board_archs(&learner.board);
        if !archs.is_empty() {
            let comment = "The board of `creamc search`, best first.".to_owned();
            let text = archs_text(&archs, plan, &self.space, &[comment]);
            self.folder.write("board.cream", text)?;
        }
        Ok(())
    }

    /// Writes `best.cream`.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn best(&self, plan: &Plan, pick: &Pick, epoch: u64, seed: u64) -> Result<(), RunError> {
        let comments = [
            format!(
                "Found by `creamc search` with seed {seed}, epoch {epoch}: loss {:.4}, top-1 {:.2}%",
                pick.judged.loss, pick.judged.top1
            ),
            "on the judge part, with the supernet's weights.".to_owned(),
            cost_text(plan, &pick.path),
        ];
        self.write_best(plan, &pick.path, &comments)
    }

    fn write_best(&self, plan: &Plan, path: &Path, comments: &[String]) -> Result<(), RunError> {
        let space = self.space.to_string_lossy();
        let text = write_file(&arch(plan, path), &plan.ir, &space, comments);
        self.folder.write("best.cream", text)
    }

    /// Writes `best.cream` with a path that was drawn, not found.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn drawn(&self, plan: &Plan, path: &Path, seed: u64) -> Result<(), RunError> {
        let comments = [
            format!("Drawn by `creamc search` with `SUPERNET.STRATEGY: random` and seed {seed}."),
            cost_text(plan, path),
        ];
        self.write_best(plan, path, &comments)
    }

    /// Writes down all generations of an evolution so far, and the newest in the log; that line.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn generations(
        &mut self,
        records: &[GenerationRecord],
        best: &Pick,
        of: usize,
    ) -> Result<String, RunError> {
        let line = |record| serde_json::to_string(record).expect("plain values are JSON") + "\n";
        let text: String = records.iter().map(line).collect();
        self.folder.write("evolution.jsonl", text)?;
        let Judged { loss, top1 } = best.judged;
        let newest = records.last().map_or(0, |newest| newest.judged.len());
        let line = format!(
            "generation {} of {of}: {newest} new paths judged, best so far {loss:.4}, {top1:.2}%",
            records.len()
        );
        self.log.line(&line)?;
        Ok(line)
    }

    /// Writes `result.json` and the last line of the log.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(
        &mut self,
        plan: &Plan,
        (path, judged): (&Path, Option<Judged>),
        (epochs, stopped): (u64, bool),
    ) -> Result<Found, RunError> {
        let found = Found {
            arch: ArchRecord::new(&arch(plan, path), plan),
            judge_loss: judged.map(|judged| judged.loss),
            judge_top1: judged.map(|judged| judged.top1),
            epochs,
            stopped,
            run: self.folder.path().to_owned(),
        };
        self.folder.write_result(&found)?;
        self.log.line(&format!(
            "picked {}: {} flops, {}",
            path_text(path, &plan.ir),
            found.arch.flops,
            found.verdict()
        ))?;
        Ok(found)
    }
}

fn cost_text(plan: &Plan, path: &Path) -> String {
    let cost = plan.cost(path);
    let costs = plan
        .ir
        .metrics()
        .map(|(metric, name)| match metric.is_time() {
            true => format!("{name} {}", metric.exact(cost.get(metric))),
            false => format!("{} {name}", cost.get(metric)),
        });
    format!("{}.", costs.collect::<Vec<_>>().join(", "))
}

fn arch(plan: &Plan, path: &Path) -> Arch {
    Arch::of_plan(BEST, path.clone(), plan)
}
