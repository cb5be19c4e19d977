//! Blocks that the paper's space has not, as tensors: a path is one network however it is built.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![cfg(feature = "torch")]

mod common;

use common::learners::DOUBLE;
use common::space;
use creamc::childnet::{Childnet, Inference};
use creamc::lang::count::{Measure, Sampler};
use creamc::lang::ir::Ir;
use creamc::lang::plan::{self, Plan, Request};
use creamc::nn::{Mode, Place};
use creamc::supernet::{Sharing, Supernet};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

#[test]
fn a_path_trains_and_gives_the_same_from_the_supernet_alone_and_folded() {
    assert_all_the_same("operators.cream", 12);
}

#[test]
fn blocks_of_rows_train_and_give_the_same_from_the_supernet_alone_and_folded() {
    assert_all_the_same("blocks.cream", 16);
}

fn assert_all_the_same(file: &str, paths: usize) {
    let ir = space(file);
    let plan = plan::plan(&ir, &Request::default())
        .expect("there are no bounds")
        .0;
    let sampler = Sampler::new(&plan.graph, &[], Measure::Decisions).expect("there are paths");
    let supernet = Supernet::new(&plan.ir.at(plan.resolution), DOUBLE, 5);
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let images = Tensor::rand([2, 3, 30, 30], (Kind::Double, Device::Cpu));
    for _ in 0..paths {
        let path = sampler.draw(&mut random);
        // Training moves the statistics of the norms, so that folding has something to fold.
        let logits = supernet.forward(&images, &path, Mode::Train);
        logits.square().sum(Kind::Double).backward();
        for parameter in supernet.parameters(&path) {
            let gradient = parameter.tensor.grad();
            assert!(gradient.defined(), "{} of {path:?}", parameter.name);
        }
        let shared = tch::no_grad(|| supernet.forward(&images, &path, Mode::Eval));
        let network = plan.ir.network(&path, plan.resolution);
        let childnet = Childnet::of_supernet(&network, &supernet, &path);
        let alone = tch::no_grad(|| childnet.forward(&images, Mode::Eval));
        let folded = tch::no_grad(|| Inference::of(&childnet).forward(&images));
        assert_eq!(shared.size(), [2, 7]);
        assert!(shared.equal(&alone), "{path:?}");
        let difference = (&folded - &alone).abs().max().double_value(&[]);
        assert!(difference < 1e-9, "{difference} on {path:?}");
    }
}

/// A supernet of 32-bit floats, which without gradient runs in fused passes, and one with the same weights in double
/// precision, which runs by libtorch's operators.
fn both_precisions(ir: &Ir, sharing: Sharing) -> [Supernet; 2] {
    let short = Supernet::sharing(ir, sharing, Place::CPU, 5);
    let double = Supernet::sharing(ir, sharing, DOUBLE, 6);
    let named = short.tensors().into_iter();
    let weights = named.map(|one| (one.name.to_string(), one.tensor.detach()));
    double
        .load(&weights.collect())
        .expect("they are of one space");
    [short, double]
}

fn apart(found: &Tensor, expected: &Tensor) -> f64 {
    let largest = expected.abs().max().double_value(&[]);
    (found - expected).abs().max().double_value(&[]) / largest
}

#[test]
fn a_path_without_gradient_is_libtorchs_in_every_mode_and_a_group_is_a_batch_of_its_own() {
    for (file, sharing) in [
        ("tests/fixtures/operators.cream", Sharing::Independent),
        ("tests/fixtures/blocks.cream", Sharing::Independent),
        ("tests/fixtures/elastic.cream", Sharing::Elastic),
        ("examples/edge28.cream", Sharing::Elastic),
    ] {
        let plan = common::plan(file, &[]);
        assert_by_kernels_as_by_libtorch(&plan, sharing);
    }
}

fn assert_by_kernels_as_by_libtorch(plan: &Plan, sharing: Sharing) {
    let sampler = Sampler::new(&plan.graph, &[], Measure::Decisions).expect("there are paths");
    let [short, double] = both_precisions(&plan.ir.at(plan.resolution), sharing);
    let mut random = ChaCha8Rng::seed_from_u64(8);
    let (channels, side) = (
        i64::from(plan.ir.input_channels),
        i64::from(plan.resolution),
    );
    let images = Tensor::rand([6, channels, side, side], (Kind::Float, Device::Cpu));
    for _ in 0..12 {
        let path = sampler.draw(&mut random);
        let before: Vec<Tensor> = short.buffers(&path).iter().map(Tensor::copy).collect();
        tch::no_grad(|| {
            for mode in [Mode::Eval, Mode::Probe, Mode::ProbeGroups(2)] {
                let [found, expected] =
                    [&short, &double].map(|net| net.forward(&images, &path, mode));
                let apart = apart(&found, &expected);
                assert!(apart < 1e-3, "{apart:e}, {mode:?} on {path:?}");
            }
            let [found, expected] = [&short, &double].map(|net| {
                let mut statistics = net.statistics(&path);
                for batch in images.split(3, 0) {
                    let _ = net.measure(&batch, &path, &mut statistics);
                }
                net.judge(&images, &path, &statistics)
            });
            let apart = apart(&found, &expected);
            assert!(apart < 1e-3, "{apart:e}, judged on {path:?}");
            let groups = short.forward(&images, &path, Mode::ProbeGroups(2));
            let alone = |group: &Tensor| short.forward(group, &path, Mode::Probe);
            let alone: Vec<Tensor> = images.split(2, 0).iter().map(alone).collect();
            assert!(self::apart(&groups, &Tensor::cat(&alone, 0)) < 1e-4);
        });
        for (before, after) in before.iter().zip(short.buffers(&path)) {
            assert!(before.equal(&after), "running statistics stay");
        }
    }
}
