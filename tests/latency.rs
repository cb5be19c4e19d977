//! `creamc latency --measure`, run as a user runs it, and the stopwatch it measures with.

#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test of a tool reads and writes files"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use creamc::lang::latency::Times;

fn creamc(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_creamc"))
        .current_dir(folder)
        .args(args)
        .output()
        .expect("the tool starts");
    let text = [output.stdout, output.stderr].concat();
    let code = output.status.code().expect("no signal ends it");
    (code, String::from_utf8_lossy(&text).into_owned())
}

fn table(file: &Path) -> (String, Times) {
    let text = fs::read_to_string(file).expect("the table is written");
    let times = Times::read(&text).expect("it is a table");
    (text, times)
}

#[test]
fn measuring_fills_what_is_missing_and_again_measures_all() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let space = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces/timed.cream");
    fs::copy(space, folder.path().join("timed.cream")).expect("it can be copied");
    let file = folder.path().join("tables/tiny_cpu.yaml");
    let measure = |more: &[&str]| {
        let args = ["latency", "--measure", "timed.cream", "--repeats", "3"];
        creamc(folder.path(), &[&args, more].concat())
    };

    // Neither the file nor its folder is there.
    let (code, said) = measure(&["--threads", "1", "--device", "cpu"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("22 rows measured, 22 in all"), "{said}");
    let (text, times) = table(&file);
    assert!(text.starts_with("# creamc "), "{text}");
    assert!(
        text.contains("on cpu, 1 thread: one image, median of 3 runs"),
        "{text}"
    );
    assert_eq!(times.len(), 22);
    let (code, said) = creamc(
        folder.path(),
        &["check", "timed.cream", "--require", "cpu <= 1s"],
    );
    assert_eq!(code, 0, "{said}");

    // Rows that are there stay, those of other spaces and comments too.
    let row = text
        .lines()
        .find(|line| line.starts_with("linear"))
        .expect("there is one");
    let name = row.split_once(": ").expect("it has a time").0;
    let kept = text.replace(row, &format!("{name}: 123.4567us\nof another space: 1us"));
    let avgpool = kept
        .lines()
        .find(|line| line.starts_with("avgpool"))
        .expect("there is one");
    let kept = format!("# my laptop\n{}", kept.replace(&format!("{avgpool}\n"), ""));
    fs::write(&file, kept).expect("it can be written");
    let (code, said) = measure(&["--threads", "1", "--device", "cpu"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("1 row measured, 23 in all"), "{said}");
    let (text, times) = table(&file);
    assert!(text.starts_with("# my laptop\n# creamc "), "{text}");
    assert_eq!(times.get(name), Some(123_457));
    assert_eq!(times.get("of another space"), Some(1_000));

    let (code, said) = measure(&["--again", "--out", "other.yaml"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("other.yaml: 22 rows measured, 22 in all"),
        "{said}"
    );
    let (code, said) = measure(&["--again"]);
    assert_eq!(code, 0, "{said}");
    let (_, again) = table(&file);
    assert_eq!(again.len(), 23);
    // Steps of a tenth of a microsecond.
    assert!(
        again
            .get(name)
            .is_some_and(|time| time > 0 && time % 100 == 0)
    );
}

#[test]
fn a_device_that_is_not_there_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let space = Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces/timed.cream");
    fs::copy(space, folder.path().join("timed.cream")).expect("it can be copied");
    let args = ["latency", "--measure", "timed.cream", "--device", "cuda:97"];
    let (code, said) = creamc(folder.path(), &args);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("cuda:97"), "{said}");
    assert!(!folder.path().join("tables").exists());
}
