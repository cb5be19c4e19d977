//! A disk with no room left: what was saved stays, and the run goes on once there is room.
//!
//! The largest file that the shell allows stands for the disk: a write beyond it fails part of
//! the way, as on a full one.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use creamc::checkpoint;

use super::tool::{
    assert_equal_runs, finish, newest_step, refused, resume, resume_retraining, retrain, search,
    store, text,
};

/// A POSIX shell counts in blocks of so many bytes.
const BLOCK: u64 = 512;

/// The same command where no file can be larger than `bytes`.
fn limited(command: &Command, bytes: u64) -> Command {
    let script = format!("ulimit -f {} && exec \"$0\" \"$@\"", bytes / BLOCK);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().expect("runs begin in a folder"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, value) in command.get_envs() {
        shell.env(name, value.expect("nothing is taken from the environment"));
    }
    shell
}

/// Bytes that the first checkpoints of a whole run need and a later one does not fit into, and the
/// step of that one; it comes after the first pick. Checkpoints grow until every block was trained.
fn room_for_some(run: &Path) -> (u64, u64) {
    let size = |step: u64| fs::metadata(store(run).path(step)).unwrap().len();
    let mut largest = 0;
    for step in store(run).steps().unwrap() {
        if step > 14 && size(step) >= largest + 2 * BLOCK {
            return (largest + BLOCK, step);
        }
        largest = largest.max(size(step));
    }
    panic!("no checkpoint after the first pick is larger than all before");
}

/// Every file below a folder whose name says that it was not finished.
fn unfinished(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true => names.extend(unfinished(&path)),
            false if name.ends_with(".tmp") || name.ends_with(".partial") => names.push(name),
            false => {}
        }
    }
    names
}

#[track_caller]
fn assert_whole(run: &Path) {
    assert_eq!(unfinished(run), Vec::<String>::new());
    for step in store(run).steps().unwrap() {
        checkpoint::load(&store(run).path(step)).unwrap();
    }
    for name in ["metrics.jsonl", "log.txt"] {
        let text = text(&run.join(name));
        assert!(text.is_empty() || text.ends_with('\n'), "{name}: {text}");
    }
    for line in text(&run.join("metrics.jsonl")).lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn a_checkpoint_without_room_ends_the_run_and_with_room_it_ends_as_an_unbroken_one() {
    let folder = tempfile::tempdir().unwrap();
    let (run, whole) = (folder.path().join("run"), folder.path().join("whole"));
    // A board, and with it a pick, from the first epoch on; every checkpoint stays.
    let more = ["SUPERNET.META_STA_EPOCH=0", "KEEP_CHECKPOINTS=99"];
    finish(&mut search(&whole, &more));
    let (room, first) = room_for_some(&whole);
    let said = refused(&mut limited(&search(&run, &more), room));
    let step = newest_step(&run);
    assert_eq!(step, first - 2);
    let next = store(&run).path(first);
    assert!(said.contains(&*next.to_string_lossy()), "{said}");
    assert!(said.contains("File too large"), "{said}");
    let cure = format!("creamc search --resume {}", run.display());
    assert!(said.contains(&cure), "{said}");
    assert_whole(&run);
    assert!(text(&run.join("log.txt")).contains("ended: "));
    assert!(text(&run.join("best.cream")).contains("arch best of tiny"));
    checkpoint::load(&store(&run).best()).unwrap();

    // Still no room: the same end, nothing lost.
    let again = refused(&mut limited(&resume(&run), room));
    assert!(again.contains(&*next.to_string_lossy()), "{again}");
    assert_eq!(newest_step(&run), step);
    assert_whole(&run);

    finish(&mut resume(&run));
    assert_equal_runs(&whole, &run);
}

#[test]
fn a_retraining_without_room_goes_on_with_room_as_if_there_had_been_some() {
    let folder = tempfile::tempdir().unwrap();
    let (run, whole) = (folder.path().join("run"), folder.path().join("whole"));
    finish(&mut retrain(&whole, &[]));
    let said = refused(&mut limited(&retrain(&run, &[]), 64 * 1024));
    assert!(said.contains("step-00000002.safetensors"), "{said}");
    assert!(said.contains("creamc retrain --resume"), "{said}");
    assert_whole(&run);
    finish(&mut resume_retraining(&run));
    assert_equal_runs(&whole, &run);
}

#[test]
fn metrics_without_room_keep_no_torn_line_and_the_run_starts_again_with_room() {
    let folder = tempfile::tempdir().unwrap();
    let (run, whole) = (folder.path().join("run"), folder.path().join("whole"));
    // So many probes that their line is the largest file of all before the first checkpoint.
    let more = ["RECOVERY_INTERVAL=0", "SUPERNET.PROBE_PATHS=80"];
    let said = refused(&mut limited(&search(&run, &more), 3 * 1024));
    assert!(said.contains("metrics.jsonl: cannot be written"), "{said}");
    assert!(said.contains("--resume"), "{said}");
    assert_eq!(text(&run.join("metrics.jsonl")), "");
    assert_whole(&run);
    finish(&mut resume(&run));
    finish(&mut search(&whole, &more));
    assert_equal_runs(&whole, &run);
}

#[test]
fn a_run_folder_without_room_for_its_beginning_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let said = refused(&mut limited(&search(&run, &[]), BLOCK));
    assert!(said.contains("cannot be written: File too large"), "{said}");
    assert_eq!(unfinished(&run), Vec::<String>::new());
    let said = refused(&mut resume(&run));
    assert!(said.contains("remove the folder and start again"), "{said}");
}
