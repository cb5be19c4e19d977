//! libtorch from the python package index, by package name, through pip.
//!
//! A folder of the cache is filled under a temporary name and renamed when it
//! is whole, so that an interrupted set-up leaves nothing that looks finished.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::pin::{Library, PLATFORMS, Platform, VERSION};

/// The folder of the cache that serves this machine, fetched when missing.
///
/// # Errors
/// See [`super::setup`].
pub fn cached() -> Result<PathBuf> {
    let platform = platform()?;
    let kind = if has_nvidia_driver() { "cuda" } else { "cpu" };
    let cache = cache_folder()?;
    let name = format!("libtorch-{VERSION}-{kind}-{}", platform.arch);
    let whole = cache.join(&name);
    if !whole.exists() {
        let partial = cache.join(format!("{name}.partial-{}", std::process::id()));
        fs::create_dir_all(&partial).with_context(|| format!("creating {}", partial.display()))?;
        let filled = match kind {
            "cuda" => fill_with_cuda(platform, &partial),
            _ => fill(platform, &partial),
        };
        let outcome = filled.and_then(|()| publish(&partial, &whole));
        // After a success there is nothing under the temporary name any more.
        let _ = fs::remove_dir_all(&partial);
        outcome?;
    }
    // With CUDA the folder is a python package folder: torch lies inside it,
    // beside the nvidia libraries, which it finds by their relative place.
    Ok(match kind {
        "cuda" => whole.join("torch"),
        _ => whole,
    })
}

/// The wheels for this machine.
///
/// # Errors
/// When there are none.
pub fn platform() -> Result<&'static Platform> {
    let arch = std::env::consts::ARCH;
    let known = PLATFORMS.iter().find(|platform| platform.arch == arch);
    match known {
        Some(platform) if cfg!(target_os = "linux") => Ok(platform),
        _ => bail!(
            "libtorch {VERSION} can be fetched for Linux on x86_64 and aarch64 only, this is {} \
             on {arch}; install it yourself and set LIBTORCH to the folder that holds its \
             include/ and lib/",
            std::env::consts::OS
        ),
    }
}

fn has_nvidia_driver() -> bool {
    Path::new("/proc/driver/nvidia/version").exists()
        || Command::new("nvidia-smi")
            .arg("-L")
            .output()
            .is_ok_and(|output| output.status.success())
}

/// Where what is fetched is kept.
///
/// # Errors
/// When the user has no folder for it.
pub fn cache_folder() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")))
        .map(|folder| folder.join("creamc"))
        .context("neither XDG_CACHE_HOME nor HOME is set: no place to keep libtorch")
}

/// Gives a folder its name. Another set-up may have been quicker: its folder is as good as ours.
///
/// # Errors
/// When it cannot be renamed.
pub fn publish(partial: &Path, whole: &Path) -> Result<()> {
    match fs::rename(partial, whole) {
        Err(error) if !whole.exists() => Err(error)
            .with_context(|| format!("renaming {} to {}", partial.display(), whole.display())),
        _ => Ok(()),
    }
}

/// The libraries that a CPU needs, the headers and a linker script.
fn fill(platform: &Platform, folder: &Path) -> Result<()> {
    println!("fetching libtorch {VERSION} for the CPU (about 550 MB) with pip");
    let wheels = folder.join("wheels");
    fs::create_dir_all(&wheels).with_context(|| format!("creating {}", wheels.display()))?;
    let pins = platform.wheels.each_ref();
    let pins = pins.map(|wheel| (wheel.requirement, wheel.sha256));
    fetch(platform, &pins, &wheels)?;

    println!("unpacking");
    let lib = folder.join("lib");
    fs::create_dir_all(&lib).with_context(|| format!("creating {}", lib.display()))?;
    for wheel in &platform.wheels {
        let mut archive = open(&wheel_file(&wheels, wheel.requirement)?)?;
        for library in wheel.libraries {
            unpack(&mut archive, library.path, &lib.join(file_name(library)))?;
            verify(&lib.join(file_name(library)), library)?;
        }
        if wheel.requirement.starts_with("torch=") {
            unpack_headers(&mut archive, folder)?;
        }
    }
    // The package's own libtorch.so asks for the CUDA libraries.
    write(&lib.join("libtorch.so"), "INPUT(libtorch_cpu.so)\n")?;
    write(&folder.join("build-version"), VERSION)?;
    fs::remove_dir_all(&wheels).with_context(|| format!("removing {}", wheels.display()))
}

