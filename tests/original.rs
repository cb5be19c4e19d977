//! Our tensors against numbers recorded from the original code.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![cfg(feature = "torch")]

mod common;

use std::collections::BTreeMap;

use common::learners::DOUBLE;
use common::{assert_close, fixture, fixture_path, space, tiny_childnet_path, tiny_path};
use creamc::checkpoint::names::Names;
use creamc::checkpoint::pth;
use creamc::childnet::{Childnet, Inference};
use creamc::lang::ir::{Ir, Path};
use creamc::nn::{Mode, NamedTensor, Place};
use creamc::ranks::Ranks;
use creamc::search::meta::{self, MetaLayer, MetaStep};
use creamc::search::teacher::{self, Probe};
use creamc::supernet::Supernet;
use creamc::train::loss::{KdLoss, cross_entropy, distillation, soft_cross_entropy};
use creamc::train::sgd::{Momentum, gradients};
use creamc_torch::Sgd;
use serde_json::Value;
use tch::Tensor;

/// The tiny supernet with the recorded first weights, and everything recorded of it.
struct Recorded {
    ir: Ir,
    names: Names,
    supernet: Supernet,
    inputs: BTreeMap<String, Tensor>,
    numbers: Value,
}

impl Recorded {
    fn new() -> Recorded {
        let ir = space("tiny_supernet.cream");
        let names = Names::of_supernet(&ir).unwrap();
        let supernet = Supernet::new(&ir, DOUBLE, 1);
        supernet
            .load(&names.translate(fixture("tiny_supernet_init.safetensors")))
            .unwrap();
        let numbers = include_str!("fixtures/tiny_supernet.json");
        Recorded {
            ir,
            names,
            supernet,
            inputs: fixture("tiny_supernet_inputs.safetensors"),
            numbers: serde_json::from_str(numbers).unwrap(),
        }
    }

    fn path(&self, name: &str) -> Path {
        tiny_path(&self.numbers["info"][name])
    }

    #[track_caller]
    fn assert_number(&self, pointer: &str, found: f64) {
        let expected = self.numbers.pointer(pointer).unwrap().as_f64().unwrap();
        assert!(
            (found - expected).abs() <= 1e-11 * expected.abs(),
            "{pointer}: {found} {expected}"
        );
    }

    /// Cross entropy of a training step on the recorded batch, with its logits.
    fn labels_loss(&self, path: &Path) -> (Tensor, Tensor) {
        let logits = self.supernet.forward(&self.inputs["x"], path, Mode::Train);
        (cross_entropy(&logits, &self.inputs["target"], 0.1), logits)
    }

    fn probes(&self) -> [Probe; 3] {
        [0, 1, 2].map(|at| Probe {
            images: self.inputs[&format!("board{at}.x")].shallow_clone(),
            softmax: self.inputs[&format!("board{at}.soft")].shallow_clone(),
        })
    }

    fn meta_layer(&self) -> MetaLayer {
        let layer = MetaLayer::new(4, 10, DOUBLE, 1);
        let mut tensors: BTreeMap<String, Tensor> = layer
            .tensors()
            .into_iter()
            .map(|own| (own.name.to_string(), own.tensor))
            .collect();
        for (name, tensor) in fixture("tiny_supernet_init.safetensors") {
            if name.starts_with("meta_layer.") {
                tensors.insert(name, tensor);
            }
        }
        layer.load(&tensors).unwrap();
        layer
    }
}

/// `s1.0.3` of `s1.0.3.conv_pw.weight`.
fn block_of(name: &str) -> &str {
    let dot = name
        .match_indices('.')
        .nth(2)
        .expect("ROW.BLOCK.CANDIDATE.PART")
        .0;
    &name[..dot]
}

#[track_caller]
fn assert_gradients(
    names: &Names,
    parameters: &[NamedTensor],
    found: &[Tensor],
    expected: &BTreeMap<String, Tensor>,
) {
    for (parameter, found) in parameters.iter().zip(found) {
        let original = names.to_original(&parameter.name).unwrap();
        assert_close(original, found, &expected[original], 1e-9);
    }
    assert_eq!(parameters.len(), expected.len());
}

#[test]
fn a_childnet_gives_the_originals_values_after_every_module() {
    let network = space("tiny_childnet.cream").network(&tiny_childnet_path(), 32);
    let childnet = Childnet::new(&network, Place::CPU, 1);
    let names = Names::of_network(&network).unwrap();
    childnet
        .load(&names.translate(fixture("tiny_childnet.safetensors")))
        .unwrap();
    let recorded = fixture("tiny_childnet_io.safetensors");
    tch::no_grad(|| {
        let mut x = Place::CPU.images(&recorded["input"]);
        for (layer, block) in network.layers.iter().zip(childnet.blocks()) {
            x = block.forward(&x, Mode::Eval);
            let module = match layer.row.as_str() {
                // Recorded before its activation.
                "stem" | "head" => continue,
                "pool" => "global_pool".to_owned(),
                "logits" => "classifier".to_owned(),
                _ => format!("blocks.{}.{}", layer.row_index - 1, layer.block),
            };
            assert_close(&module, &x, &recorded[&format!("after.{module}")], 1e-5);
        }
        let logits = childnet.forward(&recorded["input"], Mode::Eval);
        let folded = Inference::of(&childnet).forward(&recorded["input"]);
        assert_close("folded logits", &folded, &recorded["logits"], 1e-5);
        assert_close("logits", &logits, &recorded["logits"], 1e-5);
    });
}

