//! What the search is compared with: other ways to train the supernet, and the pick by evolution.
#![cfg(feature = "torch")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test lays out and reads its files"
)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::learners::{DOUBLE, batch, learner, recipe};
use common::runs::{repository, run_options};
use common::{assert_close, plan};
use creamc::data::Batch;
use creamc::lang::ir::Path as Network;
use creamc::nn::{Mode, NamedTensor};
use creamc::ranks::Ranks;
use creamc::search::recipe::{Recipe, Strategy};
use creamc::search::sandwich::{self, Ends};
use creamc::search::step::Moment;
use creamc::search::{Draws, Found, SearchOptions, Visits, run_until};
use creamc::supernet::Supernet;
use creamc::train::loss::{cross_entropy, soft_cross_entropy};
use creamc::train::sgd::{Momentum, gradients};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use tch::Tensor;

/// One loss for all four paths, one backward pass, and a step of what took part.
fn by_one_graph(supernet: &Supernet, recipe: &Recipe, paths: [&Network; 4], batch: &Batch) {
    let logits = paths.map(|path| supernet.forward(&batch.images, path, Mode::Train));
    let mut loss = cross_entropy(&logits[0], &batch.labels, 0.1);
    for student in &logits[1..] {
        loss += soft_cross_entropy(student, &logits[0]);
    }
    let mut union: BTreeMap<_, NamedTensor> = BTreeMap::new();
    for path in paths {
        for parameter in supernet.parameters(path) {
            union.insert(parameter.name.clone(), parameter);
        }
    }
    let parameters: Vec<NamedTensor> = union.into_values().collect();
    let gradients = gradients(&loss, &parameters);
    let mut momentum = Momentum::default();
    momentum
        .step(recipe.train.sgd(0), &parameters, &gradients)
        .unwrap();
}

#[test]
fn a_sandwich_step_is_one_step_down_the_sum_of_four_losses() {
    creamc_torch::set_threads(1).expect("one thread is allowed");
    let plan = plan("spaces/tiny.cream", &[]);
    let ends = Ends::of(&plan);
    let costs = [&ends.smallest, &ends.largest].map(|path| plan.cost(path).flops);
    assert!(costs[0] < costs[1]);
    let settings = creamc::config::search(None, &[]).unwrap().settings;
    let draws = Draws::new(&settings.supernet, &plan).unwrap();
    let drawn = draws.distinct(&mut ChaCha8Rng::seed_from_u64(1), 2);
    let drawn: [Network; 2] = drawn.try_into().unwrap();
    for path in &drawn {
        assert!((costs[0]..=costs[1]).contains(&plan.cost(path).flops));
    }
    let ir = plan.ir.at(plan.resolution);
    let recipe = recipe(Strategy::Sandwich(ends.clone()));
    let supernet = || Supernet::new(&ir, DOUBLE, 3);
    let mut learner = learner(&plan, supernet(), Ranks::alone());
    let batch = batch(&plan, 8, DOUBLE);
    let at = Moment { epoch: 1, step: 1 };
    sandwich::step(&mut learner, &recipe, at, (&ends, &drawn), &batch).unwrap();
    let expected = supernet();
    let paths = [&ends.largest, &ends.smallest, &drawn[0], &drawn[1]];
    by_one_graph(&expected, &recipe, paths, &batch);
    let start: BTreeMap<_, _> = by_name(&supernet());
    let (found, expected) = (by_name(&learner.supernet), by_name(&expected));
    let mut moved = 0;
    for (name, tensor) in &found {
        assert_close(name, tensor, &expected[name], 1e-12);
        moved += usize::from(!tensor.equal(&start[name]));
    }
    assert!(moved > 0);
    let all: Vec<String> = paths
        .iter()
        .flat_map(|path| learner.supernet.parameters(path))
        .map(|own| own.name.to_string())
        .collect();
    let still = start.keys().filter(|name| !all.contains(name));
    for name in still.filter(|name| !name.contains("running")) {
        assert!(found[name].equal(&start[name]), "{name} is on no path");
    }
    let visits: u64 = learner.visits.rows[0].depths.values().sum();
    assert_eq!(visits, 4);
}

fn by_name(supernet: &Supernet) -> BTreeMap<String, Tensor> {
    let tensors = supernet.tensors().into_iter();
    tensors
        .map(|own| (own.name.to_string(), own.tensor.detach()))
        .collect()
}