/// Downloads wheels, given as requirement and SHA-256, into a folder.
///
/// # Errors
/// When pip is not here, or has no such files.
pub fn fetch(platform: &Platform, pins: &[(&str, &str)], wheels: &Path) -> Result<()> {
    let pinned = wheels.join("requirements.txt");
    let lines = pins
        .iter()
        .map(|(requirement, sum)| format!("{requirement} --hash=sha256:{sum}\n"));
    write(&pinned, &lines.collect::<String>())?;
    let mut pip = pip("download", platform);
    pip.args(["--no-deps", "--require-hashes", "--requirement"])
        .arg(&pinned)
        .arg("--dest")
        .arg(wheels);
    run_pip(pip)
}

/// torch with all that it requires, as python would see it. Not hash-pinned as a
/// whole (two dozen packages), but the libraries that we link are checked.
fn fill_with_cuda(platform: &Platform, folder: &Path) -> Result<()> {
    println!(
        "an NVIDIA driver is loaded: fetching torch {VERSION} with CUDA (about 3 GB) with pip"
    );
    let torch = &platform.wheels[0];
    let mut pip = pip("install", platform);
    pip.arg("--target").arg(folder).arg(torch.requirement);
    run_pip(pip)?;
    for library in torch.libraries {
        verify(&folder.join(library.path), library)?;
    }
    Ok(())
}

/// A pip command for the wheels of CPython 3.11 on this platform, whatever
/// python runs it.
fn pip(verb: &str, platform: &Platform) -> Command {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", verb, "--no-cache-dir", "--quiet"])
        .args(["--only-binary", ":all:", "--implementation", "cp"])
        .args(["--abi", "cp311", "--python-version", "3.11"]);
    // Newest first: every manylinux of the wheels that torch asks for.
    for tag in ["_2_28", "_2_27", "_2_25", "_2_24", "_2_18", "_2_17", "2014"] {
        pip.args(["--platform", &format!("manylinux{tag}_{}", platform.arch)]);
    }
    pip
}

fn run_pip(mut pip: Command) -> Result<()> {
    let has_pip = Command::new("python3")
        .args(["-m", "pip", "--version"])
        .output();
    match has_pip {
        Err(error) => bail!(
            "libtorch is fetched through python's pip, and `python3` cannot be started ({error}); \
             install python3 with pip (Debian: `apt-get install python3-pip`), or set LIBTORCH to \
             a libtorch {VERSION} of your own"
        ),
        Ok(output) if !output.status.success() => bail!(
            "libtorch is fetched through python's pip, and this python3 has none; install it \
             (Debian: `apt-get install python3-pip`), or set LIBTORCH to a libtorch {VERSION} of \
             your own"
        ),
        Ok(_) => {}
    }
    let status = pip.status().context("cannot start python3")?;
    ensure!(
        status.success(),
        "pip could not fetch libtorch {VERSION} ({status}; its own message is above): a package \
         index must be reachable, or a mirror be configured for pip (PIP_INDEX_URL, pip.conf); a \
         hash that does not match means that the index serves other files than the pinned ones"
    );
    Ok(())
}

/// The downloaded file of a wheel: the one whose name begins as its requirement.
///
/// # Errors
/// When it is not there.
pub fn wheel_file(folder: &Path, requirement: &str) -> Result<PathBuf> {
    let start = requirement
        .replace("==", "-")
        .replace("nvidia-cuda-", "nvidia_cuda_");
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&start) {
            return Ok(entry.path());
        }
    }
    bail!(
        "pip ended well, but left no {} in {}",
        requirement,
        folder.display()
    )
}