#[test]
fn pytorch_checkpoints_of_both_forms_give_the_originals_logits() {
    let network = space("tiny_childnet.cream").network(&tiny_childnet_path(), 32);
    let childnet = Childnet::new(&network, Place::CPU, 1);
    let names = Names::of_network(&network).unwrap();
    let recorded = fixture("tiny_childnet_io.safetensors");
    for form in ["legacy", "zip"] {
        let path = fixture_path(&format!("tiny_childnet.{form}.pth.tar"));
        let found = pth::load(&path).unwrap();
        let both = [
            ("logits", found.weights),
            ("logits_ema", found.averaged.unwrap()),
        ];
        for (name, weights) in both {
            childnet.load(&names.translate(weights)).unwrap();
            let logits = tch::no_grad(|| childnet.forward(&recorded["input"], Mode::Eval));
            assert_close(name, &logits, &recorded[name], 1e-5);
        }
    }
}

#[test]
fn a_training_step_has_the_originals_loss_logits_and_gradients() {
    let recorded = Recorded::new();
    let path = recorded.path("A");
    let (loss, logits) = recorded.labels_loss(&path);
    recorded.assert_number("/student/0/loss", loss.double_value(&[]));
    let mut expected = fixture("tiny_student_grads.safetensors");
    assert_close("logits", &logits, &expected.remove("logits").unwrap(), 1e-9);
    let parameters = recorded.supernet.parameters(&path);
    let found = gradients(&loss, &parameters);
    assert_gradients(&recorded.names, &parameters, &found, &expected);
}

#[test]
fn three_steps_on_two_paths_leave_the_originals_state_and_unsampled_blocks_alone() {
    let recorded = Recorded::new();
    let mut momentum = Momentum::default();
    for (step, name) in ["A", "B", "A"].into_iter().enumerate() {
        let path = recorded.path(name);
        let parameters = recorded.supernet.parameters(&path);
        let (loss, _) = recorded.labels_loss(&path);
        recorded.assert_number(&format!("/student/{step}/loss"), loss.double_value(&[]));
        let settings = Sgd {
            lr: 0.01,
            momentum: 0.9,
            weight_decay: 1e-4,
            nesterov: true,
        };
        momentum
            .step(settings, &parameters, &gradients(&loss, &parameters))
            .unwrap();
    }
    let before = fixture("tiny_supernet_init.safetensors");
    let after = fixture("tiny_student_after3.safetensors");
    let sampled: Vec<String> = ["A", "B"]
        .iter()
        .flat_map(|name| recorded.supernet.parameters(&recorded.path(name)))
        .map(|own| block_of(&own.name).to_owned())
        .collect();
    for own in recorded.supernet.tensors() {
        let original = recorded.names.to_original(&own.name).unwrap();
        assert_close(original, &own.tensor, &after[original], 1e-9);
        if !sampled.iter().any(|block| block == block_of(&own.name)) {
            assert!(own.tensor.equal(&before[original]), "{original} moved");
            assert!(after[original].equal(&before[original]));
        }
    }
}

#[test]
fn distillation_has_the_originals_losses_and_gradients() {
    let recorded = Recorded::new();
    let (path, teacher) = (recorded.path("A"), recorded.path("T"));
    let taught = tch::no_grad(|| {
        recorded
            .supernet
            .forward(&recorded.inputs["x"], &teacher, Mode::Probe)
    });
    let (ce, logits) = recorded.labels_loss(&path);
    let kd = soft_cross_entropy(&logits, &taught);
    let loss = distillation(&kd, &ce, 0.37, KdLoss::Half);
    recorded.assert_number("/distil/ce", ce.double_value(&[]));
    recorded.assert_number("/distil/kd", kd.double_value(&[]));
    recorded.assert_number("/distil/loss", loss.double_value(&[]));
    let parameters = recorded.supernet.parameters(&path);
    let found = gradients(&loss, &parameters);
    let expected = fixture("tiny_distil_grads.safetensors");
    assert_gradients(&recorded.names, &parameters, &found, &expected);
}