fn search(out: &Path, more: &[&str]) -> Found {
    let small = [
        "EPOCHS=2",
        "WARMUP_STEPS=2",
        "WARMUP_EPOCHS=0",
        "DATASET.BATCH_SIZE=32",
        "DATASET.IMAGES_PER_CLASS=20",
        "SUPERNET.JUDGE_IMAGES=50",
        "SUPERNET.RECAL_IMAGES=60",
        "SUPERNET.RECAL_BATCH=30",
        "SUPERNET.PROBE_PATHS=2",
    ];
    let options = SearchOptions {
        space: repository("spaces/tiny.cream"),
        classes: None,
        require: Vec::new(),
        run: run_options(Some(out), &[&small[..], more].concat()),
    };
    run_until(&options, &|| false).unwrap()
}

const EVOLUTION: [&str; 3] = [
    "SUPERNET.POPULATION=8",
    "SUPERNET.GENERATIONS=3",
    "SUPERNET.PARENTS=3",
];

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn assert_inside(found: &Found) {
    let macs = found.arch.macs;
    assert!((260_000..=310_000).contains(&macs), "{macs}");
}

#[test]
fn the_evolution_picks_the_lowest_loss_it_judged_and_judges_no_path_twice() {
    for (strategy, trained_a_step) in [("spos", 1), ("sandwich", 4)] {
        let folder = tempfile::tempdir().unwrap();
        let strategy = format!("SUPERNET.STRATEGY={strategy}");
        let set = [&[strategy.as_str()], &EVOLUTION[..]].concat();
        let runs = ["a", "b"].map(|name| folder.path().join(name));
        let [found, again] = [&runs[0], &runs[1]].map(|run| search(run, &set));
        assert_inside(&found);
        assert_eq!(
            Found {
                run: found.run.clone(),
                ..again
            },
            found,
            "{strategy}"
        );
        let generations = lines(&runs[0].join("evolution.jsonl"));
        assert_eq!(generations.len(), 3);
        let judged: Vec<&Value> = generations
            .iter()
            .flat_map(|one| one["judged"].as_array().unwrap())
            .collect();
        let losses = judged.iter().map(|one| one["loss"].as_f64().unwrap());
        let least = losses.fold(f64::INFINITY, f64::min);
        assert_eq!(found.judge_loss, Some(least), "{strategy}");
        let paths: std::collections::BTreeSet<String> =
            judged.iter().map(|one| one["path"].to_string()).collect();
        assert_eq!((paths.len(), judged.len()), (24, 24));
        let metrics = lines(&runs[0].join("metrics.jsonl"));
        for line in &metrics {
            assert_eq!(
                (&line["board"], &line["distilled_steps"]),
                (&0.into(), &0.into())
            );
        }
        let visits: Visits =
            serde_json::from_str(&fs::read_to_string(runs[0].join("visits.json")).unwrap())
                .unwrap();
        let trained: u64 = visits.rows[0].depths.values().sum();
        assert_eq!(
            trained,
            trained_a_step * metrics[1]["step"].as_u64().unwrap()
        );
    }
}

#[test]
fn an_evolution_begins_with_the_board() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let more = ["SUPERNET.PICK=evolution", "SUPERNET.POOL_SIZE=3"];
    let found = search(&run, &[&more[..], &EVOLUTION[..]].concat());
    let board = lines(&run.join("metrics.jsonl")).pop().unwrap();
    let generations = lines(&run.join("evolution.jsonl"));
    let board: Vec<&Value> = board["judged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["path"])
        .collect();
    let first: Vec<&Value> = generations[0]["judged"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["path"])
        .collect();
    assert_eq!(board.len(), 3);
    for path in board {
        assert!(first.contains(&path), "{path}");
    }
    assert_inside(&found);
}

#[test]
fn a_random_result_is_drawn_inside_the_bounds_and_nothing_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = ["1", "2", "3"].map(|seed| {
        let seed = format!("SEED={seed}");
        let run = folder.path().join(&seed);
        let mut options = SearchOptions {
            space: repository("spaces/tiny.cream"),
            classes: None,
            require: Vec::new(),
            run: run_options(Some(&run), &["SUPERNET.STRATEGY=random", &seed]),
        };
        options.run.seed = None;
        let found = run_until(&options, &|| false).unwrap();
        assert_inside(&found);
        assert_eq!(
            (found.judge_loss, found.epochs, found.stopped),
            (None, 0, false)
        );
        let best = fs::read_to_string(run.join("best.cream")).unwrap();
        assert!(
            best.contains("STRATEGY: random") && best.contains("arch best of tiny"),
            "{best}"
        );
        assert!(!run.join("checkpoint").exists());
        found.arch.choices
    });
    assert!(drawn[0] != drawn[1] || drawn[1] != drawn[2], "{drawn:?}");
}
