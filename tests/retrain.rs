//! Retrainings of seconds on a few of the shipped images, and tests of what they leave behind.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::runs::{repository, run_options};
use creamc::checkpoint::{self, pth};
use creamc::retrain::{self, RetrainOptions, Retrained, TestOptions, TestResult};
use creamc::train::{Error, NetworkOptions};

/// Two epochs with everything switched on.
const ALL: [&str; 18] = [
    "INPUT_ARCH=[[0],[2,0],[2],[0]]",
    "EPOCHS=2",
    "WARMUP_EPOCHS=1",
    "DATASET.BATCH_SIZE=32",
    "DATASET.IMAGES_PER_CLASS=20",
    "DATASET.VAL_BATCH_MUL=16",
    "OPT=rmsproptf",
    "LR=0.01",
    "NET.DROPOUT_RATE=0.2",
    "NET.DROP_PATH_RATE=0.2",
    "NET.EMA.USE=True",
    "NET.EMA.DECAY=0.8",
    "CLIP_GRAD=5",
    "ACCUMULATE=2",
    "AUGMENTATION.AA=rand-m9-mstd0.5",
    "AUGMENTATION.MIXUP=0.2",
    "AUGMENTATION.CUTMIX=1",
    "AUGMENTATION.MIXUP_OFF_EPOCH=1",
];

/// Dropout draws from one generator of the process, so runs here follow each other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tiny() -> NetworkOptions {
    NetworkOptions {
        file: Some(repository("spaces/tiny.cream")),
        ..NetworkOptions::default()
    }
}

fn learn(out: &Path, more: &[&str]) -> Result<Retrained, Error> {
    retrain::run(&RetrainOptions {
        network: tiny(),
        inherit: None,
        run: run_options(Some(out), &[&ALL[..], more].concat()),
    })
}

fn options(weights: PathBuf) -> TestOptions {
    TestOptions {
        network: tiny(),
        weights: Some(weights),
        average: true,
        csv: None,
        run: run_options(None, &ALL),
    }
}

fn test(options: &TestOptions) -> Result<TestResult, Error> {
    retrain::run_test(options)
}

#[test]
fn what_a_retraining_saves_is_tested_to_the_same_numbers() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let result = learn(&out, &[]).unwrap();
    let plain = result.test_plain.unwrap();
    assert_ne!(plain, result.test, "the average is not the last weights");
    for file in ["model.safetensors", "model.pth.tar"] {
        let averaged = test(&options(out.join(file))).unwrap();
        assert!(averaged.averaged, "{file}");
        assert_eq!(averaged.tested, result.test, "{file}");
        let without = TestOptions {
            average: false,
            ..options(out.join(file))
        };
        let without = test(&without).unwrap();
        assert!(!without.averaged, "{file}");
        assert_eq!(without.tested, plain, "{file}");
    }
}

#[test]
fn a_test_counts_classes_and_writes_them_as_a_table() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    learn(&out, &["EPOCHS=1", "WARMUP_EPOCHS=0"]).unwrap();
    let csv = folder.path().join("classes.csv");
    let with_csv = TestOptions {
        csv: Some(csv.clone()),
        ..options(out.join("model.safetensors"))
    };
    let result = test(&with_csv).unwrap();
    let hits: usize = result.classes.iter().map(|class| class.top1).sum();
    let share = 100.0 * hits as f64 / result.tested.images as f64;
    assert_eq!((result.classes.len(), share), (10, result.tested.top1));
    let lines: Vec<String> = fs::read_to_string(csv)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len(), 11);
    for (class, (line, counted)) in lines[1..].iter().zip(&result.classes).enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        let [images, top1, top5] = [counted.images, counted.top1, counted.top5];
        let expected = [class, images, top1, top5].map(|number| number.to_string());
        assert_eq!(fields[..4], expected, "{line}");
        // Of ten confusions at most; the first of a class is its most frequent.
        if let Some(most) = result.confusions.iter().find(|one| one.class == class) {
            let most = [most.taken_for, most.images].map(|number| number.to_string());
            assert_eq!(fields[4..], most, "{line}");
        }
        assert_eq!(fields[4].is_empty(), top1 == images, "{line}");
    }
}

