//! `cargo xtask setup`: makes `.libtorch`, a link in the repository's root to
//! a folder that holds `include/` and `lib/` of libtorch 2.11.0.
//!
//! Looked for in this order:
//! 1. the folder that the user names by `LIBTORCH`;
//! 2. the torch 2.11 that `python3` would import;
//! 3. a folder of ours in the user's cache, fetched with pip when missing: the
//!    five libraries that a CPU needs or, where an NVIDIA driver is loaded, the
//!    whole package with the CUDA libraries that it asks for.

pub mod fetch;
pub mod pin;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use pin::VERSION;

/// Prints the folder of the importable torch if its version is the one given,
/// without importing it (that would take seconds).
const FIND_TORCH: &str = r"
import importlib.util, importlib.metadata, sys
spec = importlib.util.find_spec('torch')
if spec and importlib.metadata.version('torch').split('+')[0] == sys.argv[1]:
    print(spec.submodule_search_locations[0])
";

/// Makes `.libtorch` under `root`, or leaves it when it is good already.
///
/// # Errors
/// When libtorch is neither here nor to be had: no python, no network, a file
/// that is not the expected one, an unknown platform.
pub fn setup(root: &Path) -> Result<()> {
    let link = root.join(".libtorch");
    if let Some(own) = users_own(&link) {
        check(&own).context("LIBTORCH is set, but not to a libtorch")?;
        return point(&link, &own);
    }
    if check(&link).is_ok() {
        return Ok(());
    }
    let folder = match of_python() {
        Some(folder) => folder,
        None => fetch::cached()?,
    };
    point(&link, &folder)
}

/// The folder that `.libtorch` points to.
///
/// # Errors
/// When it holds no libtorch.
pub fn linked(root: &Path) -> Result<PathBuf> {
    let link = root.join(".libtorch");
    check(&link)?;
    Ok(fs::canonicalize(link)?)
}

/// The user's `LIBTORCH`, if it is not just what `.cargo/config.toml` sets.
fn users_own(link: &Path) -> Option<PathBuf> {
    let value = std::env::var_os("LIBTORCH").filter(|value| !value.is_empty())?;
    let value = std::path::absolute(value).ok()?;
    (value != *link).then_some(value)
}

/// The package folder of an importable torch of our version.
fn of_python() -> Option<PathBuf> {
    let output = Command::new("python3")
        .args(["-c", FIND_TORCH, VERSION])
        .output()
        .ok()?;
    let folder = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end());
    (folder.is_absolute() && check(&folder).is_ok()).then_some(folder)
}

/// Whether `folder` has what building and running need.
fn check(folder: &Path) -> Result<()> {
    for part in [
        "include/torch/csrc/api/include/torch/torch.h",
        "lib/libtorch.so",
        "lib/libtorch_cpu.so",
        "lib/libc10.so",
    ] {
        if !folder.join(part).exists() {
            bail!("{} has no {part}", folder.display());
        }
    }
    Ok(())
}

/// Points the link at `folder`.
///
/// # Errors
/// When something else has its name.
pub fn point(link: &Path, folder: &Path) -> Result<()> {
    if fs::read_link(link).is_ok_and(|old| old == folder) {
        return Ok(());
    }
    match fs::symlink_metadata(link) {
        Ok(old) if old.is_symlink() => fs::remove_file(link)
            .with_context(|| format!("removing the old link {}", link.display()))?,
        Ok(_) => bail!(
            "{} is no link of ours; remove it and run `cargo xtask setup` again",
            link.display()
        ),
        Err(_) => {}
    }
    std::os::unix::fs::symlink(folder, link)
        .with_context(|| format!("linking {} to {}", link.display(), folder.display()))?;
    let name = link.file_name().and_then(OsStr::to_str).unwrap_or_default();
    println!("{name} -> {}", folder.display());
    Ok(())
}
