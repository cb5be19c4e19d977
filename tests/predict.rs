//! What `creamc predict` says equals what `creamc test` counts.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::fixture_path;
use common::folder::{images, learn, network, options};
use common::runs::{repository, run_options};
use creamc::checkpoint;
use creamc::data::{Batch, Data, Loader, Wanted};
use creamc::nn::NamedTensor;
use creamc::retrain::{
    self, Input, PredictOptions, Predicted, Prediction, RetrainOptions, TestOptions, Tested,
    TrainedOptions,
};
use creamc::train::{Error, NetworkOptions};
use tch::{Kind, Reduction, Tensor};

/// The images to test on that can be read, class by class.
const VAL: [&str; 6] = [
    "one/baseline.jpg",
    "one/progressive.jpg",
    "one/restart.jpg",
    "two/bits.png",
    "two/grey.png",
    "two/palette_clear.png",
];
const LABELS: [usize; 6] = [0, 0, 0, 1, 1, 1];

/// A folder of images and a network that was trained on it.
fn trained() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path());
    learn(folder.path(), "run", &[]).unwrap();
    folder
}

/// One batch has all images, as in [`tested`]: the same sums, to the last bit. No number of images
/// is too small for a batch of the longest length.
const WHOLE: [&str; 1] = ["DATASET.VAL_BATCH_MUL=9223372036854775807"];

fn tested(root: &Path) -> Tested {
    let options = TestOptions {
        network: network(root),
        weights: Some(root.join("run/model.safetensors")),
        average: true,
        csv: None,
        run: options(root, &WHOLE),
    };
    retrain::run_test(&options).unwrap().tested
}

fn predict_with(root: &Path, input: Input, names: &[&str]) -> Result<Predicted, Error> {
    let file = root.join("classes.txt");
    fs::write(&file, names.join("\n")).unwrap();
    retrain::run_predict(&PredictOptions {
        trained: TrainedOptions {
            network: network(root),
            weights: Some(root.join("run/model.safetensors")),
            average: true,
        },
        input,
        classes: (!names.is_empty()).then_some(file),
        top: 5,
        run: options(root, &WHOLE),
    })
}

fn predict(root: &Path) -> Vec<Prediction> {
    let files = VAL.map(|name| root.join("data/val").join(name));
    match predict_with(root, Input::Images(files.to_vec()), &["first", "second"]).unwrap() {
        Predicted::Images(found) => found,
        Predicted::Tensor { .. } => panic!("images were asked for"),
    }
}

/// The test part as `creamc test` reads it.
fn test_batch(root: &Path) -> Batch {
    let wanted = Wanted {
        seed: 7,
        ..Wanted::all(2, 3, 32)
    };
    let data = Data::load(&root.join("data"), &wanted).unwrap();
    let part = Loader::plain(&data.test, &data.normalisation, 7, 0);
    part.in_order(32).next().unwrap().unwrap()
}

fn save(file: &Path, name: &str, tensor: Tensor) {
    let named = NamedTensor {
        name: name.into(),
        tensor,
    };
    checkpoint::save(file, &[named], &BTreeMap::new()).unwrap();
}

/// The logits that are written for `input`.
fn logits(root: &Path, input: Tensor) -> Result<Tensor, Error> {
    let [from, to] = ["in.safetensors", "out.safetensors"].map(|name| root.join(name));
    save(&from, "input", input);
    let to_again = to.clone();
    predict_with(root, Input::Tensor { from, to }, &[])?;
    let mut tensors = checkpoint::load(&to_again).unwrap().tensors;
    Ok(tensors.remove("logits").unwrap())
}

#[test]
fn logits_of_the_test_images_give_the_tests_numbers_to_the_last_bit() {
    let folder = trained();
    let root = folder.path();
    let batch = test_batch(root);
    let logits = logits(root, batch.images.copy()).unwrap();
    assert_eq!((logits.size(), logits.kind()), (vec![6, 2], Kind::Float));
    let losses =
        logits.cross_entropy_loss(&batch.labels, None::<&Tensor>, Reduction::None, -100, 0.0);
    let loss = losses
        .to_kind(Kind::Double)
        .sum(Kind::Double)
        .double_value(&[])
        / 6.0;
    let tested = tested(root);
    assert_eq!(loss, tested.loss);

    let found = predict(root);
    let softmax = logits.softmax(-1, Kind::Double);
    let mut hits = 0;
    for ((at, image), label) in found.iter().enumerate().zip(LABELS) {
        assert!(image.image.ends_with(VAL[at]));
        assert_eq!(image.classes.len(), 2, "there are no more");
        for one in &image.classes {
            let expected = softmax.double_value(&[at as i64, one.class as i64]);
            assert_eq!(one.probability, expected, "{image:?}");
            let name = ["first", "second"][one.class];
            assert_eq!(one.name.as_deref(), Some(name));
        }
        assert!(image.classes[0].probability >= image.classes[1].probability);
        hits += usize::from(image.classes[0].class == label);
    }
    assert_eq!(100.0 * hits as f64 / 6.0, tested.top1);
}

