//! What a ranking found: the rows of its table and the figures about them.

use std::path::PathBuf;

use creamc_lang::arch::{Arch, choices_text};
use creamc_lang::plan::Plan;
use serde::Serialize;

use super::entry::{Done, Verdict};
use super::statistics::{ceiling, mean, place, standard_error, tau};

/// One path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub arch: String,
    /// Its index form; `None` where the space has none.
    pub choices: Option<Vec<Vec<u32>>>,
    /// Its flops.
    pub flops: u64,
    /// Cross entropy on the judge part with the supernet's weights; `None` when it is not a number.
    pub judge_loss: Option<f64>,
    /// Top-1 on the judge part with the supernet's weights, in percent.
    pub judge_top1: f64,
    /// Test top-1 when trained alone, in percent: one number a seed.
    pub truth: Vec<f64>,
}

/// Kendall's τ with its standard error; `None` where there is nothing to order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// τ-b.
    pub tau: Option<f64>,
    /// By the bootstrap over paths.
    pub standard_error: Option<f64>,
}

/// The path that the supernet likes best.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Best {
    /// Its name.
    pub arch: String,
    /// Its mean test top-1, in percent.
    pub truth: f64,
    /// Its place in the truth: 1 is the best.
    pub place: usize,
    /// The name of the path that is best in truth.
    pub truth_best: String,
    /// That one's mean test top-1, in percent.
    pub truth_best_top1: f64,
    /// The mean over all paths, in percent.
    pub truth_mean: f64,
}

/// How well the supernet ranks, as `result.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// The run folder of the search.
    #[serde(serialize_with = "crate::run::as_text")]
    pub search: PathBuf,
    /// The supernet's file.
    pub supernet: String,
    /// The epoch after which the supernet was saved, where its file says.
    pub epoch: Option<u64>,
    /// The number of paths.
    pub paths: usize,
    /// The seeds that every path was trained alone with.
    pub seeds: Vec<u64>,
    /// The judge's loss, lowest first, against the mean truth; `None` without a truth.
    pub judge: Option<Agreement>,
    /// Flops, largest first, against the mean truth: what "bigger is better" knows.
    pub flops: Option<Agreement>,
    /// Mean τ between two seeds of the truth; `None` with fewer than two.
    pub ceiling: Option<f64>,
    /// The judge's τ over the ceiling; `None` where there is no ceiling above 0.
    pub share: Option<f64>,
    /// The path that the supernet likes best; `None` without a truth.
    pub best: Option<Best>,
    /// The run folder.
    #[serde(serialize_with = "crate::run::as_text")]
    pub run: PathBuf,
    /// All paths, in the order of the file.
    pub rows: Vec<Row>,
}

/// What a ranking is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The paths.
    pub archs: &'a [Arch],
    /// Their plan.
    pub plan: &'a Plan,
    /// Everything that is done; all of it.
    pub done: &'a Done,
    /// The seeds of the truth.
    pub seeds: &'a [u64],
    /// The run folder of the search.
    pub search: PathBuf,
    /// The run folder.
    pub run: PathBuf,
}

impl Ranking {
    /// The figures of a ranking with everything done; the bootstrap draws by `seed`.
    ///
    /// # Panics
    /// When something is not done.
    #[must_use]
    pub fn new(parts: Parts, seed: u64) -> Ranking {
        let verdicts = parts.archs.iter().map(|arch| {
            let verdict = parts.done.verdict(&arch.name);
            verdict.expect("every path was judged")
        });
        let verdicts: Vec<Verdict> = verdicts.collect();
        let rows: Vec<Row> = parts
            .archs
            .iter()
            .zip(&verdicts)
            .map(|(arch, verdict)| row(&parts, arch, verdict))
            .collect();
        let figures = (!parts.seeds.is_empty()).then(|| Figures::of(&rows, &verdicts));
        let agreement = |values: &[f64], truth: &[f64]| Agreement {
            tau: tau(values, truth),
            standard_error: standard_error(values, truth, seed),
        };
        let judge = figures.as_ref().map(|of| agreement(&of.liked, &of.truth));
        let ceiling = ceiling(&columns(&rows, parts.seeds.len()));
        Ranking {
            search: parts.search,
            supernet: verdicts[0].supernet.clone(),
            epoch: verdicts[0].epoch,
            paths: rows.len(),
            seeds: parts.seeds.to_vec(),
            share: share(judge, ceiling),
            judge,
            flops: figures.as_ref().map(|of| agreement(&of.flops, &of.truth)),
            ceiling,
            best: figures.as_ref().map(|of| of.best(&rows)),
            run: parts.run,
            rows,
        }
    }

