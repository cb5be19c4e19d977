//! `cargo xtask test`: everything that a change must pass, in the order that
//! finds mistakes soonest.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{launchers, libtorch, step};

/// Sets up libtorch, and the launchers where they are to be had, and runs every check.
///
/// # Errors
/// At the first check that fails.
pub fn run(root: &Path) -> Result<()> {
    libtorch::setup(root)?;
    launchers::setup_if_possible(root);
    for (title, command) in steps(root) {
        step::run(title, command)?;
    }
    Ok(())
}

fn steps(root: &Path) -> Vec<(&'static str, Command)> {
    let cargo = |line: &str| step::cargo(root, &line.split(' ').collect::<Vec<_>>());
    let mut tests = cargo("test --workspace --exclude creamc-lang");
    // Spinning OpenMP threads starve their neighbours: tests run side by side.
    tests.env("OMP_WAIT_POLICY", "passive");
    let mut docs = cargo("doc --workspace --no-deps");
    docs.env("RUSTDOCFLAGS", "-D warnings");
    vec![
        ("formatting", cargo("fmt --all -- --check")),
        (
            "lints without tensors",
            cargo("clippy --package creamc --no-default-features --all-targets -- -D warnings"),
        ),
        (
            "lints",
            cargo("clippy --workspace --all-targets -- -D warnings"),
        ),
        ("tests of the language", cargo("test --package creamc-lang")),
        ("all other tests", tests),
        ("documentation", docs),
    ]
}
