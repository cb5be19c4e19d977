//! Paths as a `.cream` file of the run folder.

use creamc_lang::arch::{Arch, write_files};
use creamc_lang::board::Board;
use creamc_lang::ir::Path;
use creamc_lang::plan::Plan;

use super::teacher::Probe;

/// A file with an arch for each name and path, in order, that uses the run's copy of the
/// space; `comments` (a line each, without `#`) stand before the first.
///
/// # Panics
/// When a path is not one of the plan's space.
#[must_use]
pub fn archs_text(
    archs: &[(String, Path)],
    plan: &Plan,
    space: &std::path::Path,
    comments: &[String],
) -> String {
    let archs: Vec<Arch> = archs
        .iter()
        .map(|(name, path)| Arch::of_plan(name, path.clone(), plan))
        .collect();
    write_files(&archs, &plan.ir, &space.to_string_lossy(), comments)
}

/// Names and paths of a board, best first: `board_01`, `board_02` and so on. A path that is
/// there twice, as the released code's rules allow, is named once.
#[must_use]
pub fn board_archs(board: &Board<Probe>) -> Vec<(String, Path)> {
    let mut paths: Vec<&Path> = Vec::new();
    for entry in board.entries() {
        if !paths.contains(&&entry.path) {
            paths.push(&entry.path);
        }
    }
    let named = |(at, path): (usize, &&Path)| (format!("board_{:02}", at + 1), (*path).clone());
    paths.iter().enumerate().map(named).collect()
}
