//! torchrun from the wheel that libtorch is taken from.
//!
//! torchrun is a part of torch, and torch asks for three gigabytes of CUDA libraries to be imported, none of which torchrun
//! calls. So only its python files and the libraries that python needs are unpacked; libtorch's own are those of
//! `.libtorch`, and in the place of CUDA's stand empty ones ([`super::stubs`]).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{Pin, link_all, stubs, unpack_part, write};
use crate::libtorch::fetch::wheel_file;

/// The one python package that torch cannot be imported without.
pub const TYPING: Pin = (
    "typing_extensions==4.16.0",
    "481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8",
);
/// The python that the pinned wheel is for.
const PYTHON: &str = "python3.11";
/// Libraries of the wheel that libtorch has not.
const LIBRARIES: [&str; 5] = [
    "torch/lib/libtorch_python.so",
    "torch/lib/libtorch.so",
    "torch/lib/libtorch_global_deps.so",
    "torch/lib/libshm.so",
    "torch/lib/libc10_cuda.so",
];
const SCRIPT: &str = "#!/bin/sh
# torchrun, without an installation of torch.
folder=$(dirname \"$(dirname \"$(readlink -f \"$0\")\")\")
PYTHONPATH=\"$folder/site\" exec python3.11 -W ignore -m torch.distributed.run \"$@\"
";

/// Asks for the python that the wheel is for.
///
/// # Errors
/// When there is none.
pub fn python() -> Result<()> {
    let found = Command::new(PYTHON).arg("--version").output();
    ensure!(
        found.is_ok_and(|output| output.status.success()),
        "torchrun's wheel is for {PYTHON}, which is not here"
    );
    Ok(())
}

/// Makes `bin/torchrun` and what it needs.
///
/// # Errors
/// When the wheel is not what it is taken for, or the result does not start.
pub fn make(wheels: &Path, torch: &str, libtorch: &Path, folder: &Path) -> Result<()> {
    let site = folder.join("site");
    match libtorch.join("distributed/run.py").exists() {
        // A whole torch, as it is fetched beside a GPU.
        true => std::os::unix::fs::symlink(libtorch.join(".."), &site)?,
        false => unpack_torch(wheels, torch, libtorch, &site)?,
    }
    let script = folder.join("bin/torchrun");
    write(&script, SCRIPT)?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    starts(&script)
}

fn unpack_torch(wheels: &Path, torch: &str, libtorch: &Path, site: &Path) -> Result<()> {
    unpack_part(&wheel_file(wheels, torch)?, site, |name| {
        is_needed(name).then_some(name)
    })?;
    unpack_part(&wheel_file(wheels, TYPING.0)?, site, |name| {
        name.ends_with(".py").then_some(name)
    })?;
    let lib = site.join("torch/lib");
    link_all(&libtorch.join("lib"), &lib)?;
    stubs::make(&lib)
}

fn is_needed(name: &str) -> bool {
    // torchgen's and functorch's too.
    let in_python = name.ends_with(".py");
    let module = name.starts_with("torch/_C.") || name == "torch/bin/torch_shm_manager";
    in_python || module || LIBRARIES.contains(&name)
}

fn starts(script: &Path) -> Result<()> {
    let output = Command::new(script)
        .arg("--help")
        .output()
        .with_context(|| format!("starting {}", script.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "torchrun does not start: {}",
        said.lines().last().unwrap_or_default()
    );
    Ok(())
}
