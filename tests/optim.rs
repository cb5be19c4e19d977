//! Optimisers, schedules, averages and clipping against numbers recorded from PyTorch and timm.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![cfg(feature = "torch")]

use std::collections::BTreeMap;
use std::path::Path;

use creamc::config;
use creamc::nn::NamedTensor;
use creamc::retrain::clip;
use creamc::train::Recipe;
use creamc::train::average::{Average, Decay};
use creamc::train::optimiser::{Optimiser, OptimiserKind};
use serde_json::Value;
use tch::{Kind, Tensor};

fn recorded() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/optim/recorded.json");
    let text = std::fs::read_to_string(file).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Panics unless the values are the expected ones up to `tolerance`.
#[track_caller]
fn assert_close(name: &str, found: &Tensor, expected: &Tensor, tolerance: f64) {
    assert_eq!(found.size(), expected.size(), "{name}");
    let difference = (found - expected).abs().max().double_value(&[]);
    assert!(difference <= tolerance, "{name}: {difference:e} apart");
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap()
}

fn tensor(value: &Value) -> Tensor {
    match value[0].is_array() {
        true => {
            let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
            Tensor::from_slice2(&rows)
        }
        false => Tensor::from_slice(&numbers(value)),
    }
}

/// A retraining's recipe for 20 epochs of `steps` steps with the recorded rates.
fn recipe(steps: usize, more: &[&str]) -> Recipe {
    let common = [
        "EPOCHS=20",
        "LR=0.064",
        "MIN_LR=1e-5",
        "DATASET.BATCH_SIZE=1",
        "OPT=sgd",
    ];
    let set: Vec<String> = common
        .iter()
        .chain(more)
        .map(|&one| one.to_owned())
        .collect();
    let settings = config::retrain(None, &set).unwrap().settings;
    Recipe::new(&settings.train, steps, 1).unwrap()
}

const WARM: [&str; 2] = ["WARMUP_EPOCHS=3", "WARMUP_LR=1e-6"];
const COLD: [&str; 2] = ["WARMUP_EPOCHS=0", "WARMUP_LR=0"];
const NOISE: [&str; 2] = ["LR_NOISE=[0.4, 0.8]", "SEED=42"];

#[track_caller]
fn assert_rates(name: &str, more: &[&[&str]], stride: usize) {
    let recipe = recipe(stride, &more.concat());
    let expected = numbers(&recorded()["schedules"][name]);
    for (time, expected) in expected.iter().enumerate() {
        for step in [time * stride, (time + 1) * stride - 1] {
            let found = recipe.schedule.lr(step as u64);
            assert!(
                (found - expected).abs() <= 1e-12 * expected,
                "{name} at {time}: {found} {expected}"
            );
        }
    }
}

#[test]
fn rates_of_every_epoch_are_timms() {
    let step = ["SCHED=step", "DECAY_EPOCHS=2.4", "DECAY_RATE=0.973"];
    let cosine = ["SCHED=cosine", "COOLDOWN_EPOCHS=4"];
    let multistep = ["SCHED=multistep", "DECAY_MILESTONES=[6, 13]"];
    assert_rates("cosine", &[&cosine, &WARM], 7);
    assert_rates("cosine_noise", &[&cosine, &WARM, &NOISE], 7);
    assert_rates("step", &[&step, &WARM], 7);
    assert_rates("step_noise", &[&step, &COLD, &NOISE], 7);
    assert_rates("multistep", &[&multistep, &WARM], 7);
    assert_rates("linear", &[&["SCHED=linear", "MIN_LR=0"], &COLD], 7);
}

#[test]
fn rates_of_every_update_are_timms_where_there_is_no_warm_up() {
    let update = ["SCHED_PER=update"];
    let step = ["SCHED=step", "DECAY_EPOCHS=2.4", "DECAY_RATE=0.973"];
    let (cosine, multistep) = (
        ["SCHED=cosine"],
        ["SCHED=multistep", "DECAY_MILESTONES=[6, 13]"],
    );
    assert_rates("cosine_updates", &[&cosine, &COLD, &update], 1);
    assert_rates("step_updates", &[&step, &COLD, &update], 1);
    assert_rates(
        "cosine_noise_updates",
        &[&cosine, &COLD, &NOISE, &update],
        1,
    );
    assert_rates("multistep_updates", &[&multistep, &COLD, &update], 1);
    let linear = ["SCHED=linear", "MIN_LR=0"];
    assert_rates("linear_updates", &[&linear, &COLD, &update], 1);
}

#[test]
fn the_cool_down_lengthens_the_run() {
    let recipe = recipe(5, &["SCHED=cosine", "COOLDOWN_EPOCHS=4"]);
    assert_eq!(recipe.schedule.steps, 24 * 5);
}

const LRS: [f64; 5] = [0.05, 0.1, 0.1, 0.02, 0.01];

/// The gradient that the recorder gives a tensor of so many numbers at a step.
fn gradient(like: &Tensor, step: usize) -> Tensor {
    let each = |at: usize| ((at * 7 + step * 5) % 11) as f64 / 8.0 - 5.0 / 8.0;
    let values: Vec<f64> = (0..like.numel()).map(each).collect();
    Tensor::from_slice(&values).view(like.size().as_slice())
}

