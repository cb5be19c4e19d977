//! Paths, boards and results in words.

use creamc_lang::arch::{Arch, choices_text};
use creamc_lang::board::Board;
use creamc_lang::ir::{Ir, Path};

use super::step::Lessons;
use super::teacher::Probe;

/// A path on one line: the original's index form where the space has one, else
/// the candidates of every row.
#[must_use]
pub fn path_text(path: &Path, ir: &Ir) -> String {
    let arch = Arch {
        name: String::new(),
        resolution: None,
        path: path.clone(),
    };
    match arch.choices(ir) {
        Some(lists) => choices_text(&lists),
        None => format!("{:?}", path.0),
    }
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
