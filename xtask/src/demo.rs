//! `cargo xtask demo`: from a clean clone to a result that can be looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{libtorch, step};

/// Sets up, builds the release binaries and checks every space of `spaces/`.
///
/// # Errors
/// When a step fails.
pub fn run(root: &Path) -> Result<()> {
    libtorch::setup(root)?;
    step::run(
        "release build",
        step::cargo(root, &["build", "--release", "--package", "creamc"]),
    )?;
    let mut check = Command::new(root.join("target/release/creamc"));
    check.arg("check").args(spaces(root)?).current_dir(root);
    step::run("creamc check spaces/*.cream", check)
}

/// The `.cream` files of `spaces/`, by name.
fn spaces(root: &Path) -> Result<Vec<PathBuf>> {
    let folder = root.join("spaces");
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "cream")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