#[test]
fn settings_that_the_images_or_the_command_leave_without_effect_are_named() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let more = [
        "EPOCHS=1",
        "WARMUP_EPOCHS=0",
        "DATASET.CROP_PCT=0.9",
        "DATASET.STRICT=True",
        "DATASET.VAL_LABELS=list.txt",
        "DATASET.CLASS_MAP=map.txt",
        "RESUME_PATH=old.pth",
    ];
    learn(&out, &more).unwrap();
    let log = fs::read_to_string(out.join("log.txt")).unwrap();
    let idle = [
        "DATASET.CROP_PCT",
        "DATASET.STRICT",
        "DATASET.VAL_LABELS",
        "DATASET.CLASS_MAP",
    ];
    for key in idle.iter().chain(&["RESUME_PATH"]) {
        let what = format!("`{key}` has no effect");
        assert_eq!(log.matches(&what).count(), 1, "{key} in {log}");
    }

    static SAID: Mutex<String> = Mutex::new(String::new());
    let mut options = options(out.join("model.safetensors"));
    options.run.warn = |text| *SAID.lock().unwrap() += text;
    let resized = "DATASET.INTERPOLATION=bicubic";
    options
        .run
        .set
        .extend(more.iter().chain(&[resized]).map(|&one| one.to_owned()));
    test(&options).unwrap();
    let said = SAID.lock().unwrap();
    for key in idle.iter().chain(&["DATASET.INTERPOLATION"]) {
        let what = format!("`{key}` has no effect");
        assert_eq!(said.matches(&what).count(), 1, "{key} in {said}");
    }
    assert!(!said.contains("RESUME_PATH` has"), "{said}");
}

#[test]
fn a_crop_in_a_file_is_told_once_of_images_that_are_seen_whole() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    learn(&out, &["EPOCHS=1", "WARMUP_EPOCHS=0"]).unwrap();
    let config = folder.path().join("test.yaml");
    fs::write(&config, "DATASET: {CROP_PCT: 0.9}\n").unwrap();
    static SAID: Mutex<String> = Mutex::new(String::new());
    let mut options = options(out.join("model.safetensors"));
    options.run.warn = |text| *SAID.lock().unwrap() += text;
    options.run.config = Some(config);
    test(&options).unwrap();
    let said = SAID.lock().unwrap();
    assert_eq!(said.matches("`DATASET.CROP_PCT`").count(), 1, "{said}");
    assert!(said.contains("images in memory are seen whole"), "{said}");
}

#[test]
fn a_table_without_a_place_is_refused_before_anything_is_tested() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("nowhere/classes.csv");
    // Weights that are not there would be found missing next.
    let options = TestOptions {
        csv: Some(csv.clone()),
        ..options(folder.path().join("no.safetensors"))
    };
    let error = test(&options).unwrap_err().to_string();
    assert!(
        error.contains(csv.to_str().unwrap()) && error.contains("cannot be written"),
        "{error}"
    );
}

#[test]
fn equal_seeds_give_equal_weights_with_everything_random() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let bytes = ["a", "b"].map(|name| {
        let out = folder.path().join(name);
        learn(&out, &[]).unwrap();
        fs::read(out.join("model.safetensors")).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
}

#[test]
fn short_floats_train_full_weights() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let short = ["AMP=bf16", "EPOCHS=1", "WARMUP_EPOCHS=0"];
    learn(&out, &short).unwrap();
    let saved = checkpoint::load(&out.join("model.safetensors")).unwrap();
    assert_eq!(saved.tensors["stem.0.conv.weight"].kind(), tch::Kind::Float);
    let error = learn(&folder.path().join("f16"), &["AMP=f16"]).unwrap_err();
    assert!(error.to_string().contains("CUDA"), "{error}");
}

#[test]
fn the_checkpoint_for_pytorch_is_read_by_us_and_by_pytorch() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    learn(&out, &["EPOCHS=1", "WARMUP_EPOCHS=0"]).unwrap();
    let file = out.join("model.pth.tar");
    let found = pth::load(&file).unwrap();
    let ours = checkpoint::load(&out.join("model.safetensors")).unwrap();
    let stem = &found.weights["conv_stem.weight"];
    assert!(stem.equal(&ours.tensors["stem.0.conv.weight"]));
    assert!(found.weights.contains_key("bn1.num_batches_tracked"));
    let averaged = &found.averaged.unwrap()["classifier.bias"];
    assert!(averaged.equal(&ours.tensors["ema.logits.0.linear.bias"]));
    let script = "import sys, torch
