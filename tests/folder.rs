//! A retraining and a test on a folder of images, some of them damaged.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::fixture_path;
use common::runs::run_options;
use creamc::retrain::{self, RetrainOptions, Retrained, TestOptions, TestResult};
use creamc::train::{Error, NetworkOptions, RunOptions};

const SETTINGS: [&str; 6] = [
    "EPOCHS=2",
    "WARMUP_EPOCHS=1",
    "WORKERS=2",
    "LR=0.01",
    "DATASET.BATCH_SIZE=2",
    "NET.EMA.USE=False",
];

/// Two classes, each with four whole images and a damaged one to train on, and three whole and
/// a damaged one to test on.
fn images(root: &Path) -> PathBuf {
    let data = root.join("data");
    let lay = |part: &str, class: &str, names: &[&str]| {
        let folder = data.join(part).join(class);
        fs::create_dir_all(&folder).unwrap();
        for name in names {
            fs::copy(fixture_path("images").join(name), folder.join(name)).unwrap();
        }
    };
    let train = ["baseline.jpg", "cmyk.jpg", "colour.png", "full.jpg"];
    lay("train", "one", &[&train[..], &["truncated.jpg"]].concat());
    let train = ["alpha.png", "grey.jpg", "palette.png", "turned.jpg"];
    lay("train", "two", &[&train[..], &["empty.png"]].concat());
    let val = ["progressive.jpg", "restart.jpg", "baseline.jpg"];
    lay("val", "one", &[&val[..], &["text.jpg"]].concat());
    lay("val", "two", &["grey.png", "bits.png", "palette_clear.png"]);
    data
}

/// A space for images of 32 × 32 pixels and an arch of it.
fn network(root: &Path) -> NetworkOptions {
    let file = root.join("small.cream");
    let text = "cream 1

space small {
    input  image(channels = 3, resolution = 32)
    output classes(2)
    layer stem    conv(kernel = 3)                              channels = 8     stride = 2
    stage s1      ir(kernel in {3, 5}, expand in {1, 2})        channels = 8     stride = 2    depth in 1..2
    layer pool    avgpool
    layer logits  linear                                        channels = classes
}

arch first of small {
    s1 = ir(kernel = 3, expand = 2)
}
";
    fs::write(&file, text).unwrap();
    NetworkOptions {
        file: Some(file),
        ..NetworkOptions::default()
    }
}

fn options(root: &Path, more: &[&str]) -> RunOptions {
    RunOptions {
        data: Some(root.join("data")),
        ..run_options(None, &[&SETTINGS[..], more].concat())
    }
}

fn learn(root: &Path, out: &str, more: &[&str]) -> Result<Retrained, Error> {
    retrain::run(&RetrainOptions {
        network: network(root),
        inherit: None,
        run: RunOptions {
            out: Some(root.join(out)),
            ..options(root, more)
        },
    })
}

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
