//! A world that is not as it should be: never a panic, always code 2 and a reason.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::tool::{command, creamc, creamc_in, fixtures, folder_with};

/// Every command that reads a file, up to the file.
const READERS: [&[&str]; 6] = [
    &["check"],
    &["fmt"],
    &["stats"],
    &["cost"],
    &["sample"],
    &["dump", "--pass", "ast"],
];

fn each_reader_fails(file: &str, part: &str) {
    for reader in READERS {
        let args: Vec<&str> = reader.iter().copied().chain([file]).collect();
        creamc(&args).fails(2, part);
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    each_reader_fails(
        "absent.cream",
        "cannot read `absent.cream`: there is no such file",
    );
}

#[test]
fn a_folder_is_no_file() {
    each_reader_fails(".", "it is a folder, not a file with text");
}

#[test]
fn pipes_and_devices_are_refused_at_once_and_so_are_those_that_a_file_names() {
    each_reader_fails("/dev/zero", "it is a device, not a file with text");
    let folder = folder_with(&[]);
    let at = |name: &str| folder.path().join(name);
    let made = Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    let pipe = at("pipe");
    each_reader_fails(pipe.to_str().unwrap(), "it is a pipe, not a file with text");
    let table = "table t = latency(\"pipe\")\n    output";
    let tiny = fs::read_to_string(fixtures().join("tiny.cream")).unwrap();
    fs::write(at("table.cream"), tiny.replacen("output", table, 1)).unwrap();
    for (used, what) in [
        ("pipe", "it is a pipe"),
        ("/dev/zero", "it is a device"),
        (".", "it is a folder"),
        ("", "the name is empty"),
    ] {
        fs::write(at("user.cream"), format!("cream 1\nuse \"{used}\"\n")).unwrap();
        let run = creamc_in(folder.path(), &["check", "user.cream"]);
        let run = run.fails(1, "error[unreadable-use]");
        assert!(run.err.contains("user.cream:2:5"), "{}", run.err);
        assert!(run.err.contains(what), "{}", run.err);
    }
    let run = creamc_in(folder.path(), &["check", "table.cream"]);
    let run = run.fails(1, "error[unreadable-table]");
    assert!(run.err.contains("it is a pipe"), "{}", run.err);
}

#[test]
fn text_that_is_not_utf8_is_refused_with_the_place() {
    let folder = folder_with(&[]);
    let file = folder.path().join("latin.cream");
    fs::write(&file, b"cream 1\n# caf\xe9\n").unwrap();
    each_reader_fails(
        file.to_str().unwrap(),
        "it is not UTF-8 text (line 2, byte 13)",
    );
}

#[test]
fn an_empty_file_is_wrong_text() {
    let folder = folder_with(&[]);
    fs::write(folder.path().join("empty.cream"), "").unwrap();
    for reader in READERS {
        let args: Vec<&str> = reader.iter().copied().chain(["empty.cream"]).collect();
        let run = creamc_in(folder.path(), &args);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("error["), "{run:?}");
    }
}

#[test]
fn a_full_disk_under_the_output_is_code_2() {
    for args in [
        &["check", "tiny.cream"][..],
        &["sample", "tiny.cream", "-n", "1000"],
        &["explain"],
        &["--help"],
    ] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("Linux has /dev/full");
        let output = command(&fixtures(), args)
            .stdout(full)
            .output()
            .expect("the tool starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(!err.contains("panicked"), "{err}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_tool_in_silence() {
    let mut child = command(
        &fixtures(),
        &[
            "sample",
            "tiny.cream",
            "-n",
            "1000000000",
            "--format",
            "json",
        ],
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .expect("the tool starts");
    let mut lines = BufReader::new(child.stdout.take().expect("the output is piped"));
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert!(first.starts_with('{'), "{first}");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn messages_that_nobody_can_read_do_not_panic() {
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("Linux has /dev/full");
    let status = command(&fixtures(), &["check", "broken.cream"])
        .stderr(full)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_folder_of_a_run_whose_name_is_no_text_is_refused_at_once() {
    let folder = OsStr::from_bytes(b"caf\xe9");
    for (args, flag) in [
        (&["search", "tiny.cream"][..], "--data"),
        (&["retrain", "tiny.cream"], "--data"),
        (&["test", "tiny.cream"], "--data"),
        (&["rank", "tiny.cream", "--run", "run"], "--data"),
        (&["search", "--resume", "run"], "--data"),
        (&["retrain"], "--inherit"),
        (&["rank", "tiny.cream"], "--run"),
    ] {
        let output = command(&fixtures(), args).arg(flag).arg(folder).output();
        let output = output.expect("the tool starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(
            err.contains("its name is not UTF-8") && err.contains(flag),
            "{err}"
        );
    }
}

#[test]
fn a_missing_sibling_is_named_with_what_to_build() {
    let (_folder, front) = front_alone();
    let output = Command::new(front)
        .args(["search", "tiny.cream"])
        .output()
        .expect("the tool starts");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("creamc-torch"), "{err}");
    assert!(err.contains("cargo build"), "{err}");
}

#[test]
fn the_sibling_gets_all_arguments() {
    let args = ["search", "tiny.cream", "--seed", "3", "--set", "A=b c"];
    let output = with_sibling("/bin/echo", &args);
    let out = String::from_utf8_lossy(&output.stdout);
    assert_eq!(out, "search tiny.cream --seed 3 --set A=b c\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_exit_code_of_the_sibling_is_ours() {
    let output = with_sibling("/bin/false", &["retrain", "one.cream"]);
    assert_eq!(output.status.code(), Some(1));
}

/// Runs a front whose sibling is the given program.
fn with_sibling(program: &str, args: &[&str]) -> std::process::Output {
    let (folder, front) = front_alone();
    symlink(program, folder.path().join("creamc-torch")).expect("a link can be made");
    let output = Command::new(front).args(args).output();
    output.expect("the tool starts")
}

/// The front in a folder of its own. A hard link, so that it is never open for writing while
/// other tests start processes.
fn front_alone() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made");
    let front = folder.path().join("creamc");
    fs::hard_link(env!("CARGO_BIN_EXE_creamc"), &front).expect("a link can be made");
    (folder, front)
}
