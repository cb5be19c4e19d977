//! Paths, boards and results in words.

use creamc_lang::arch::{Arch, choices_text};
use creamc_lang::board::Board;
use creamc_lang::ir::{Ir, Path};

use super::step::Lessons;
use super::teacher::Probe;
use super::visits::Visits;
use crate::supernet::Sharing;

/// A path on one line: the original's index form where the space has one, else
/// the candidates of every row.
#[must_use]
pub fn path_text(path: &Path, ir: &Ir) -> String {
    match choices(path, ir) {
        Some(lists) => choices_text(&lists),
        None => path.to_string(),
    }
}

/// A path's index form; `None` where the space has none.
#[must_use]
pub fn choices(path: &Path, ir: &Ir) -> Option<Vec<Vec<u32>>> {
    let arch = Arch {
        name: String::new(),
        resolution: None,
        path: path.clone(),
    };
    arch.choices(ir)
}

/// The board as a table, best first.
#[must_use]
pub fn board_text(board: &Board<Probe>, ir: &Ir) -> String {
    let mut text = String::from(" rank   score        flops  path\n");
    for (at, entry) in board.entries().iter().enumerate() {
        text += &format!(
            "{:>5} {:>7.2} {:>12}  {}\n",
            at + 1,
            entry.score.get(),
            entry.flops,
            path_text(&entry.path, ir)
        );
    }
    text
}

/// What the beginning of a run says about the weights that will be trained.
#[must_use]
pub fn sharing_text(sharing: Sharing) -> &'static str {
    match sharing {
        Sharing::Independent => {
            "each candidate of a block has weights of its own (`SUPERNET.SHARING: independent`)"
        }
        Sharing::Elastic => {
            "candidates of one structure are slices of one set of weights (`SUPERNET.SHARING: elastic`)"
        }
    }
}

/// What the end of a run says about the meta layer: whether it has learned to choose.
#[must_use]
pub fn meta_text(moved: f64) -> String {
    let percent = 100.0 * moved;
    if moved < STOOD_STILL {
        format!(
            "the meta layer moved by {percent:.2} % of its length: it chose teachers much as it would have \
             untrained. A larger `META_LR` or a smaller `SUPERNET.UPDATE_ITER` moves it more; \
             `SUPERNET.PICK_METHOD: top1` does without"
        )
    } else {
        format!("the meta layer moved by {percent:.1} % of its length")
    }
}

/// A meta layer that moved by less than this share of its length has not learned to choose.
const STOOD_STILL: f64 = 0.01;

/// How often every candidate was trained, at the least and at the most.
#[must_use]
pub fn visits_text(visits: &Visits) -> Option<String> {
    let (least, most) = visits.extremes()?;
    Some(format!(
        "every candidate was trained {least} to {most} times (visits.json has all)"
    ))
}

/// How often the paths that taught did so, the most frequent first.
#[must_use]
pub fn lessons_text(lessons: &Lessons, ir: &Ir) -> String {
    let mut counts: Vec<(&Path, u64)> =
        lessons.iter().map(|(path, &count)| (path, count)).collect();
    counts.sort_by_key(|&(path, count)| (std::cmp::Reverse(count), path));
    let most: Vec<String> = counts
        .iter()
        .take(10)
        .map(|(path, count)| format!("{} {count} times", path_text(path, ir)))
        .collect();
    match most.as_slice() {
        [] => "no path taught".to_owned(),
        most => format!("{} paths taught: {}", counts.len(), most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::meta_text;

    #[test]
    fn below_one_percent_the_text_says_what_moves_the_layer_more() {
        let advice = "A larger `META_LR` or a smaller `SUPERNET.UPDATE_ITER`";
        let little = meta_text(0.0099);
        assert!(
            little.contains("0.99 %") && little.contains(advice),
            "{little}"
        );
        assert_eq!(
            meta_text(0.01),
            "the meta layer moved by 1.0 % of its length"
        );
    }
}
