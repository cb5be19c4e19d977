//! What `SUPERNET.SHARING` costs and saves: numbers that a supernet of `mobile` stores, and the time of a step.
//!
//! `cargo bench --bench sharing` prints the median of steps on the same sampled paths, both ways taken in turn in one
//! run. One compute thread; `-- --device cuda` runs on the first GPU.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads its space")]

use std::path::PathBuf;
use std::time::Instant;

use creamc::config;
use creamc::lang::compile::{self, Overrides};
use creamc::lang::ir::Path;
use creamc::lang::plan::{self, Plan};
use creamc::lang::source::{Files, ReadError};
use creamc::nn::{Mode, Place};
use creamc::search::Draws;
use creamc::supernet::{Sharing, Supernet};
use creamc::train::loss::cross_entropy;
use creamc::train::sgd::{Momentum, gradients};
use creamc_torch::Sgd;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

const SGD: Sgd = Sgd {
    lr: 0.01,
    momentum: 0.9,
    weight_decay: 1e-4,
    nesterov: true,
};
/// Steps before any is timed.
const WARM_UP: usize = 3;
const TIMED: usize = 21;

fn main() {
    let cuda = std::env::args().any(|word| word == "cuda");
    let device = if cuda { Device::Cuda(0) } else { Device::Cpu };
    creamc_torch::set_threads(1).expect("one thread is allowed");
    creamc_torch::keep_freed_memory();
    let place = Place {
        kind: Kind::Float,
        device,
    };
    println!("on {device:?}, one compute thread");
    let plan = plan("spaces/mobile.cream");
    let mut sides =
        [Sharing::Independent, Sharing::Elastic].map(|sharing| Side::new(&plan, sharing, place));
    for side in &sides {
        side.print_size();
    }
    for (images, pixels) in [(16, 64), (8, 128)] {
        steps(&plan, &mut sides, (images, pixels));
    }
}

/// A supernet under training.
struct Side {
    sharing: Sharing,
    supernet: Supernet,
    momentum: Momentum,
}

impl Side {
    fn new(plan: &Plan, sharing: Sharing, place: Place) -> Side {
        let supernet = Supernet::sharing(&plan.ir.at(plan.resolution), sharing, place, 1);
        Side {
            sharing,
            momentum: Momentum::of(&supernet.tensors()),
            supernet,
        }
    }

    fn print_size(&self) {
        let tensors = self.supernet.tensors();
        let numbers = |trained: bool| -> usize {
            let own = tensors
                .iter()
                .filter(|one| one.tensor.requires_grad() == trained);
            own.map(|one| one.tensor.numel()).sum()
        };
        let (weights, statistics) = (numbers(true), numbers(false));
        println!(
            "{:?}: {weights} weights, {statistics} numbers of norm statistics; with momentum {:.1} MiB",
            self.sharing,
            (4 * (2 * weights + statistics)) as f64 / f64::from(1 << 20),
        );
    }

    /// Seconds of one step.
    fn step(&mut self, path: &Path, images: &Tensor, classes: &Tensor) -> f64 {
        let start = Instant::now();
        let logits = self.supernet.forward(images, path, Mode::Train);
        let loss = cross_entropy(&logits, classes, 0.1);
        let parameters = self.supernet.parameters(path);
        let gradients = gradients(&loss, &parameters);
        self.momentum
            .step(SGD, &parameters, &gradients)
            .expect("parameters and gradients go together");
        assert!(loss.double_value(&[]).is_finite());
        start.elapsed().as_secs_f64()
    }
}

fn steps(plan: &Plan, sides: &mut [Side; 2], (count, pixels): (i64, i64)) {
    let place = sides[0].supernet.place();
    let images = Tensor::rand([count, 3, pixels, pixels], (Kind::Float, place.device));
    let images = place.images(&images);
    let classes = Tensor::arange(count, (Kind::Int64, place.device));
    let settings = config::search(None, &[])
        .expect("the defaults are right")
        .settings;
    let draws = Draws::new(&settings.supernet, plan).expect("paths can be drawn");
    let paths = draws.distinct(&mut ChaCha8Rng::seed_from_u64(1), WARM_UP + TIMED);
    let mut seconds = [Vec::new(), Vec::new()];
    for (at, path) in paths.iter().enumerate() {
        for (side, seconds) in sides.iter_mut().zip(&mut seconds) {
            let took = side.step(path, &images, &classes);
            if at >= WARM_UP {
                seconds.push(took);
            }
        }
    }
    let [independent, elastic] = seconds.map(median);
    println!(
        "a step on {count} images of {pixels} pixels: {:.1} ms independent, {:.1} ms elastic, {:.2}x",
        1e3 * independent,
        1e3 * elastic,
        elastic / independent
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Disk;

impl Files for Disk {
    fn read(&self, path: &std::path::Path) -> Result<String, ReadError> {
        std::fs::read_to_string(path).map_err(|error| ReadError(error.to_string()))
    }
}

fn plan(file: &str) -> Plan {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    let unit = compile::load(&Disk, &path, &Overrides::default()).expect("the space is readable");
    let ir = unit.ir.expect("the space is right");
    plan::plan(&ir, &plan::Request::default())
        .expect("a path fits")
        .0
}
