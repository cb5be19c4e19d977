//! What `creamc search --dry-run` says, against what a search really takes.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use creamc::checkpoint;
use serde_json::Value;

/// Five epochs of 12 steps, the last four with a board and a meta layer.
const SETTINGS: [&str; 16] = [
    "EPOCHS=5",
    "WARMUP_STEPS=2",
    "WARMUP_EPOCHS=0",
    "WORKERS=1",
    "RECOVERY_INTERVAL=5",
    "DATASET.BATCH_SIZE=16",
    "DATASET.IMAGES_PER_CLASS=20",
    "SUPERNET.META_STA_EPOCH=1",
    "SUPERNET.PICK_METHOD=meta",
    "SUPERNET.POOL_SIZE=4",
    "SUPERNET.SLICE=2",
    "SUPERNET.UPDATE_ITER=3",
    "SUPERNET.JUDGE_IMAGES=30",
    "SUPERNET.RECAL_IMAGES=40",
    "SUPERNET.RECAL_BATCH=20",
    "SUPERNET.PROBE_PATHS=2",
];

/// The search, in a folder of its own whose `SAVE_PATH` is below it.
fn search(folder: &Path, more: &[&str]) -> Command {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_creamc-torch"));
    command
        .current_dir(folder)
        .env("OMP_NUM_THREADS", "1")
        .stdin(Stdio::null())
        .arg("search")
        .arg(root.join("spaces/tiny.cream"))
        .args(["--device", "cpu", "--seed", "11", "--data"])
        .arg(root.join("examples/fashion-mnist"));
    for setting in SETTINGS {
        command.args(["--set", setting]);
    }
    command.args(more);
    command
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", errors(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn dry(folder: &Path, more: &[&str]) -> Value {
    let more = [more, &["--dry-run", "--format", "json"]].concat();
    serde_json::from_str(&printed(search(folder, &more))).unwrap()
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value}"))
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// Elements of a checkpoint's weights, running statistics left out.
fn trained(tensors: &std::collections::BTreeMap<String, tch::Tensor>) -> usize {
    let is_trained = |name: &str| {
        let other = ["momentum/", "meta/", "board/"];
        !other.iter().any(|prefix| name.starts_with(prefix))
            && !name.ends_with("running_mean")
            && !name.ends_with("running_var")
            && !name.ends_with("num_batches_tracked")
    };
    let weights = tensors.iter().filter(|(name, _)| is_trained(name));
    weights.map(|(_, tensor)| tensor.numel()).sum()
}

fn folder_bytes(folder: &Path, leave_out: &str) -> u64 {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes += match path.is_dir() {
            true if path.ends_with(leave_out) => 0,
            true => folder_bytes(&path, leave_out),
            false => path.metadata().unwrap().len(),
        };
    }
    bytes
}

#[test]
fn sizes_and_counts_are_those_of_the_search_itself() {
    let folder = tempfile::tempdir().unwrap();
    let said = dry(folder.path(), &[]);
    assert_eq!(entries(folder.path()), 0, "a dry run leaves nothing behind");
    printed(search(folder.path(), &["--out", "run"]));
    let run = folder.path().join("run");

    let store = checkpoint::Store::new(run.join("checkpoint"), 3);
    let stored = store.newest().unwrap().found.unwrap();
    assert_eq!(
        whole(&said["parameters"]),
        trained(&stored.contents.tensors) as u64
    );
    assert_eq!(
        whole(&said["parameter_bytes"]),
        4 * whole(&said["parameters"])
    );
    let real = stored.path.metadata().unwrap().len() as f64;
    let ratio = whole(&said["disk"]["checkpoint"]) as f64 / real;
    assert!((0.97..1.03).contains(&ratio), "{ratio}");
    let logs = folder_bytes(&run, "checkpoint") as f64;
    let ratio = whole(&said["disk"]["logs"]) as f64 / logs;
    assert!((0.5..2.0).contains(&ratio), "{ratio}: {logs}");
    let there = fs::read_dir(run.join("checkpoint")).unwrap().count() as u64;
    assert!(there <= whole(&said["disk"]["checkpoints_at_once"]));

    let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let last: Value = serde_json::from_str(metrics.lines().last().unwrap()).unwrap();
    let steps = whole(&said["run"]["plain_steps"]) + whole(&said["run"]["distilled_steps"]);
    assert_eq!(steps, whole(&last["step"]));
    assert_eq!(steps, whole(&said["epochs"]) * whole(&said["epoch_steps"]));
    // Every step of an epoch at 12, and inside it at 5 and 10.
    assert_eq!(whole(&said["disk"]["checkpoints_written"]), 15);
}