/// Opens a wheel.
///
/// # Errors
/// When it is none.
pub fn open(wheel: &Path) -> Result<ZipArchive<File>> {
    let file = File::open(wheel).with_context(|| format!("opening {}", wheel.display()))?;
    ZipArchive::new(file).with_context(|| format!("reading {}", wheel.display()))
}

fn unpack_headers(archive: &mut ZipArchive<File>, folder: &Path) -> Result<()> {
    let names: Vec<String> = archive
        .file_names()
        .map(|name| name.map(|name| name.into_owned()))
        .collect::<Result<_, _>>()
        .context("reading the wheel's list of files")?;
    let headers = names
        .iter()
        .filter(|name| name.starts_with("torch/include/") && !name.ends_with('/'));
    for name in headers {
        let inside = name
            .strip_prefix("torch/")
            .expect("filtered by this prefix");
        ensure!(
            !inside.contains(".."),
            "a wheel may not write outside its folder: {name}"
        );
        unpack(archive, name, &folder.join(inside))?;
    }
    Ok(())
}

/// Unpacks one file; folders on the way are made.
///
/// # Errors
/// When it is not in the archive, or cannot be written.
pub fn unpack(archive: &mut ZipArchive<File>, name: &str, target: &Path) -> Result<()> {
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
    }
    let mut source = archive
        .by_name(name)
        .with_context(|| format!("the wheel holds no {name}"))?;
    let mut file =
        File::create(target).with_context(|| format!("creating {}", target.display()))?;
    io::copy(&mut source, &mut file).with_context(|| format!("writing {}", target.display()))?;
    Ok(())
}

fn verify(file: &Path, library: &Library) -> Result<()> {
    let mut reader = File::open(file).with_context(|| format!("opening {}", file.display()))?;
    let mut hasher = Sha256::new();
    io::copy(&mut reader, &mut hasher).with_context(|| format!("reading {}", file.display()))?;
    let found: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    ensure!(
        found == library.sha256,
        "{} is not the expected file: SHA-256 {found}, expected {}",
        file.display(),
        library.sha256
    );
    Ok(())
}

fn file_name(library: &Library) -> &'static str {
    library.path.rsplit('/').next().unwrap_or(library.path)
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_library_that_is_not_the_pinned_one_is_refused_by_both_sums() {
        let folder = temporary("verify");
        let file = folder.join("libc10.so");
        fs::write(&file, "abc").unwrap();
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let pinned = |sha256| Library {
            path: "torch/lib/libc10.so",
            sha256,
        };
        verify(&file, &pinned(abc)).unwrap();
        let message = verify(&file, &pinned("00")).unwrap_err().to_string();
        assert!(
            message.contains(abc) && message.contains("expected 00"),
            "{message}"
        );
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_slower_of_two_set_ups_takes_the_folder_of_the_quicker() {
        let folder = temporary("publish");
        let (whole, partial) = (folder.join("whole"), folder.join("partial"));
        fs::create_dir_all(&partial).unwrap();
        fs::create_dir_all(&whole).unwrap();
        fs::write(whole.join("first"), "").unwrap();
        publish(&partial, &whole).unwrap();
        assert!(whole.join("first").exists());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn every_pinned_sum_is_a_sha256_and_torch_comes_first() {
        for platform in &PLATFORMS {
            assert_eq!(platform.wheels[0].requirement, format!("torch=={VERSION}"));
            let sums = platform.wheels.iter().flat_map(|wheel| {
                let libraries = wheel.libraries.iter().map(|library| library.sha256);
                std::iter::once(wheel.sha256).chain(libraries)
            });
            for sum in sums {
                assert!(
                    sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()),
                    "{sum}"
                );
            }
        }
    }
}
