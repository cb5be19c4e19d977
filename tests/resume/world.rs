//! Runs that go on with more processes than they had: an epoch has fewer steps then, so that steps of before are higher.

use std::fs;
use std::ops::Range;
use std::path::Path;

use creamc::checkpoint::{self, Store};
use creamc::nn::NamedTensor;
use serde_json::Value;

use super::ranks::{end, signal, two, until};
use super::tool::{
    Running, assert_equal_runs, copy, errors, finish, resume, resume_retraining, retrain, search,
    store, text,
};

/// 25 steps an epoch for one process, 12 for two.
const HALF: &str = "DATASET.BATCH_SIZE=8";
/// Every checkpoint of a run stays.
const KEEP_ALL: [&str; 2] = ["RECOVERY_INTERVAL=1", "KEEP_CHECKPOINTS=1000"];

/// Ctrl-C; waits for the end.
#[track_caller]
fn interrupt(running: Running) -> String {
    signal("-INT", running.0.id());
    let (code, said) = end(running);
    assert_eq!(code, Some(0), "{said}");
    said
}

/// The steps and epochs of what was measured.
fn measured(run: &Path) -> Vec<(u64, u64)> {
    let lines = text(&run.join("metrics.jsonl"));
    let lines = lines.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let number = |key: &str| line[key].as_u64().unwrap();
        (number("epoch"), number("step"))
    });
    lines.collect()
}

/// The file and the epoch that the run was gone on with last.
fn resumed(run: &Path) -> (String, u64) {
    let log = text(&run.join("log.txt"));
    let line = log.lines().rfind(|line| line.contains("resumed from"));
    let line = line.unwrap_or_else(|| panic!("{log}"));
    let file = line
        .split(['/', ':'])
        .find(|part| part.starts_with("step-"));
    let epoch = line.rsplit(' ').next().unwrap().parse().unwrap();
    (file.unwrap().to_owned(), epoch)
}

#[test]
fn more_processes_save_lower_steps_and_the_next_resume_goes_on_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let saved = |there: Range<u64>| {
        let steps = store(&run).steps().unwrap_or_default();
        steps.into_iter().any(|step| there.contains(&step))
    };
    // Into the third epoch, or beyond.
    let settings = [HALF, "EPOCHS=9", "SUPERNET.PICK=board"];
    let command = &mut search(&run, &settings);
    interrupt(until(|| saved(52..u64::MAX), command));
    let before = *store(&run).steps().unwrap().last().unwrap();
    let (whole, under_way) = (before / 25, before.div_ceil(25));
    // Into the next, which is made by two.
    let command = &mut two(resume(&run));
    // The three files of before lie beyond.
    let next = under_way * 12 + 2..before - 8;
    interrupt(until(|| saved(next.clone()), command));
    let steps = store(&run).steps().unwrap();
    assert!(steps.len() <= 3, "KEEP_CHECKPOINTS: {steps:?}");

    let output = finish(&mut two(resume(&run)));
    let (file, epoch) = resumed(&run);
    assert!(epoch > under_way, "from {file}: {}", errors(&output));
    let expected: Vec<(u64, u64)> = (1..=9)
        .map(|epoch| (epoch, epoch * if epoch <= whole { 25 } else { 12 }))
        .collect();
    assert_eq!(measured(&run), expected, "one process made {before} steps");
}

/// A retraining of one process that ended in the middle of an update, after step 42: in the second epoch, 17 of its steps
/// made, two of which are gathered. An update is of three batches. No other checkpoint is left.
fn ended_in_an_update(run: &Path) -> Store {
    let settings = [&[HALF, "EPOCHS=2"][..], &KEEP_ALL].concat();
    finish(&mut retrain(run, &settings));
    fs::remove_file(run.join("result.json")).unwrap();
    let store = store(run);
    for step in store.steps().unwrap() {
        if step != 42 {
            fs::remove_file(store.path(step)).unwrap();
        }
    }
    store
}

/// Makes the checkpoint after step 42 one after step 40, before its update has a batch.
fn without_the_update(store: &Store) {
    let stored = store.read(42).unwrap();
    let mut about = stored.contents.about;
    about.insert("step".to_owned(), "40".to_owned());
    let state = about.get_mut("state").unwrap();
    *state = state.replace("\"step\":42", "\"step\":40");
    let tensors = stored.contents.tensors.into_iter();
    let (gathered, kept): (Vec<_>, Vec<_>) =
        tensors.partition(|(name, _)| name.starts_with("gathered/"));
    assert!(!gathered.is_empty());
    let kept = kept.into_iter().map(|(name, tensor)| NamedTensor {
        name: name.into(),
        tensor,
    });
    fs::remove_file(store.path(42)).unwrap();
    checkpoint::save(&store.path(40), &kept.collect::<Vec<_>>(), &about).unwrap();
}

#[test]
fn an_update_that_was_gathered_in_part_is_gathered_anew_by_other_processes() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two_] = ["one", "two"].map(|name| folder.path().join(name));
    ended_in_an_update(&one);
    copy(&one, &two_);
    without_the_update(&store(&two_));
    for run in [&one, &two_] {
        finish(&mut two(resume_retraining(run)));
        // Of the new counting only. 17 of 25 are 8 of 12; an update begins after 6.
        for step in store(run).steps().unwrap() {
            assert!((19..=24).contains(&step), "{step}");
        }
    }
    assert_equal_runs(&one, &two_);
}