#[test]
fn one_batched_forward_scores_the_board_as_the_original_does_one_by_one() {
    let recorded = Recorded::new();
    let probes = recorded.probes();
    let choice = teacher::choose(
        &recorded.supernet,
        &recorded.path("A"),
        &probes.each_ref(),
        &recorded.meta_layer(),
    );
    for (at, score) in choice.scores.iter().enumerate() {
        recorded.assert_number(&format!("/teacher/scores/{at}"), *score);
    }
    assert_eq!(choice.entry, 2);
    recorded.assert_number("/teacher/rho_paper", choice.rho);
}

#[test]
fn the_meta_gradient_is_the_originals_and_the_weights_are_put_back_bit_by_bit() {
    let recorded = Recorded::new();
    let (student, teacher) = (recorded.path("A"), recorded.path("T"));
    let probes = recorded.probes();
    let layer = recorded.meta_layer();
    let choice = teacher::choose(&recorded.supernet, &student, &probes.each_ref(), &layer);
    let found = meta::gradient(
        &recorded.supernet,
        &MetaStep {
            student: &student,
            teacher: &teacher,
            choice: &choice,
            images: &recorded.inputs["x"],
            classes: &recorded.inputs["target"],
            slice: 4,
            lr: 0.01,
            smoothing: 0.1,
            sync_norms: false,
        },
        &Ranks::alone(),
    )
    .unwrap();
    recorded.assert_number("/meta_rho_constant_in_w/kd", found.kd.double_value(&[]));
    recorded.assert_number(
        "/meta_rho_constant_in_w/val",
        found.validation.double_value(&[]),
    );
    let expected = fixture("tiny_meta_grads.safetensors");
    assert_close(
        "weight",
        &found.weight,
        &expected["rho_constant_in_w.weight"],
        1e-8,
    );
    assert_close(
        "bias",
        &found.bias,
        &expected["rho_constant_in_w.bias"],
        1e-8,
    );
    let before = fixture("tiny_supernet_init.safetensors");
    for own in recorded.supernet.tensors() {
        let original = recorded.names.to_original(&own.name).unwrap();
        assert!(own.tensor.equal(&before[original]), "{original} moved");
    }
}

#[test]
fn the_meta_layer_steps_by_its_clipped_gradient() {
    let mut layer = MetaLayer::new(1, 2, DOUBLE, 3);
    let before = layer.weight().copy();
    let gradient = meta::MetaGradient {
        weight: Tensor::from_slice(&[3.0, 0.0]).view([1, 2]),
        bias: Tensor::from_slice(&[4.0]),
        kd: Tensor::new(),
        validation: Tensor::new(),
    };
    layer.step(&gradient, 0.1).unwrap();
    // Norm 5 becomes 1; the first Nesterov step is 1.9 times the gradient.
    let expected = before - Tensor::from_slice(&[0.1 * 1.9 * 0.6, 0.0]).view([1, 2]);
    assert_close("weight", &layer.weight(), &expected, 1e-6);
}

#[test]
fn a_supernet_on_a_path_is_the_childnet_with_its_weights() {
    let recorded = Recorded::new();
    // Running statistics that are not all alike.
    for name in ["A", "B"] {
        let _ = recorded.labels_loss(&recorded.path(name));
    }
    let path = recorded.path("A");
    let network = recorded.ir.network(&path, 32);
    let childnet = Childnet::of_supernet(&network, &recorded.supernet, &path);
    let x = &recorded.inputs["x"];
    for mode in [Mode::Eval, Mode::Probe, Mode::Train] {
        let ours = childnet.forward(x, mode);
        assert!(
            ours.equal(&recorded.supernet.forward(x, &path, mode)),
            "{mode:?}"
        );
    }
}

#[test]
fn a_judged_path_is_evaluated_with_its_own_measured_statistics() {
    let recorded = Recorded::new();
    let path = recorded.path("B");
    let x = &recorded.inputs["x"];
    let mut statistics = recorded.supernet.statistics(&path);
    let _ = recorded.supernet.measure(x, &path, &mut statistics);
    let judged = recorded.supernet.judge(x, &path, &statistics);
    // One batch measured: the childnet whose running statistics become that batch's.
    let network = recorded.ir.network(&path, 32);
    let childnet = Childnet::of_supernet(&network, &recorded.supernet, &path);
    for (block, measured) in childnet.blocks().iter().zip(&statistics.blocks) {
        assert_eq!(measured.batches(), 1);
        block.adopt(measured);
    }
    assert!(judged.equal(&childnet.forward(x, Mode::Eval)));
}

#[test]
fn two_candidates_in_the_first_row_have_no_original_names() {
    let mut ir = space("tiny_supernet.cream");
    let only = ir.rows[0].slots[0].candidates[0].clone();
    ir.rows[0].slots[0].candidates = [only.clone(), only].into();
    let error = Names::of_supernet(&ir).unwrap_err();
    assert_eq!(error.original, "conv_stem.weight");
}
