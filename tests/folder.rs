//! A retraining and a test on a folder of images, some of them damaged.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use common::folder::{images, learn, network, options};
use creamc::data::{Data, Wanted};
use creamc::lang::checked::Checked;
use creamc::nn::Place;
use creamc::retrain::{self, TestOptions, TestResult};
use creamc::search::Judge;
use creamc::supernet::{Sharing, Supernet};
use creamc::train::{Error, RunOptions};

fn test(root: &Path, more: &[&str]) -> Result<TestResult, Error> {
    tested_with(root, options(root, more))
}

fn tested_with(root: &Path, run: RunOptions) -> Result<TestResult, Error> {
    retrain::run_test(&TestOptions {
        network: network(root),
        weights: Some(root.join("run/model.safetensors")),
        average: true,
        csv: None,
        run,
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

#[test]
fn a_list_of_classes_beside_class_folders_is_named_as_without_effect() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root);
    let more = ["DATASET.VAL_LABELS=list.txt", "DATASET.CROP_PCT=0.9"];
    learn(
        root,
        "run",
        &[&more[..], &["EPOCHS=1", "WARMUP_EPOCHS=0"]].concat(),
    )
    .unwrap();
    let log = fs::read_to_string(root.join("run/log.txt")).unwrap();
    let named: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("no effect"))
        .collect();
    let [line] = named.as_slice() else {
        panic!("{log}")
    };
    let what = "`DATASET.VAL_LABELS` has no effect: the data say the class of each test image";
    assert!(line.contains(what), "{line}");
}

#[test]
fn images_in_forms_that_are_not_read_are_counted_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let data = images(root);
    for name in ["a.webp", "b.GIF", "notes.txt", ".c.bmp"] {
        fs::write(data.join("train/one").join(name), "no image").unwrap();
    }
    learn(root, "run", &["EPOCHS=1", "WARMUP_EPOCHS=0"]).unwrap();
    let log = fs::read_to_string(root.join("run/log.txt")).unwrap();
    let said = "data/train: 2 image(s) are passed over: only .jpg, .jpeg, .png are read";
    assert!(log.contains(said) && !log.contains("data/val: "), "{log}");
}

#[test]
fn a_training_whose_last_update_diverges_has_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root);
    let one_step = [
        "EPOCHS=1",
        "WARMUP_EPOCHS=0",
        "DATASET.BATCH_SIZE=8",
        "LR=1e20",
    ];
    let text = learn(root, "run", &one_step).unwrap_err().to_string();
    assert!(
        text.contains("outputs are not numbers") && text.contains("smaller LR"),
        "{text}"
    );
    assert!(!root.join("run/result.json").exists());
    let log = fs::read_to_string(root.join("run/log.txt")).unwrap();
    assert!(log.contains("ended: the network's outputs"), "{log}");
}

#[test]
fn a_test_sees_the_share_that_the_weights_were_tested_with() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    images(root);
    let half = "DATASET.CROP_PCT=0.5";
    let result = learn(root, "run", &[half]).unwrap();
    assert_eq!(test(root, &[]).unwrap().tested, result.test);
    let wide = test(root, &["DATASET.CROP_PCT=0.875"]).unwrap().tested;
    assert_ne!(wide.loss, result.test.loss);

    // A settings file does not go before the weights, and is told so.
    let config = root.join("test.yaml");
    fs::write(&config, "DATASET: {CROP_PCT: 0.9}\n").unwrap();
    static SAID: Mutex<String> = Mutex::new(String::new());
    let mut options = options(root, &[]);
    options.config = Some(config);
    options.warn = |text| *SAID.lock().unwrap() += text;
    let tested = tested_with(root, options).unwrap();
    assert_eq!(tested.tested, result.test);
    let said = SAID.lock().unwrap();
    assert!(
        said.contains("`DATASET.CROP_PCT` has no effect: the weights' file"),
        "{said}"
    );
}