fn parameters() -> Vec<NamedTensor> {
    let named = |name: &str, tensor: Tensor| NamedTensor {
        name: name.into(),
        tensor,
    };
    vec![
        named(
            "weight",
            Tensor::from_slice2(&[[0.5, -1.25, 2.0], [0.1, 0.75, -0.3]]),
        ),
        named("bias", Tensor::from_slice(&[0.2, -0.4, 1.5])),
    ]
}

fn kinds() -> [(&'static str, OptimiserKind); 5] {
    let sgd = |nesterov| OptimiserKind::Sgd {
        nesterov,
        momentum: 0.9,
    };
    let adam = |decoupled| OptimiserKind::Adam {
        eps: 1e-8,
        decoupled,
    };
    let rmsprop = OptimiserKind::RmspropTf {
        momentum: 0.9,
        eps: 1e-3,
    };
    [
        ("sgd", sgd(true)),
        ("momentum", sgd(false)),
        ("adam", adam(false)),
        ("adamw", adam(true)),
        ("rmsproptf", rmsprop),
    ]
}

fn step(optimiser: &mut Optimiser, parameters: &[NamedTensor], at: usize) {
    let gradients: Vec<Tensor> = parameters
        .iter()
        .map(|one| gradient(&one.tensor, at))
        .collect();
    optimiser.step(LRS[at], parameters, &gradients).unwrap();
}

#[test]
fn five_steps_of_every_optimiser_are_pytorchs() {
    let recorded = recorded();
    for (name, kind) in kinds() {
        let parameters = parameters();
        let mut optimiser = Optimiser::new(kind, 0.02);
        for at in 0..LRS.len() {
            step(&mut optimiser, &parameters, at);
            for own in &parameters {
                let expected = tensor(&recorded["optimisers"][name][at][&*own.name]);
                assert_close(&format!("{name} {at}"), &own.tensor, &expected, 1e-13);
            }
        }
    }
}

#[test]
fn an_optimiser_goes_on_from_its_saved_state() {
    for (name, kind) in kinds() {
        let (whole, halves) = (parameters(), parameters());
        let mut one = Optimiser::new(kind, 0.02);
        (0..5).for_each(|at| step(&mut one, &whole, at));
        let mut first = Optimiser::new(kind, 0.02);
        (0..3).for_each(|at| step(&mut first, &halves, at));
        let saved: BTreeMap<String, Tensor> = first
            .tensors()
            .into_iter()
            .map(|one| (one.name.to_string(), one.tensor.copy()))
            .collect();
        let mut second = Optimiser::new(kind, 0.02);
        second.restore(&halves, &saved).unwrap();
        (3..5).for_each(|at| step(&mut second, &halves, at));
        for (a, b) in whole.iter().zip(&halves) {
            assert!(a.tensor.equal(&b.tensor), "{name} {}", a.name);
        }
    }
}

#[test]
fn a_state_of_another_optimiser_or_network_is_refused() {
    let parameters = parameters();
    let mut sgd = Optimiser::new(kinds()[0].1, 0.0);
    step(&mut sgd, &parameters, 0);
    let saved: BTreeMap<String, Tensor> = sgd
        .tensors()
        .into_iter()
        .map(|one| (one.name.to_string(), one.tensor))
        .collect();
    let mut adam = Optimiser::new(kinds()[2].1, 0.0);
    let error = adam.restore(&parameters, &saved).unwrap_err().to_string();
    assert!(error.contains("first.weight"), "{error}");
    let mut again = Optimiser::new(kinds()[0].1, 0.0);
    let error = again.restore(&parameters[..1], &saved).unwrap_err();
    assert!(error.to_string().contains("momentum.bias"), "{error}");
}

#[test]
fn an_average_is_timms() {
    let expected = &recorded()["average"];
    let weight = Tensor::from_slice(&[1.0, -2.0, 0.5]);
    let named = [NamedTensor {
        name: "weight".into(),
        tensor: weight.shallow_clone(),
    }];
    let decay = Decay {
        keep: 0.9,
        warmup: false,
    };
    let mut average = Average::new(decay, &named);
    let change = Tensor::from_slice(&[0.5, 0.25, -1.0]);
    for at in 0..3 {
        let _ = weight
            .shallow_clone()
            .g_add_(&(&change * f64::from(at + 1)));
        average.update(&named).unwrap();
        let found = &average.tensors()[0].tensor;
        assert_close("average", found, &tensor(&expected[at as usize]), 1e-14);
    }
}

#[test]
fn clipped_gradients_are_pytorchs() {
    let expected = &recorded()["clipped"];
    let gradients: Vec<Tensor> = parameters()
        .iter()
        .map(|one| gradient(&one.tensor, 1))
        .collect();
    let norm = creamc_torch::norm(&gradients).unwrap().double_value(&[]);
    assert!((norm - expected["norm"].as_f64().unwrap()).abs() < 1e-14);
    clip(&gradients, 1.0).unwrap();
    for (found, name) in gradients.iter().zip(["weight", "bias"]) {
        assert_close(name, found, &tensor(&expected[name]), 1e-14);
    }
    let before = gradients[0].copy();
    clip(&gradients, 10.0).unwrap();
    assert!(gradients[0].equal(&before) && before.kind() == Kind::Double);
}
