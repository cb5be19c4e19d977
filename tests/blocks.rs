//! The examples of blocks of one's own: each space is searched for a few steps on the shipped images.
#![cfg(feature = "torch")]
#![allow(clippy::disallowed_methods, reason = "a test reads the run's files")]

mod common;

use std::fs;

use common::runs::{repository, run_options};
use creamc::search::{SearchOptions, run_until};

/// A search of two epochs of a few steps.
const SHORT: [&str; 13] = [
    "EPOCHS=2",
    "WARMUP_STEPS=1",
    "WARMUP_EPOCHS=0",
    "DATASET.BATCH_SIZE=16",
    "DATASET.IMAGES_PER_CLASS=8",
    "SUPERNET.META_STA_EPOCH=1",
    "SUPERNET.POOL_SIZE=2",
    "SUPERNET.SLICE=2",
    "SUPERNET.UPDATE_ITER=2",
    "SUPERNET.JUDGE_IMAGES=20",
    "SUPERNET.RECAL_IMAGES=20",
    "SUPERNET.RECAL_BATCH=10",
    "SUPERNET.PROBE_PATHS=1",
];

/// The best path of a short search names blocks of the file, and every loss on the way is a number.
#[track_caller]
fn searched(example: &str, block: &str) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let out = folder.path().join("run");
    let options = SearchOptions {
        space: repository(&format!("examples/blocks/{example}.cream")),
        classes: None,
        require: Vec::new(),
        run: run_options(Some(&out), &SHORT),
    };
    let found = run_until(&options, &|| false).expect("the search ends");
    assert_eq!((found.epochs, found.stopped), (2, false));
    let lines = fs::read_to_string(out.join("metrics.jsonl")).expect("the run has metrics");
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let loss = line["loss"].as_f64().expect("an epoch has a loss");
        assert!(loss.is_finite() && loss > 0.0, "{loss}");
    }
    let best = fs::read_to_string(out.join("best.cream")).expect("the run has a best arch");
    assert!(best.contains(block), "{best}");
}

#[test]
fn ghost_modules_are_searched() {
    searched("ghost", "ghost_unit(");
}

#[test]
fn convnext_blocks_are_searched() {
    searched("convnext", "convnext(");
}

#[test]
fn mixed_kernels_are_searched() {
    searched("mixconv", "expand = ");
}