saved = torch.load(sys.argv[1], weights_only=True)
print(sorted(saved), float(saved['state_dict']['conv_stem.weight'].double().sum()))";
    let named = std::env::var_os("PYTHON").unwrap_or("python3".into());
    let python = |code: &str| Command::new(&named).args(["-c", code]).arg(&file).output();
    if !python("import torch").is_ok_and(|output| output.status.success()) {
        common::skip::skip(&format!(
            "{named:?} has no torch to read the file with; PYTHON names another"
        ));
    } else {
        let output = python(script).unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let sum = stem.sum(tch::Kind::Double).double_value(&[]);
        let keys = "['arch', 'args', 'epoch', 'metric', 'optimizer', 'state_dict', 'state_dict_ema', 'version']";
        let read: f64 = text.trim().rsplit(' ').next().unwrap().parse().unwrap();
        assert!(
            text.starts_with(keys) && (read - sum).abs() < 1e-9,
            "{text}"
        );
    }
}

#[test]
fn weights_of_another_network_are_refused_with_every_difference() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    learn(&out, &["EPOCHS=1", "WARMUP_EPOCHS=0"]).unwrap();
    let mut other = options(out.join("model.safetensors"));
    other.run.set[0] = "INPUT_ARCH=[[0],[2],[0,0],[0]]".to_owned();
    let error = test(&other).unwrap_err().to_string();
    for words in [
        "missing:\n    s2.1.",
        "unexpected:\n    s1.1.",
        "of another shape:",
        "s2.0.conv_dw.weight is [",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    let not_weights = options(repository("spaces/tiny.cream"));
    let error = test(&not_weights).unwrap_err().to_string();
    assert!(error.contains("tiny.cream"), "{error}");
    let none = TestOptions {
        weights: None,
        ..options(PathBuf::new())
    };
    let error = test(&none).unwrap_err().to_string();
    assert!(error.contains("--weights FILE"), "{error}");
}

#[test]
fn wrong_wishes_are_refused_before_a_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    for (set, word) in [
        ("INPUT_ARCH=[[0],[2,0]]", "2 lists of choices where 4"),
        ("INPUT_ARCH=[[0],[2,0],[9],[0]]", "list 3 (`s2`), block 1"),
        ("SCHED=multistep", "DECAY_MILESTONES"),
        ("LR_NOISE=[0.9, 0.4]", "LR_NOISE"),
        ("ACCUMULATE=0", "ACCUMULATE"),
        ("NET.DROP_PATH_RATE=1.5", "DROP_PATH_RATE"),
        ("AMP=f8", "bf16"),
        ("OPT=lamb", "rmsproptf"),
    ] {
        let error = learn(&out, &[set]).unwrap_err().to_string();
        assert!(error.contains(word), "{word}: {error}");
        assert!(!out.exists(), "{word}");
    }
}

#[test]
fn a_network_that_the_original_has_no_names_for_says_that_pytorch_gets_no_weights() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain.cream");
    // Behind the pool the original has one convolution.
    let text = "cream 1

space plain {
    input  image(channels = 1, resolution = 28)
    output classes(10)
    layer stem    conv(kernel = 3)                 channels = 8     stride = 2
    stage s1      ir(kernel in {3, 5}, expand = 1) channels = 8     stride = 2
    layer pool    avgpool
    layer head    conv(kernel = 1, norm = none)    channels = 8
    layer more    conv(kernel = 1, norm = none)    channels = 8
    layer logits  linear                           channels = classes
}

arch only of plain {
    s1 = ir(kernel = 3)
}
";
    fs::write(&file, text).unwrap();
    let out = folder.path().join("run");
    let output = Command::new(env!("CARGO_BIN_EXE_creamc-torch"))
        .env("OMP_NUM_THREADS", "1")
        .arg("retrain")
        .arg(&file)
        .args(["--device", "cpu", "--out"])
        .arg(&out)
        .arg("--data")
        .arg(repository("examples/fashion-mnist"))
        .args(ALL[1..].iter().flat_map(|one| ["--set", one]))
        .args(["--set", "EPOCHS=1", "--set", "WARMUP_EPOCHS=0"])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    let what = "no model.pth.tar: the original has no names for this network's tensors";
    let log = fs::read_to_string(out.join("log.txt")).unwrap();
    assert!(
        printed.contains(what) && log.contains(what),
        "{printed}\n{log}"
    );
    assert!(!out.join("model.pth.tar").exists());
    let result = fs::read_to_string(out.join("result.json")).unwrap();
    assert!(
        result.contains("\"without_pytorch\": \"the original has no names"),
        "{result}"
    );
}
