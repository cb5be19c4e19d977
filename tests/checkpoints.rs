//! The recorded PyTorch checkpoints through the commands themselves: the average unless `--no-ema` says otherwise.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{assert_close, fixture, fixture_path, space, tiny_childnet_path};
use creamc::checkpoint::names::Names;
use creamc::checkpoint::{self, pth};
use creamc::childnet::Childnet;
use creamc::data::{Batch, Data, Loader, Wanted};
use creamc::nn::{Mode, NamedTensor, Place};
use serde_json::Value;
use tch::{Kind, Reduction, Tensor};

const SPACE: &str = "tiny_childnet.cream";
const FORMS: [&str; 2] = ["legacy", "zip"];

/// The network of the checkpoints as a user writes it, and images in CIFAR's form.
fn laid_out() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::copy(fixture_path(SPACE), root.join(SPACE)).unwrap();
    let text = format!(
        "cream 1\nuse \"{SPACE}\"\n\narch best of tiny_childnet {{\n    s2 = ir(kernel = 7, expand = 6), \
         ir(kernel = 3, expand = 4), ir(kernel = 5, expand = 4)\n}}\n"
    );
    fs::write(root.join("best.cream"), text).unwrap();
    for batch in 1..6 {
        let name = format!("data_batch_{batch}.bin");
        fs::write(root.join(name), records(10, batch)).unwrap();
    }
    fs::write(root.join("test_batch.bin"), records(40, 6)).unwrap();
    folder
}

/// So many images, a class after the other.
fn records(count: u32, seed: u32) -> Vec<u8> {
    let image = |at: u32| {
        let pixels = (0..3 * 32 * 32).map(move |pixel: u32| {
            let noise = pixel.wrapping_mul(2_654_435_761) ^ ((seed * 100 + at) * 40_503);
            let noise = noise >> 13;
            (noise % 251) as u8
        });
        std::iter::once((at % 10) as u8).chain(pixels)
    };
    (0..count).flat_map(image).collect()
}

fn checkpoint_of(form: &str) -> PathBuf {
    fixture_path(&format!("tiny_childnet.{form}.pth.tar"))
}

/// Runs a command of the tool on a checkpoint; what it prints.
fn tool(root: &Path, command: &str, form: &str, more: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_creamc-torch"))
        .current_dir(root)
        .env("OMP_NUM_THREADS", "1")
        .args([command, "best.cream", "--device", "cpu", "--weights"])
        .arg(checkpoint_of(form))
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the test images get from the network that gives the recorded logits: mean loss, and hits.
fn expected(root: &Path, form: &str, averaged: bool) -> (f64, f64) {
    let network = space(SPACE).network(&tiny_childnet_path(), 32);
    let childnet = Childnet::new(&network, Place::CPU, 1);
    let found = pth::load(&checkpoint_of(form)).unwrap();
    let weights = match averaged {
        true => found.averaged.unwrap(),
        false => found.weights,
    };
    let names = Names::of_network(&network).unwrap();
    childnet.load(&names.translate(weights)).unwrap();
    let data = Data::load(root, &Wanted::all(10, 3, 32)).unwrap();
    let mut all = Loader::plain(&data.test, &data.normalisation, 1, 0).in_order(40);
    let Batch { images, labels, .. } = all.next().unwrap().unwrap();
    let logits = tch::no_grad(|| childnet.forward(&images, Mode::Eval));
    let loss = logits.cross_entropy_loss(&labels, None::<&Tensor>, Reduction::Mean, -100, 0.0);
    let hits = logits
        .argmax(-1, false)
        .eq_tensor(&labels)
        .sum(Kind::Double);
    (loss.double_value(&[]), hits.double_value(&[]))
}

#[test]
fn creamc_test_takes_both_forms_and_either_weights() {
    let folder = laid_out();
    let root = folder.path();
    let mut losses = Vec::new();
    for form in FORMS {
        for (averaged, more) in [(true, &[][..]), (false, &["--no-ema"])] {
            let printed = tool(
                root,
                "test",
                form,
                &[&["--data", ".", "--json"], more].concat(),
            );
            let result: Value = serde_json::from_str(&printed).unwrap();
            assert_eq!(result["averaged"], averaged, "{form}");
            assert_eq!(result["images"], 40);
            let number = |key: &str| result[key].as_f64().unwrap();
            let (loss, hits) = expected(root, form, averaged);
            assert!(
                (number("loss") - loss).abs() < 1e-5 * loss,
                "{printed} {loss}"
            );
            assert!(
                (number("top1") - 100.0 * hits / 40.0).abs() < 1e-9,
                "{printed} {hits}"
            );
            losses.push(loss);
        }
    }
    assert_eq!(losses[..2], losses[2..]);
    assert_ne!(losses[0], losses[1]);
}

#[test]
fn their_logits_are_the_recorded_ones() {
    let folder = laid_out();
    let root = folder.path();
    let recorded = fixture("tiny_childnet_io.safetensors");
    let input = NamedTensor {
        name: "input".into(),
        tensor: recorded["input"].shallow_clone(),
    };
    checkpoint::save(&root.join("in.safetensors"), &[input], &Default::default()).unwrap();
    for form in FORMS {
        for (name, more) in [("logits_ema", &[][..]), ("logits", &["--no-ema"])] {
            let files = ["--tensor", "in.safetensors", "--out", "out.safetensors"];
            tool(root, "predict", form, &[&files, more].concat());
            let out = checkpoint::load(&root.join("out.safetensors")).unwrap();
            assert_close(name, &out.tensors["logits"], &recorded[name], 1e-5);
        }
    }
}
