//! A space with searched widths and resolutions, from its search to the network that it returns.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::plan;
use common::runs::{repository, run_options};
use creamc::nn::{Mode, Place};
use creamc::retrain::{self, RetrainOptions};
use creamc::search::{Draws, Found, SearchOptions, run_until};
use creamc::supernet::{Sharing, Supernet};
use creamc::train::NetworkOptions;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tch::{Device, Kind, Tensor};

const EDGE: &str = "examples/edge28.cream";

/// Two epochs, the second with a board and a meta layer, and an evolution.
const SEARCH: [&str; 17] = [
    "EPOCHS=2",
    "LR=0.05",
    "WARMUP_STEPS=2",
    "WARMUP_EPOCHS=0",
    "DATASET.BATCH_SIZE=32",
    "DATASET.IMAGES_PER_CLASS=20",
    "SUPERNET.META_STA_EPOCH=1",
    "SUPERNET.PICK_METHOD=meta",
    "SUPERNET.UPDATE_ITER=2",
    "SUPERNET.SLICE=2",
    "SUPERNET.JUDGE_IMAGES=50",
    "SUPERNET.RECAL_IMAGES=60",
    "SUPERNET.RECAL_BATCH=30",
    "SUPERNET.PROBE_PATHS=2",
    "SUPERNET.POPULATION=8",
    "SUPERNET.GENERATIONS=2",
    "SUPERNET.PARENTS=3",
];

fn search(out: &Path, more: &[&str]) -> Found {
    let options = SearchOptions {
        space: repository(EDGE),
        classes: None,
        require: Vec::new(),
        run: run_options(Some(out), &[&SEARCH[..], more].concat()),
    };
    run_until(&options, &|| false).unwrap()
}

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The chosen network lies inside the bounds, and is trained and tested alone on images of its own size.
fn assert_found(found: &Found, run: &Path) {
    assert!((100_000..=900_000).contains(&found.arch.flops));
    assert!(found.arch.params <= 40_000);
    let best = fs::read_to_string(run.join("best.cream")).unwrap();
    for row in ["resolution = ", "stem.channels = ", "s3.channels = "] {
        assert!(best.contains(row), "{row}\n{best}");
    }
    let alone = run.join("alone");
    let set = [
        "EPOCHS=1",
        "WARMUP_EPOCHS=0",
        "DATASET.BATCH_SIZE=32",
        "DATASET.IMAGES_PER_CLASS=20",
        "NET.DROPOUT_RATE=0",
    ];
    let trained = retrain::run(&RetrainOptions {
        network: NetworkOptions {
            file: Some(run.join("best.cream")),
            arch: None,
            classes: None,
        },
        inherit: Some(run.to_owned()),
        run: run_options(Some(&alone), &set),
    })
    .unwrap();
    assert_eq!(trained.arch.resolution, found.arch.resolution);
    assert_eq!(trained.arch.flops, found.arch.flops);
    assert!(trained.test.loss.is_finite());
}

#[test]
fn a_short_search_trains_and_judges_paths_at_their_own_widths_and_resolutions() {
    let folder = tempfile::tempdir().unwrap();
    for (name, set) in [
        ("cream", &["SUPERNET.PICK=evolution"][..]),
        (
            "elastic",
            &["SUPERNET.PICK=evolution", "SUPERNET.SHARING=elastic"],
        ),
        (
            "sandwich",
            &["SUPERNET.STRATEGY=sandwich", "SUPERNET.SHARING=elastic"],
        ),
        (
            "released",
            &["SUPERNET.VARIANT=released", "SUPERNET.PICK=board"],
        ),
    ] {
        let run = folder.path().join(name);
        let found = search(&run, set);
        if name == "released" {
            // Its bounds settle the depths, and nothing else.
            continue;
        }
        assert_found(&found, &run);
        let generations = lines(&run.join("evolution.jsonl"));
        let judged: Vec<&Value> = generations
            .iter()
            .flat_map(|one| one["judged"].as_array().unwrap())
            .collect();
        let sides: BTreeSet<String> = judged
            .iter()
            .map(|one| one["path"]["resolution"].to_string())
            .collect();
        assert!(sides.len() > 1, "{name}: {sides:?}");
        let losses = judged.iter().map(|one| one["loss"].as_f64().unwrap());
        let least = losses.fold(f64::INFINITY, f64::min);
        assert_eq!(found.judge_loss, Some(least), "{name}");
    }
}

#[test]
fn every_path_of_the_large_space_has_its_parameters_in_the_supernet() {
    let large = plan("spaces/edge.cream", &[]);
    assert_eq!(large.sides().collect::<Vec<_>>(), [160, 192, 224]);
    let settings = creamc::config::search(None, &[]).unwrap().settings;
    let draws = Draws::new(&settings.supernet, &large).unwrap();
    let ir = large.ir.at(large.resolution);
    let supernet = Supernet::sharing(&ir, Sharing::Elastic, Place::CPU, 1);
    let images = Tensor::rand([2, 3, 224, 224], (Kind::Float, Device::Cpu));
    for path in draws.distinct(&mut ChaCha8Rng::seed_from_u64(2), 3) {
        let logits = tch::no_grad(|| supernet.forward(&images, &path, Mode::Train));
        assert_eq!(logits.size(), [2, 1000]);
        let parameters = supernet.parameters(&path);
        let numbers: usize = parameters.iter().map(|own| own.tensor.numel()).sum();
        assert_eq!(numbers as u64, large.cost(&path).params);
    }
}