#[test]
fn a_test_needs_no_images_to_train_on() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let data = images(root);
    let result = learn(root, "run", &[]).unwrap();
    fs::remove_dir_all(data.join("train")).unwrap();
    let tested = test(root, &[]).unwrap();
    assert_eq!(tested.tested, result.test);
    assert_eq!(tested.broken.test, result.broken.test);
    let text = learn(root, "other", &[]).unwrap_err().to_string();
    assert!(text.contains("holds `val/` but no `train/`"), "{text}");
}

#[test]
fn a_batch_of_damaged_images_is_left_out_of_a_test_and_a_part_of_them_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let val = images(root).join("val");
    // Batches of two: the first has no image that can be read, nor has the fourth.
    let text = val.join("one/text.jpg");
    for name in ["one/0.jpg", "one/1.jpg", "two/0.png", "two/1.png"] {
        fs::copy(&text, val.join(name)).unwrap();
    }
    let batches = "DATASET.VAL_BATCH_MUL=1";
    let result = learn(root, "run", &[batches]).unwrap();
    assert_eq!((result.test.images, result.broken.test.len()), (6, 5));
    let tested = test(root, &[batches]).unwrap();
    assert_eq!(tested.tested, result.test);
    let whole = test(root, &[]).unwrap().tested;
    assert_eq!((whole.top1, whole.images), (result.test.top1, 6));
    assert!((whole.loss - result.test.loss).abs() < 1e-5);

    for class in ["one", "two"] {
        for file in fs::read_dir(val.join(class)).unwrap() {
            fs::write(file.unwrap().path(), "no image").unwrap();
        }
    }
    static SAID: Mutex<String> = Mutex::new(String::new());
    let mut options = options(root, &[batches]);
    options.warn = |text| *SAID.lock().unwrap() += text;
    let error = tested_with(root, options).unwrap_err().to_string();
    assert!(
        error.contains("val/one/0.jpg") && error.contains("any other image of the test part"),
        "{error}"
    );
    let said = SAID.lock().unwrap();
    assert_eq!(said.matches("not readable: ").count(), 11, "{said}");
}

#[test]
fn a_batch_of_damaged_images_is_left_out_of_judging_and_a_part_of_them_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let train = images(root).join("train");
    let text = fs::read_to_string(network(root).file.unwrap()).unwrap();
    let plan = Checked::from_text("small.cream", &text)
        .unwrap()
        .plan()
        .unwrap();
    let supernet = Supernet::sharing(
        &plan.ir.at(plan.resolution),
        Sharing::Independent,
        Place::CPU,
        3,
    );
    let load = |seed| {
        let wanted = Wanted {
            judge_images: 6,
            seed,
            ..Wanted::all(2, 3, 32)
        };
        Data::load(&root.join("data"), &wanted).unwrap()
    };
    // Judged by, not trained on, are both damaged images.
    let damaged = |data: &Data| {
        let names = data
            .judge
            .indices
            .iter()
            .map(|&at| data.judge.set.name_of(at));
        let damaged = names
            .filter(|name| name.ends_with("one/truncated.jpg") || name.ends_with("two/empty.png"));
        damaged.count() == 2
    };
    let data = (0..1000).map(load).find(damaged).unwrap();
    let judge = |batch| Judge::new(&data, 1, 0, (4, 2), batch);
    let judged = |batch| judge(batch).judge(&supernet, std::slice::from_ref(&plan.witness));
    let [alone, together] = [1, 8].map(|batch| judged(batch).unwrap()[0]);
    assert_eq!(alone.top1, together.top1);
    assert!((alone.loss - together.loss).abs() < 1e-6);

    for class in ["one", "two"] {
        for file in fs::read_dir(train.join(class)).unwrap() {
            fs::write(file.unwrap().path(), "no image").unwrap();
        }
    }
    let error = judge(1).evaluate(&supernet, &plan.witness).unwrap_err();
    let what = "any other image of the judge part can be read";
    assert!(error.to_string().contains(what), "{error}");
}
