//! Blocks that the paper's space has not, as tensors: a path is one network however it is built.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![cfg(feature = "torch")]

mod common;

use common::space;
use creamc::childnet::{Childnet, Inference};
use creamc::lang::count::{Measure, Sampler};
use creamc::lang::plan::{self, Request};
use creamc::nn::{Mode, Place};
use creamc::supernet::Supernet;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

const DOUBLE: Place = Place {
    kind: Kind::Double,
    device: Device::Cpu,
};

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