    /// The table as text, comma-separated: one line a path, one column a seed.
    #[must_use]
    pub fn csv(&self) -> String {
        let seeds: String = self
            .seeds
            .iter()
            .map(|seed| format!(",truth_{seed}"))
            .collect();
        let rows: String = self.rows.iter().map(csv_row).collect();
        format!("path,choices,flops,judge_loss,judge_top1{seeds}\n{rows}")
    }
}

fn row(parts: &Parts, arch: &Arch, verdict: &Verdict) -> Row {
    let truth = |&seed: &u64| {
        let truth = parts.done.truth(&arch.name, seed);
        truth.expect("every path was trained with every seed")
    };
    Row {
        arch: arch.name.clone(),
        choices: arch.choices(&parts.plan.ir),
        flops: parts.plan.cost(&arch.path).flops,
        judge_loss: verdict.loss.is_finite().then_some(verdict.loss),
        judge_top1: verdict.top1,
        truth: parts.seeds.iter().map(truth).collect(),
    }
}

fn csv_row(row: &Row) -> String {
    let choices = row.choices.as_deref().map(choices_text).unwrap_or_default();
    let loss = row
        .judge_loss
        .map_or("nan".to_owned(), |loss| loss.to_string());
    let truth: String = row.truth.iter().map(|top1| format!(",{top1}")).collect();
    format!(
        "{},\"{choices}\",{},{loss},{}{truth}\n",
        row.arch, row.flops, row.judge_top1
    )
}

/// The truth seed by seed: one column a seed.
fn columns(rows: &[Row], seeds: usize) -> Vec<Vec<f64>> {
    (0..seeds)
        .map(|at| rows.iter().map(|row| row.truth[at]).collect())
        .collect()
}

fn share(judge: Option<Agreement>, ceiling: Option<f64>) -> Option<f64> {
    let ceiling = ceiling.filter(|ceiling| *ceiling > 0.0)?;
    Some(judge?.tau? / ceiling)
}

/// Every path as numbers to order by, the highest first.
struct Figures {
    /// The judge's loss, negated.
    liked: Vec<f64>,
    flops: Vec<f64>,
    /// The mean over seeds.
    truth: Vec<f64>,
}

impl Figures {
    fn of(rows: &[Row], verdicts: &[Verdict]) -> Figures {
        Figures {
            liked: verdicts.iter().map(|verdict| -verdict.loss).collect(),
            flops: rows.iter().map(|row| row.flops as f64).collect(),
            truth: rows.iter().map(|row| mean(&row.truth)).collect(),
        }
    }

    fn best(&self, rows: &[Row]) -> Best {
        let liked = highest(&self.liked);
        let best = highest(&self.truth);
        Best {
            arch: rows[liked].arch.clone(),
            truth: self.truth[liked],
            place: place(&self.truth, liked),
            truth_best: rows[best].arch.clone(),
            truth_best_top1: self.truth[best],
            truth_mean: mean(&self.truth),
        }
    }
}

/// The first of the highest values; there is one.
fn highest(values: &[f64]) -> usize {
    (0..values.len()).fold(
        0,
        |best, at| {
            if values[at] > values[best] { at } else { best }
        },
    )
}
