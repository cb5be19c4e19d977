//! `cargo xtask test`: everything that a change must pass, in the order that
//! finds mistakes soonest.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{launchers, libtorch, step};

/// Sets up libtorch, and the launchers where they are to be had, and runs every check; the last lines say what was skipped.
///
/// # Errors
/// At the first check that fails.
pub fn run(root: &Path) -> Result<()> {
    libtorch::setup(root)?;
    launchers::setup_if_possible(root);
    let skipped = root.join("target/skipped.txt");
    // Of an earlier run.
    let _ = fs::remove_file(&skipped);
    for (title, command) in steps(root, &skipped) {
        step::run(title, command)?;
    }
    show(&skipped)
}

/// Shows what tests found nothing out for lack of something on this machine. They have passed: not every machine can have it.
fn show(skipped: &Path) -> Result<()> {
    if !skipped.is_file() {
        return Ok(());
    }
    let text = fs::read_to_string(skipped)?;
    let whys: BTreeSet<&str> = text.lines().collect();
    println!("== skipped");
    for why in whys {
        println!("   {why}");
    }
    Ok(())
}

fn steps(root: &Path, skipped: &Path) -> Vec<(&'static str, Command)> {
    let cargo = |line: &str| step::cargo(root, &line.split(' ').collect::<Vec<_>>());
    let mut tests = cargo("test --workspace --exclude creamc-lang");
    // Spinning OpenMP threads starve their neighbours: tests run side by side.
    tests.env("OMP_WAIT_POLICY", "passive");
    tests.env("CREAMC_SKIPPED", skipped);
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
