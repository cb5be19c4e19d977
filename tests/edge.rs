//! A space with searched widths and resolutions, from its search to the network that it returns.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use common::plan;
use common::runs::{repository, run_options};
use creamc::data::{Data, Part, Wanted};
use creamc::nn::{Mode, Place};
use creamc::retrain::{self, RetrainOptions, TestOptions};
use creamc::search::{Draws, Found, SearchOptions, run_until};
use creamc::supernet::{Sharing, Supernet};
use creamc::train::{NetworkOptions, RunOptions};
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

/// The page about the run draws what it judged.
fn assert_told(run: &Path) {
    let report = creamc::report::report(run).unwrap();
    assert!(report.notes.is_empty(), "{:?}", report.notes);
    for missing in ["No path was judged yet", "The board is empty yet"] {
        assert!(!report.html.contains(missing), "{missing}");
    }
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
        assert_told(&run);
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

/// The shipped images as CIFAR-10 has its own: 32 pixels a side, the one grey plane for each of the three colours.
fn in_colour(folder: &Path) {
    let wanted = Wanted::all(10, 1, 32);
    let data = Data::load(&repository("examples/fashion-mnist"), &wanted).unwrap();
    // So many of each class, in every file of the set.
    let write = |name: &str, part: &Part, per_class: Range<usize>| {
        let set = &part.set;
        let planes = set.pixels().unwrap().chunks_exact(32 * 32);
        let mut seen = [0; 10];
        let mut records = Vec::new();
        for (&class, plane) in set.labels.iter().zip(planes) {
            let nth = &mut seen[class as usize];
            if per_class.contains(nth) {
                records.push(class as u8);
                records.extend(plane.repeat(3));
            }
            *nth += 1;
        }
        fs::write(folder.join(name), records).unwrap();
    };
    for batch in 0..5 {
        let name = format!("data_batch_{}.bin", batch + 1);
        write(&name, &data.train, batch..batch + 1);
    }
    write("test_batch.bin", &data.test, 0..1);
}

/// What an architecture costs, as another process counts it.
fn cost(file: &Path) -> Value {
    let mut creamc = Command::new(env!("CARGO_BIN_EXE_creamc"));
    let said = creamc.arg("cost").arg(file);
    let said = said.args(["--format", "json", "--classes", "10"]);
    serde_json::from_slice(&said.output().unwrap().stdout).unwrap()
}

#[test]
fn the_large_space_is_searched_within_flops_params_and_measured_time() {
    let folder = tempfile::tempdir().unwrap();
    in_colour(folder.path());
    let options = |out: Option<&Path>, set: &[&str]| RunOptions {
        data: Some(folder.path().to_owned()),
        ..run_options(out, set)
    };
    let run = folder.path().join("run");
    let set = [
        "EPOCHS=2",
        "LR=0.05",
        "WARMUP_STEPS=2",
        "WARMUP_EPOCHS=0",
        "DATASET.BATCH_SIZE=8",
        "SUPERNET.SHARING=elastic",
        "SUPERNET.META_STA_EPOCH=1",
        "SUPERNET.UPDATE_ITER=2",
        "SUPERNET.SLICE=2",
        "SUPERNET.POOL_SIZE=2",
        "SUPERNET.JUDGE_IMAGES=10",
        "SUPERNET.RECAL_IMAGES=20",
        "SUPERNET.RECAL_BATCH=10",
        "SUPERNET.PROBE_PATHS=1",
    ];
    let found = run_until(
        &SearchOptions {
            space: repository("spaces/edge.cream"),
            classes: Some(10),
            require: Vec::new(),
            run: options(Some(&run), &set),
        },
        &|| false,
    );
    let found = found.unwrap();
    assert_eq!((found.epochs, found.stopped), (2, false));
    let log = fs::read_to_string(run.join("log.txt")).unwrap();
    assert!(log.contains("slices of one set of weights"), "{log}");
    let best = run.join("best.cream");
    let cost = cost(&best);
    let of = |metric: &Value| metric.as_u64().unwrap();
    assert_eq!(of(&cost["flops"]), found.arch.flops);
    assert!((150_000_000..=600_000_000).contains(&of(&cost["flops"])));
    assert!(of(&cost["params"]) <= 8_000_000);
    assert!((1..=8_000_000).contains(&of(&cost["tables"]["xeon"])));

    let network = NetworkOptions {
        file: Some(best),
        arch: None,
        classes: Some(10),
    };
    let alone = folder.path().join("alone");
    let set = ["EPOCHS=1", "WARMUP_EPOCHS=0", "DATASET.BATCH_SIZE=8"];
    let trained = retrain::run(&RetrainOptions {
        network: network.clone(),
        inherit: Some(run),
        run: options(Some(&alone), &set),
    });
    let trained = trained.unwrap();
    assert!(trained.test.loss.is_finite());
    let tested = retrain::run_test(&TestOptions {
        network,
        weights: Some(alone.join("model.safetensors")),
        average: true,
        csv: None,
        run: options(None, &["DATASET.BATCH_SIZE=8"]),
    });
    let tested = tested.unwrap();
    assert_eq!(tested.arch.resolution, found.arch.resolution);
    assert_eq!(tested.tested.images, 10);
    assert_eq!(tested.tested, trained.test);
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