#[test]
fn a_sandwich_whose_pick_is_evolved_takes_the_room_that_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let set = [
        "EPOCHS=1",
        "SUPERNET.META_STA_EPOCH=0",
        "DATASET.BATCH_SIZE=100",
        "SUPERNET.STRATEGY=sandwich",
        "SUPERNET.POPULATION=20",
        "SUPERNET.PARENTS=5",
        "SUPERNET.GENERATIONS=10",
    ];
    let set = set.map(|one| ["--set", one]).concat();
    let said = dry(folder.path(), &set);
    printed(search(
        folder.path(),
        &[&set[..], &["--out", "run"]].concat(),
    ));
    let run = folder.path().join("run");
    let store = checkpoint::Store::new(run.join("checkpoint"), 3);
    let stored = store.newest().unwrap().found.unwrap();
    // A step or two: without its ends many a block would stand still.
    let real = stored.path.metadata().unwrap().len() as f64;
    let ratio = whole(&said["disk"]["checkpoint"]) as f64 / real;
    assert!((0.99..1.01).contains(&ratio), "{ratio}");
    let evolution = run.join("evolution.jsonl").metadata().unwrap().len();
    let logs = whole(&said["disk"]["logs"]);
    // More than all 128 paths there are cannot be judged.
    assert!(
        (evolution..2 * evolution).contains(&logs),
        "{logs}, {evolution}"
    );
}

#[test]
fn paths_inside_the_bounds_are_counted_as_stats_counts_them() {
    let folder = tempfile::tempdir().unwrap();
    let bound = ["--require", "flops in 280K..320K"];
    let said = dry(folder.path(), &bound);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut stats = Command::new(env!("CARGO_BIN_EXE_creamc"));
    stats.arg("stats").arg(root.join("spaces/tiny.cream"));
    stats.args(["--format", "json"]).args(bound);
    let stats: Value = serde_json::from_str(&printed(stats)).unwrap();
    for key in ["space", "paths", "feasible_min", "feasible_max"] {
        assert_eq!(said[key], stats[key], "{key}");
    }
}

#[test]
fn the_time_of_a_run_is_the_sum_of_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let said = dry(folder.path(), &[]);
    let (step, run) = (&said["step_seconds"], &said["run"]);
    let plain = seconds(&step["plain"]) * whole(&run["plain_steps"]) as f64;
    // Every third step lets the meta layer learn.
    let mean = (2.0 * seconds(&step["distilled"]) + seconds(&step["meta"])) / 3.0;
    let distilled = mean * whole(&run["distilled_steps"]) as f64;
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
    assert!(near(seconds(&run["plain"]), plain), "{said}");
    assert!(near(seconds(&run["distilled"]), distilled), "{said}");
    let total = plain + distilled + seconds(&run["judging"]);
    assert!(near(seconds(&run["total"]), total), "{said}");
    assert!(whole(&said["memory"]["process_peak"]) > whole(&said["parameter_bytes"]));
}

#[test]
fn the_released_variant_updates_its_meta_layer_where_its_epochs_are_long_enough() {
    let folder = tempfile::tempdir().unwrap();
    let with = |more: [&str; 2]| {
        let set = ["SUPERNET.VARIANT=released", more[0], more[1]];
        let set = set.map(|one| ["--set", one]).concat();
        dry(folder.path(), &set)
    };
    // Steps 4, 7 and 10 of twelve, whoever picks.
    let said = with(["SUPERNET.PICK_METHOD=top1", "SUPERNET.UPDATE_ITER=3"]);
    let (step, run) = (&said["step_seconds"], &said["run"]);
    let (usual, meta) = (seconds(&step["distilled"]), seconds(&step["meta"]));
    let mean = (3.0 * usual + meta) / 4.0;
    let distilled = mean * whole(&run["distilled_steps"]) as f64;
    let ratio = seconds(&run["distilled"]) / distilled;
    assert!((ratio - 1.0).abs() < 1e-9, "{said}");
    // Never in the first step of an epoch: no thirteenth step is one.
    let said = with(["SUPERNET.PICK_METHOD=meta", "SUPERNET.UPDATE_ITER=12"]);
    assert!(said["step_seconds"]["meta"].is_null(), "{said}");
}