#[test]
fn images_are_cropped_as_evaluation_did_when_the_weights_were_trained() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let network = NetworkOptions {
        file: Some(repository("spaces/tiny.cream")),
        ..NetworkOptions::default()
    };
    // Images in memory, which are seen whole.
    let small = [
        "INPUT_ARCH=[[0],[2,0],[2],[0]]",
        "EPOCHS=1",
        "WARMUP_EPOCHS=0",
        "DATASET.BATCH_SIZE=16",
        "DATASET.IMAGES_PER_CLASS=4",
    ];
    retrain::run(&RetrainOptions {
        network: network.clone(),
        inherit: None,
        run: run_options(Some(&out), &small),
    })
    .unwrap();
    let seen = |more: &[&str]| {
        retrain::run_predict(&PredictOptions {
            trained: TrainedOptions {
                network: network.clone(),
                weights: Some(out.join("model.safetensors")),
                average: true,
            },
            input: Input::Images(vec![fixture_path("images/grey.png")]),
            classes: None,
            top: 10,
            run: run_options(None, &[&small[..], more].concat()),
        })
        .unwrap()
    };
    let [whole, zoomed] = ["1", "0.5"].map(|share| format!("DATASET.CROP_PCT={share}"));
    assert_eq!(seen(&[]), seen(&[&whole]));
    assert_ne!(seen(&[]), seen(&[&zoomed]));
}

#[test]
fn what_cannot_be_looked_at_is_refused_with_its_name() {
    let folder = trained();
    let root = folder.path();
    let refusal = |input: Input, names: &[&str]| {
        let refused = predict_with(root, input, names);
        refused.unwrap_err().to_string()
    };
    for (name, why) in [
        ("text.jpg", "neither a JPEG nor a PNG"),
        ("truncated.png", "truncated or damaged"),
        ("nothing.jpg", "cannot be read"),
    ] {
        let good = fixture_path("images/full.jpg");
        let bad = fixture_path("images").join(name);
        let text = refusal(Input::Images(vec![good, bad]), &[]);
        assert!(text.contains(name) && text.contains(why), "{text}");
    }
    let good = || Input::Images(vec![fixture_path("images/full.jpg")]);
    let text = refusal(good(), &["first", "second", "third"]);
    assert!(
        text.contains("3 names of classes") && text.contains("2 classes"),
        "{text}"
    );
    let floats = (Kind::Float, tch::Device::Cpu);
    for (shape, said) in [
        (vec![2, 3, 32, 31], "[2, 3, 32, 31]"),
        (vec![2, 1, 32, 32], "[2, 1, 32, 32]"),
        (vec![3, 32, 32], "[3, 32, 32]"),
        (vec![0, 3, 32, 32], "[0, 3, 32, 32]"),
    ] {
        let text = logits(root, Tensor::zeros(&shape, floats)).unwrap_err();
        let text = text.to_string();
        assert!(
            text.contains(said) && text.contains("takes [N, 3, 32, 32]"),
            "{text}"
        );
    }
    let bytes = Tensor::zeros([1, 3, 32, 32], (Kind::Uint8, tch::Device::Cpu));
    let text = logits(root, bytes).unwrap_err().to_string();
    assert!(text.contains("floats, normalised"), "{text}");
    let none = Tensor::full([1, 3, 32, 32], f64::NAN, floats);
    let text = logits(root, none).unwrap_err().to_string();
    assert!(text.contains("`input` holds values that are not"), "{text}");
    let other = root.join("other.safetensors");
    save(
        &other,
        "images\u{1b}[2J",
        Tensor::zeros([1, 3, 32, 32], floats),
    );
    let to = root.join("out.safetensors");
    let text = refusal(Input::Tensor { from: other, to }, &[]);
    assert!(
        text.contains("no tensor `input`") && text.contains("images\\u{1b}[2J"),
        "{text}"
    );
    // Named before what is looked at, which is not there either.
    let from = root.join("no.safetensors");
    let to = root.join("nowhere/out.safetensors");
    let text = refusal(Input::Tensor { from, to }, &[]);
    assert!(
        text.contains("nowhere/out.safetensors") && text.contains("cannot be written"),
        "{text}"
    );
}

