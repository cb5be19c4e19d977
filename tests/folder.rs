//! A retraining and a test on a folder of images, some of them damaged.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::fs;
use std::path::Path;

use common::folder::{images, learn, network, options};
use creamc::retrain::{self, TestOptions, TestResult};
use creamc::train::Error;

fn test(root: &Path, more: &[&str]) -> Result<TestResult, Error> {
    retrain::run_test(&TestOptions {
        network: network(root),
        weights: Some(root.join("run/model.safetensors")),
        average: true,
        csv: None,
        run: options(root, more),
    })
}

#[test]
fn a_network_learns_from_a_folder_and_every_damaged_image_is_counted_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root);
    let result = learn(root, "run", &[]).unwrap();
    assert_eq!(result.test.images, 6, "the damaged image is not tested");
    assert_eq!(result.broken.images, 3);
    let [one, two] = result.broken.train.as_slice() else {
        panic!("{:?}", result.broken)
    };
    assert!(one.contains("train/one/truncated.jpg: "), "{one}");
    assert!(two.contains("train/two/empty.png: "), "{two}");
    assert!(result.broken.test[0].contains("val/one/text.jpg: is neither a JPEG nor a PNG"));

    let json = fs::read_to_string(root.join("run/result.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["broken"]["images"], 3);
    let log = fs::read_to_string(root.join("run/log.txt")).unwrap();
    assert_eq!(log.matches("not readable: ").count(), 3, "{log}");
    assert!(log.contains("2 to train on, 1 to test on"), "{log}");

    let tested = test(root, &[]).unwrap();
    assert_eq!(tested.tested, result.test);
    let found = &tested.broken;
    assert_eq!((found.images, &found.test), (1, &result.broken.test));
}

#[test]
fn where_it_is_strict_the_first_damaged_image_ends_the_run_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let data = images(root);
    let error = learn(root, "strict", &["DATASET.STRICT=True"]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("train/") && text.contains("`DATASET.STRICT`"),
        "{text}"
    );
    for whole in ["one/truncated.jpg", "two/empty.png"] {
        fs::remove_file(data.join("train").join(whole)).unwrap();
    }
    learn(root, "run", &[]).unwrap();
    let text = test(root, &["DATASET.STRICT=True"])
        .unwrap_err()
        .to_string();
    assert!(text.contains("val/one/text.jpg"), "{text}");
}