#[test]
fn a_search_without_a_board_has_no_distilled_steps() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--set", "SUPERNET.META_STA_EPOCH=0"];
    let said = dry(folder.path(), &more);
    assert!(said["step_seconds"]["plain"].is_null());
    assert_eq!(whole(&said["run"]["plain_steps"]), 0);
    let top1 = ["--set", "SUPERNET.PICK_METHOD=top1"];
    let said = dry(folder.path(), &top1);
    assert!(said["step_seconds"]["meta"].is_null());
}

#[test]
fn every_strategy_is_measured_by_the_steps_and_the_pick_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let with = |strategy: &str| {
        let one = format!("SUPERNET.STRATEGY={strategy}");
        let few = ["SUPERNET.POPULATION=6", "SUPERNET.PARENTS=2"];
        let set = ["--set", &one, "--set", few[0], "--set", few[1]];
        dry(folder.path(), &set)
    };
    for strategy in ["spos", "sandwich"] {
        let said = with(strategy);
        assert_eq!(whole(&said["run"]["plain_steps"]), 60, "{strategy}");
        assert_eq!(whole(&said["run"]["distilled_steps"]), 0, "{strategy}");
        assert_eq!(whole(&said["judging"]["board"]), 0, "{strategy}");
        // Twenty generations at the end, each a judgement of six paths.
        let judging = seconds(&said["run"]["judging"]);
        let least = 25.0 * seconds(&said["judging"]["one"]);
        assert!(judging >= 0.999 * least, "{strategy}: {said}");
    }
    let said = with("random");
    assert_eq!(seconds(&said["run"]["total"]), 0.0, "{said}");
    assert_eq!(whole(&said["disk"]["checkpoints_written"]), 0, "{said}");
}

#[test]
fn the_table_names_every_part_with_its_unit() {
    let folder = tempfile::tempdir().unwrap();
    let output = search(folder.path(), &["--dry-run"]).output().unwrap();
    let text = format!("\n{}", String::from_utf8_lossy(&output.stdout));
    for row in [
        "\nspace  ",
        "\ninside the bounds  ",
        "\nsupernet  ",
        "\nmemory  ",
        "\na plain step  ",
        "\na distilled step  ",
        "\njudging a path  ",
        "\nthe whole run  ",
        "\na checkpoint  ",
        "\ndisk  ",
    ] {
        assert!(text.contains(row), "{row}\n{text}");
    }
    let said = errors(&output);
    assert!(said.contains("timing steps"), "{said}");
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn what_a_search_refuses_a_dry_run_refuses_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "mine").unwrap();
    let here = folder.path().to_str().unwrap();
    let cases: [(&[&str], i32); 8] = [
        (&["--out", here], 2),
        (&["--data", "nowhere"], 2),
        (&["--set", "SUPERNET.POOL_SICE=3"], 2),
        (&["--set", "DATASET.BATCH_SIZE=4096"], 2),
        (&["--set", "SUPERNET.JUDGE_IMAGES=5"], 2),
        (&["--classes", "5"], 2),
        (&["--require", "params in 0..1K"], 1),
        (&["--require", "flops in much"], 1),
    ];
    for (more, code) in cases {
        let refused = |dry: &[&str]| {
            let output = search(folder.path(), &[more, dry].concat()).output();
            let output = output.unwrap();
            assert_eq!(output.status.code(), Some(code), "{}", errors(&output));
            assert!(output.stdout.is_empty(), "{more:?}");
            errors(&output)
        };
        assert_eq!(refused(&["--dry-run"]), refused(&[]), "{more:?}");
        assert_eq!(entries(folder.path()), 1, "{more:?}");
    }
}

#[test]
fn a_loss_that_is_no_number_ends_a_dry_run_with_the_path_and_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--dry-run", "--set", "LR=1e30", "--set", "WARMUP_STEPS=0"];
    let output = search(folder.path(), &more).output().unwrap();
    let said = errors(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("on path [[0],"), "{said}");
    assert!(said.contains("smaller LR"), "{said}");
}

#[test]
fn a_dry_run_contradicts_resuming_and_a_format_needs_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_creamc-torch"));
    command.args(["search", "--resume", "run", "--dry-run"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("cannot be used with"));
    let output = search(folder.path(), &["--format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("--dry-run"), "{}", errors(&output));
}