/// Makes every value of the tensors whose names end so one number.
fn fill(root: &Path, end: &str, number: f64) {
    let file = root.join("run/model.safetensors");
    let found = checkpoint::load(&file).unwrap();
    let tensors = found.tensors.iter();
    let filled = tensors.map(|(name, tensor)| NamedTensor {
        name: name.as_str().into(),
        tensor: match name.ends_with(end) {
            true => tensor.full_like(number),
            false => tensor.shallow_clone(),
        },
    });
    let filled: Vec<NamedTensor> = filled.collect();
    checkpoint::save(&file, &filled, &found.about).unwrap();
}

#[test]
fn weights_with_values_that_are_no_numbers_are_refused_with_their_name() {
    let folder = trained();
    let root = folder.path();
    fill(root, "logits.0.linear.bias", f64::NAN);
    let good = Input::Images(vec![fixture_path("images/full.jpg")]);
    let text = predict_with(root, good, &[]).unwrap_err().to_string();
    assert!(
        text.contains("model.safetensors: `logits.0.linear.bias` holds values that are no"),
        "{text}"
    );
}

#[test]
fn weights_that_make_outputs_that_are_no_numbers_are_refused() {
    let folder = trained();
    let root = folder.path();
    fill(root, ".weight", 1e30);
    let good = Input::Images(vec![fixture_path("images/full.jpg")]);
    let said = "model.safetensors: with these weights the network's outputs are not numbers";
    let text = predict_with(root, good, &[]).unwrap_err().to_string();
    assert!(text.contains(said), "{text}");
    let floats = (Kind::Float, tch::Device::Cpu);
    let ones = Tensor::ones([1, 3, 32, 32], floats);
    let text = logits(root, ones).unwrap_err().to_string();
    assert!(text.contains(said), "{text}");
    let options = TestOptions {
        network: network(root),
        weights: Some(root.join("run/model.safetensors")),
        average: true,
        csv: None,
        run: options(root, &WHOLE),
    };
    let text = retrain::run_test(&options).unwrap_err().to_string();
    assert!(text.contains(said), "{text}");
}

#[test]
fn an_image_whose_name_is_no_text_is_looked_at_and_told_as_text() {
    let folder = trained();
    let root = folder.path();
    let image = OsStr::from_bytes(b"caf\xe9.png");
    fs::copy(fixture_path("images/grey.png"), root.join(image)).unwrap();
    let output = tool_command(root).arg(image).arg("--json").output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["image"], "caf\u{fffd}.png");
}

/// Runs `creamc predict` as a process.
fn tool(root: &Path, args: &[&str]) -> Output {
    tool_command(root).args(args).output().unwrap()
}

fn tool_command(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creamc-torch"));
    command
        .current_dir(root)
        .env("OMP_NUM_THREADS", "1")
        .args(["predict", "small.cream", "--device", "cpu"])
        .args(["--weights", "run/model.safetensors"])
        .args(["--set", "NET.EMA.USE=False"]);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_tool_prints_classes_to_read_and_as_json() {
    let folder = trained();
    let root = folder.path();
    fs::write(root.join("names.txt"), "tabby cat\ngolden retriever\n").unwrap();
    let image: PathBuf = Path::new("data/val").join(VAL[0]);
    let image = image.to_str().unwrap();
    let found = &predict(root)[0];

    let output = tool(root, &[image, "--classes", "names.txt", "--top", "1"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{err}");
    let name = ["tabby cat", "golden retriever"][found.classes[0].class];
    let percent = 100.0 * found.classes[0].probability;
    let class = found.classes[0].class;
    assert_eq!(out, format!("{image}\n  {percent:6.2}%  {class}  {name}\n"));

    let idle = ["--set", "SUPERNET.SLICE=2"];
    let output = tool(root, &[&[image, image, "--json"], &idle[..]].concat());
    let err = text(&output.stderr);
    assert!(err.contains("`SUPERNET.SLICE` has no effect"), "{err}");
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    let json: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(json["image"], image);
    assert_eq!(json["classes"][0]["class"], class);
    assert!(json["classes"][0].get("name").is_none());

    fs::write(root.join("names.txt"), "tabby cat\n\ngolden retriever\n").unwrap();
    for (args, said) in [
        (
            &[image, "--classes", "names.txt"][..],
            "line 2 holds no name",
        ),
        (&[image, "--classes", "nowhere.txt"], "nowhere.txt"),
        (&[], "nothing to look at"),
        (&[image, "--tensor", "a", "--out", "b"], "name one of them"),
        (&["--tensor", "a"], "--out"),
        (&[image, "--num-classes", "3"], "of another shape"),
        (&[image, "--top", "0"], "--top"),
    ] {
        let output = tool(root, args);
        let err = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{err}");
        assert!(err.contains(said), "{said}: {err}");
    }
}
