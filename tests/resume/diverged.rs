//! A loss beyond every measure: what the run says, and what is left of it.

use std::fs;
use std::path::Path;

use creamc::checkpoint;
use serde_json::Value;
use tch::Kind;

use super::tool::{newest_step, refused, resume, search, store, text};

/// One epoch at a rate that trains, then one at a rate that nothing survives.
const ABSURD: [&str; 6] = [
    "LR=1e30",
    "SCHED_PER=epoch",
    "WARMUP_STEPS=None",
    "WARMUP_LR=0.05",
    "WARMUP_EPOCHS=2",
    "SUPERNET.META_STA_EPOCH=0",
];
/// Steps of an epoch.
const EPOCH: u64 = 12;

/// Every floating number of every checkpoint, and every line of the metrics, is a number.
#[track_caller]
fn assert_finite(run: &Path) {
    let steps = store(run).steps().unwrap();
    assert!(!steps.is_empty());
    let paths = steps.iter().map(|&step| store(run).path(step));
    for path in paths.chain([store(run).best()]) {
        for (name, tensor) in checkpoint::load(&path).unwrap().tensors {
            let floats = [Kind::Float, Kind::Double].contains(&tensor.kind());
            let finite = !floats || tensor.isfinite().all().int64_value(&[]) == 1;
            assert!(finite, "{}: {name}", path.display());
        }
    }
    for line in text(&run.join("metrics.jsonl")).lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        for key in ["loss", "top1", "lr", "judge_loss", "judge_top1"] {
            assert!(value[key].is_f64(), "{key}: {value}");
        }
    }
}

#[test]
fn a_loss_beyond_every_measure_names_step_path_and_checkpoint_and_keeps_no_bad_number() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let said = refused(&mut search(&run, &ABSURD));
    let step = newest_step(&run);
    assert_eq!(step, EPOCH, "{said}");
    for words in [
        "step 14 of epoch 2",
        "on path [[0],",
        &*store(&run).path(step).to_string_lossy(),
        "smaller LR",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(text(&run.join("log.txt")).contains("ended: the loss is not a number"));
    assert!(text(&run.join("best.cream")).contains("arch best of tiny"));
    assert!(!run.join("result.json").exists());
    assert_eq!(text(&run.join("metrics.jsonl")).lines().count(), 1);
    assert_finite(&run);

    // Gone on with, it comes to the same end, as was said.
    let line = |said: &str| said.lines().last().unwrap_or_default().to_owned();
    let again = refused(&mut resume(&run));
    assert_eq!(line(&again), line(&said));
    assert_finite(&run);

    let settings = run.join("settings.yaml");
    let lower = text(&settings).replace("LR: 1e30", "LR: 0.01");
    fs::write(&settings, lower).unwrap();
    let other = refused(&mut resume(&run));
    assert!(other.contains("`LR: 1e30` then, `LR: 0.01` now"), "{other}");
    assert!(other.contains("start a new run"), "{other}");
    assert_finite(&run);
}

#[test]
fn a_loss_beyond_every_measure_before_any_checkpoint_says_that_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let said = refused(&mut search(&run, &["LR=1e30", "WARMUP_STEPS=0"]));
    assert!(said.contains("no checkpoint was saved before it"), "{said}");
    assert_eq!(newest_step(&run), 0);
    assert_eq!(text(&run.join("metrics.jsonl")), "");
}
