//! Images that cannot be read, met by one process or the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::common::{fixture_path, folder};
use super::ranks::two;
use super::tool::{finish, store, text, tool};

/// Two classes, each with six whole images and nine damaged ones to train on.
fn images(root: &Path) -> PathBuf {
    let data = folder::images(root);
    for class in ["one", "two"] {
        let train = data.join("train").join(class);
        fs::remove_dir_all(&train).unwrap();
        fs::create_dir(&train).unwrap();
        let lay = |name: &str, count: usize| {
            for at in 0..count {
                let copy = train.join(format!("{at}-{name}"));
                fs::copy(fixture_path("images").join(name), copy).unwrap();
            }
        };
        lay("baseline.jpg", 6);
        lay("truncated.png", 9);
    }
    data
}

/// A training whose every epoch meets every image once, on one rank of two.
fn train(command: &str, root: &Path, settings: &[&str]) -> Command {
    let file = folder::network(root).file.unwrap();
    let mut training = tool();
    training.arg(command).arg(file).args(["--device", "cpu"]);
    training.arg("--data").arg(images(root));
    training.arg("--out").arg(root.join("run"));
    let alike = ["EPOCHS=1", "WARMUP_EPOCHS=0", "LR=0.01"];
    for setting in alike.iter().chain(settings) {
        training.args(["--set", setting]);
    }
    training
}

/// The damaged images to train on that the log names, sorted.
fn named(root: &Path) -> Vec<String> {
    let log = text(&root.join("run/log.txt"));
    let told = log
        .lines()
        .filter_map(|line| line.split_once("not readable: "));
    let mut names: Vec<String> = told
        .filter_map(|(_, image)| Some(image.split_once("/train/")?.1))
        .map(|image| image.split_once(':').unwrap().0.to_owned())
        .collect();
    names.sort_unstable();
    names
}

fn all() -> Vec<String> {
    let of = |class| (0..9).map(move |at| format!("{class}/{at}-truncated.png"));
    of("one").chain(of("two")).collect()
}

#[test]
fn a_retraining_of_two_lists_what_any_of_them_could_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // Five steps of 2 × 3 images.
    finish(&mut two(train("retrain", root, &["DATASET.BATCH_SIZE=3"])));
    let result: Value = serde_json::from_str(&text(&root.join("run/result.json"))).unwrap();
    assert_eq!(result["broken"]["train"].as_array().unwrap().len(), 18);
    assert_eq!(result["broken"]["images"], 19, "one of the test part");
    assert_eq!(named(root), all());
}

#[test]
fn a_search_of_two_names_what_any_of_them_could_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    // Six images are judged by; four steps of 2 × 3 are trained on.
    let settings = [
        "DATASET.BATCH_SIZE=3",
        "SUPERNET.JUDGE_IMAGES=6",
        "SUPERNET.RECAL_IMAGES=6",
        "SUPERNET.RECAL_BATCH=6",
        "SUPERNET.PROBE_PATHS=2",
        "SUPERNET.SLICE=1",
    ];
    finish(&mut two(train("search", root, &settings)));
    assert_eq!(named(root), all());
}

/// Damaged images that each checkpoint of a retraining lists, by their numbers.
fn listed(root: &Path, workers: &str) -> BTreeMap<u64, Vec<u64>> {
    let root = root.join(workers);
    fs::create_dir(&root).unwrap();
    let workers = format!("WORKERS={workers}");
    let settings = [
        "DATASET.BATCH_SIZE=3",
        "RECOVERY_INTERVAL=1",
        "KEEP_CHECKPOINTS=10",
        &workers,
    ];
    finish(&mut train("retrain", &root, &settings));
    let store = store(&root.join("run"));
    let of = |step: u64| {
        let state = &store.read(step).unwrap().contents.about["state"];
        let state: Value = serde_json::from_str(state).unwrap();
        let broken = state["broken"].as_array().unwrap().iter();
        broken.map(|image| image[0].as_u64().unwrap()).collect()
    };
    let steps = store.steps().unwrap().into_iter();
    steps.map(|step| (step, of(step))).collect()
}

#[test]
fn a_checkpoint_lists_the_damaged_images_of_its_steps_however_far_ahead_others_were_read() {
    let folder = tempfile::tempdir().unwrap();
    let [one, ahead] = ["0", "3"].map(|workers| listed(folder.path(), workers));
    assert_eq!(one.len(), 10);
    assert!(one[&1].len() < one[&10].len());
    assert_eq!(one[&10].len(), 18);
    assert_eq!(one, ahead);
}
