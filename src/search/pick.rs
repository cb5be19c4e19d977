//! Which path is the result.

use creamc_lang::board::Score;
use creamc_lang::ir::Path;

use super::judge::{Judge, Judged};
use super::step::Learner;
use super::training::Walker;
use crate::ranks::Ranks;
use crate::supernet::Supernet;
use crate::train::Error;

/// A path and what the judge said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The path.
    pub path: Path,
    /// Loss and top-1 on the judge part.
    pub judged: Judged,
}

/// Judges paths, each rank its share of them in one walk of what they have in common.
///
/// # Errors
/// As [`Judge::judge`], or when a rank is lost.
pub fn judge_all(learner: &Learner, judge: &Judge, paths: &[Path]) -> Result<Vec<Pick>, Error> {
    let judged = judge_shared(&learner.supernet, judge, paths, &learner.ranks)?;
    let pairs = paths.iter().cloned().zip(judged);
    let pick = |(path, judged)| Pick { path, judged };
    Ok(pairs.map(pick).collect())
}

/// What the judge says of each path; each rank asks it about its share of them.
///
/// # Errors
/// As [`Judge::judge`], or when a rank is lost.
pub fn judge_shared(
    supernet: &Supernet,
    judge: &Judge,
    paths: &[Path],
    ranks: &Ranks,
) -> Result<Vec<Judged>, Error> {
    let (rank, world) = (ranks.rank(), ranks.world());
    let own = paths.len() * rank / world..paths.len() * (rank + 1) / world;
    let mut numbers = vec![0.0; 2 * paths.len()];
    let judged = judge.judge(supernet, &paths[own.clone()])?;
    for (two, judged) in numbers[2 * own.start..].chunks_mut(2).zip(judged) {
        two.copy_from_slice(&[judged.loss, judged.top1]);
    }
    ranks.sum(&mut numbers)?;
    let judged = |two: &[f64]| Judged {
        loss: two[0],
        top1: two[1],
    };
    Ok(numbers.chunks(2).map(judged).collect())
}

/// The paths of the board, best first.
#[must_use]
pub fn board_paths(learner: &Learner) -> Vec<Path> {
    let entries = learner.board.entries().iter();
    entries.map(|entry| entry.path.clone()).collect()
}

/// Gives every entry of the board its judged top-1 as the new score; `judged` in the
/// order of the entries.
///
/// One batch's accuracy, which brought a path here, is luck to several points.
pub fn rescore(learner: &mut Learner, judged: &[Pick]) {
    let scores: Vec<Score> = judged
        .iter()
        .map(|one| Score::new(one.judged.top1).expect("a share of images is a number"))
        .collect();
    learner.board.rescore(&scores);
}

/// What a search without a board picks from: paths drawn anew, each judged.
///
/// # Errors
/// As [`Judge::judge`].
pub fn judge_sampled(
    learner: &Learner,
    judge: &Judge,
    walker: &mut Walker,
    count: usize,
) -> Result<Option<Pick>, Error> {
    let paths = walker.draws.distinct(&mut walker.random, count);
    Ok(lowest(&judge_all(learner, judge, &paths)?))
}

/// The lowest loss; of equal ones the first. A loss that is no number is never the lowest.
#[must_use]
pub fn lowest(judged: &[Pick]) -> Option<Pick> {
    let loss = |pick: &Pick| order(pick.judged.loss);
    let best = judged.iter().min_by(|a, b| loss(a).total_cmp(&loss(b)));
    best.cloned()
}

/// What losses are ordered by: one that is no number comes last.
pub fn order(loss: f64) -> f64 {
    if loss.is_nan() { f64::INFINITY } else { loss }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(losses: &[f64]) -> Option<u16> {
        let pick = |(at, &loss): (usize, &f64)| Pick {
            path: Path::new(vec![vec![at as u16]]),
            judged: Judged { loss, top1: 50.0 },
        };
        let judged: Vec<Pick> = losses.iter().enumerate().map(pick).collect();
        lowest(&judged).map(|pick| pick.path.rows[0][0])
    }

    #[test]
    fn the_lowest_loss_wins_and_the_first_of_equal_ones() {
        assert_eq!(picked(&[0.9, 0.4, 0.4, 0.7]), Some(1));
        assert_eq!(picked(&[f64::NAN, 3.0]), Some(1));
        assert_eq!(picked(&[]), None);
    }
}
