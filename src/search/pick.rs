//! Which path is the result.

use creamc_lang::board::Score;
use creamc_lang::ir::Path;

use super::judge::{Judge, Judged};
use super::step::Learner;
use super::training::Walker;

/// A path and what the judge said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The path.
    pub path: Path,
    /// Loss and top-1 on the judge part.
    pub judged: Judged,
}

/// Judges every entry of the board, gives it its judged top-1 as the new score,
/// and picks the one with the lowest loss; `None` when the board is empty.
///
/// One batch's accuracy, which brought a path here, is luck to several points.
pub fn rescore(learner: &mut Learner, judge: &Judge) -> Option<Pick> {
    if learner.board.is_empty() {
        return None;
    }
    let entries = learner.board.entries();
    let paths: Vec<Path> = entries.iter().map(|entry| entry.path.clone()).collect();
    let judged = judge.judge(&learner.supernet, &paths);
    let best = lowest(&paths, &judged);
    let scores: Vec<Score> = judged
        .iter()
        .map(|one| Score::new(one.top1).expect("a share of images is a number"))
        .collect();
    learner.board.rescore(&scores);
    best
}

/// Judges the board without touching its scores.
#[must_use]
pub fn judge_board(learner: &Learner, judge: &Judge) -> Option<Pick> {
    let entries = learner.board.entries();
    let paths: Vec<Path> = entries.iter().map(|entry| entry.path.clone()).collect();
    lowest(&paths, &judge.judge(&learner.supernet, &paths))
}

/// What a search without a board picks from: paths drawn anew, each judged.
#[must_use]
pub fn judge_sampled(
    learner: &Learner,
    judge: &Judge,
    walker: &mut Walker,
    count: usize,
) -> Option<Pick> {
    let mut paths: Vec<Path> = Vec::new();
    for _ in 0..count {
        let path = walker.sampler.draw(&mut walker.random);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    lowest(&paths, &judge.judge(&learner.supernet, &paths))
}

/// The lowest loss; of equal ones the first. A loss that is no number is never the lowest.
fn lowest(paths: &[Path], judged: &[Judged]) -> Option<Pick> {
    let pairs = paths.iter().zip(judged);
    let best = pairs.min_by(|(_, a), (_, b)| order(a.loss).total_cmp(&order(b.loss)))?;
    Some(Pick {
        path: best.0.clone(),
        judged: *best.1,
    })
}

fn order(loss: f64) -> f64 {
    if loss.is_nan() { f64::INFINITY } else { loss }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(losses: &[f64]) -> Option<u16> {
        let paths: Vec<Path> = (0..losses.len() as u16)
            .map(|at| Path(vec![vec![at]]))
            .collect();
        let judged: Vec<Judged> = losses
            .iter()
            .map(|&loss| Judged { loss, top1: 50.0 })
            .collect();
        lowest(&paths, &judged).map(|pick| pick.path.0[0][0])
    }

    #[test]
    fn the_lowest_loss_wins_and_the_first_of_equal_ones() {
        assert_eq!(picked(&[0.9, 0.4, 0.4, 0.7]), Some(1));
        assert_eq!(picked(&[f64::NAN, 3.0]), Some(1));
        assert_eq!(picked(&[]), None);
    }
}
