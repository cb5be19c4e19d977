//! How many classes there are: the space, the settings, the command line and the images must agree.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::fs;
use std::path::Path;

use common::runs::{repository, run_options};
use creamc::config;
use creamc::retrain::{self, RetrainOptions};
use creamc::search::{SearchOptions, run_until};
use creamc::train::prepare::Source;
use creamc::train::{NetworkOptions, RunOptions};

/// A settings file whose number of classes stands at line 3, column 3.
fn settings(folder: &Path, classes: u32) -> std::path::PathBuf {
    let file = folder.join("settings.yaml");
    let text = format!(
        "EPOCHS: 1\nDATASET:\n  NUM_CLASSES: {classes}\n  IMAGES_PER_CLASS: 20\n  BATCH_SIZE: 32\n"
    );
    fs::write(&file, text).unwrap();
    file
}

fn run(folder: &Path, classes: u32, set: &[&str]) -> RunOptions {
    RunOptions {
        config: Some(settings(folder, classes)),
        ..run_options(Some(&folder.join("run")), set)
    }
}

/// What a search of the tiny space, of ten classes, says; it is stopped before its first step.
fn searched(folder: &Path, settings: u32, typed: Option<u32>) -> Result<(), String> {
    let set = [
        "WARMUP_EPOCHS=0",
        "SUPERNET.META_STA_EPOCH=0",
        "SUPERNET.JUDGE_IMAGES=50",
        "SUPERNET.RECAL_IMAGES=60",
        "SUPERNET.RECAL_BATCH=30",
        "SUPERNET.SLICE=2",
        "SUPERNET.PROBE_PATHS=1",
    ];
    let options = SearchOptions {
        space: repository("spaces/tiny.cream"),
        classes: typed,
        require: Vec::new(),
        run: run(folder, settings, &set),
    };
    let found = run_until(&options, &|| true);
    found.map(drop).map_err(|error| error.to_string())
}

#[test]
fn settings_that_differ_from_the_space_are_refused_with_both_places_and_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    let said = searched(folder.path(), 7, None).unwrap_err();
    for words in [
        "settings.yaml:3:3: `DATASET.NUM_CLASSES` is 7",
        "the space has 10 classes",
        "spaces/tiny.cream:6:20",
        "--classes 10 or --classes 7",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!folder.path().join("run").exists());
}

#[test]
fn settings_that_agree_with_the_space_and_a_typed_number_pass() {
    let folder = tempfile::tempdir().unwrap();
    searched(folder.path(), 10, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    searched(folder.path(), 7, Some(10)).unwrap();
}

#[test]
fn images_of_another_number_of_classes_are_refused_with_the_cure() {
    let folder = tempfile::tempdir().unwrap();
    for (typed, cure) in [(5, "pass `--classes 10`"), (11, "pass `--classes`")] {
        let said = searched(folder.path(), 10, Some(typed)).unwrap_err();
        assert!(said.contains(cure), "{typed}: {said}");
        assert!(!folder.path().join("run").exists());
    }
}

#[test]
fn a_retraining_of_a_file_is_refused_too_before_its_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let space = repository("spaces/tiny.cream");
    let options = RetrainOptions {
        network: NetworkOptions {
            file: Some(space),
            ..NetworkOptions::default()
        },
        inherit: None,
        run: run(
            folder.path(),
            7,
            &["INPUT_ARCH=[[0],[2,0],[2],[0]]", "WARMUP_EPOCHS=0"],
        ),
    };
    let said = retrain::run(&options).unwrap_err().to_string();
    assert!(said.contains("settings.yaml:3:3"), "{said}");
    assert!(said.contains("--classes 10"), "{said}");
    assert!(!folder.path().join("run").exists());
}

#[test]
fn the_originals_settings_and_the_papers_space_agree() {
    let settings = config::search(Some(&repository("configs/train.yaml")), &[]).unwrap();
    let train = settings.settings.train;
    assert_eq!(train.classes.as_ref().unwrap().count, 1000);
    let space = repository("spaces/mobile.cream");
    Source::load_for(&space, None, &train, |_| {}).unwrap();
}
