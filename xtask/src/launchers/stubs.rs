//! Libraries in the place of CUDA's, which define what torch's python library asks for and do nothing.
//!
//! The loader wants every name defined, and while torch is imported a few of the functions are called for a reference that
//! is kept. So each function gives the address of a page of zeros. It is good for torchrun, which computes nothing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::write;

/// What the python library is linked to and is not there; the first defines all names.
const ABSENT: [&str; 3] = ["libtorch_cuda.so", "libcudnn.so.9", "libcufile.so.0"];
/// Libraries whose open names must be defined.
const ASKING: [&str; 2] = ["libtorch_python.so", "libc10_cuda.so"];
/// Versions of the system's own libraries.
const SYSTEM: [&str; 5] = ["GLIBC", "CXXABI", "GCC_", "GOMP_", "OMP_"];

/// How names begin that python defines, and those of C++'s own library, which have a version in some libraries only.
const ELSEWHERE: [&str; 7] = ["Py", "_Py", "_ZNSt", "_ZNKSt", "_ZSt", "_Zd", "_Zn"];

/// Makes the libraries in `lib`.
///
/// # Errors
/// When `nm` or `cc` is not here.
pub fn make(lib: &Path) -> Result<()> {
    let mut open = BTreeSet::new();
    for name in ASKING {
        open.extend(names(&lib.join(name), "--undefined-only")?);
    }
    for entry in fs::read_dir(lib).with_context(|| format!("reading {}", lib.display()))? {
        for name in names(&entry?.path(), "--defined-only")? {
            open.remove(&name);
        }
    }
    for (index, absent) in ABSENT.into_iter().enumerate() {
        let empty = BTreeSet::new();
        build(lib, absent, if index == 0 { &open } else { &empty })?;
    }
    Ok(())
}

/// Names of a library's table without their versions; those that the system or python defines are left out.
fn names(library: &Path, which: &str) -> Result<Vec<String>> {
    let output = Command::new("nm")
        .args(["--dynamic", which])
        .arg(library)
        .output()
        .context("starting nm, which lists what a library asks for")?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(name).collect())
}

/// The name in a line of `nm`; weak ones may stay open.
fn name(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().rev();
    let (name, kind) = (words.next()?, words.next()?);
    let (name, version) = name.split_once('@').unwrap_or((name, ""));
    let version = version.trim_start_matches('@');
    let of_system = SYSTEM.iter().any(|start| version.starts_with(start));
    let elsewhere = ELSEWHERE.iter().any(|start| name.starts_with(start));
    (kind != "w" && !of_system && !elsewhere).then(|| name.to_owned())
}

fn build(lib: &Path, library: &str, open: &BTreeSet<String>) -> Result<()> {
    ensure!(
        !lib.join(library).exists(),
        "{library} is there: this libtorch needs no empty one"
    );
    let source: PathBuf = lib.join("stub.c");
    write(&source, &text(open))?;
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-w", "-o"])
        .args([&lib.join(library), &source])
        .args([&format!("-Wl,-soname,{library}"), "-lstdc++"])
        .status()
        .context("starting cc")?;
    ensure!(status.success(), "cc cannot build an empty {library}");
    fs::remove_file(&source)?;
    Ok(())
}

/// C that defines every name: functions, and what C++ keeps about classes, by the rules that its ABI has for a class
/// without a base.
fn text(open: &BTreeSet<String>) -> String {
    let mut text = String::from(
        "static char zeros[65536];
void *stub(void) { return zeros; }
extern char of_classes[] __asm__(\"_ZTVN10__cxxabiv117__class_type_infoE\");
struct type { void *table; const char *name; };
",
    );
    for name in open {
        // Writing to a string cannot fail.
        let _ = match (name.strip_prefix("_ZTI"), name.strip_prefix("_ZTV")) {
            (Some(class), _) => writeln!(
                text,
                "struct type {name} = {{of_classes + 16, \"{class}\"}};"
            ),
            (_, Some(_)) => writeln!(text, "void *{name}[64];"),
            _ => writeln!(text, "void *{name}(void) __attribute__((alias(\"stub\")));"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_without_its_version_and_the_systems_are_left_out() {
        let read = |line| name(line);
        assert_eq!(
            read("                 U cudnnGetVersion@libcudnn.so.9"),
            Some("cudnnGetVersion".into())
        );
        assert_eq!(
            read("0000000000001000 T _ZN2at5sleepEl"),
            Some("_ZN2at5sleepEl".into())
        );
        for left_out in [
            "                 U memcpy@GLIBC_2.14",
            "                 U PyList_New",
            "                 U _ZNSt13runtime_errorC1EPKc",
            "                 w __gmon_start__",
            "",
        ] {
            assert_eq!(read(left_out), None, "{left_out}");
        }
    }

    #[test]
    fn functions_and_classes_are_defined_as_c() {
        let names = ["_ZN2at5sleepEl", "_ZTIN4c10d4NCCLE", "_ZTVN4c10d4NCCLE"];
        let text = text(&names.into_iter().map(str::to_owned).collect());
        assert!(text.contains("void *_ZN2at5sleepEl(void) __attribute__((alias(\"stub\")));"));
        assert!(
            text.contains("struct type _ZTIN4c10d4NCCLE = {of_classes + 16, \"N4c10d4NCCLE\"};")
        );
        assert!(text.contains("void *_ZTVN4c10d4NCCLE[64];"));
    }
}
