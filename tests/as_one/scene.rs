//! A small space, batches of it and learners, for ranks that are threads.

use std::sync::Arc;

use creamc::childnet::Childnet;
use creamc::data::Batch;
use creamc::lang::board::{Board, Score};
use creamc::lang::ir::Path;
use creamc::lang::plan::Plan;
use creamc::nn::{NamedTensor, Place};
use creamc::ranks::Ranks;
use creamc::search::meta::MetaLayer;
use creamc::search::recipe::{PickMethod, Recipe, Strategy};
use creamc::search::step::{Learner, Lessons};
use creamc::search::teacher::Probe;
use creamc::search::{Draws, Visits};
use creamc::supernet::{Sharing, Supernet};
use creamc::train::loss::KdLoss;
use creamc::train::optimiser::OptimiserKind;
use creamc::train::sgd::Momentum;
use creamc::train::{self, Per, Schedule, Shape};
use creamc_torch::group::testing;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

use super::common::{assert_close, plan};

pub const DOUBLE: Place = Place {
    kind: Kind::Double,
    device: Device::Cpu,
};

/// A space and paths of it.
pub struct Scene {
    pub plan: Plan,
    pub paths: Vec<Path>,
}

pub fn scene() -> Scene {
    creamc_torch::set_threads(1).expect("one thread is allowed");
    let plan = plan("spaces/tiny.cream", &[]);
    let settings = creamc::config::search(None, &[]).unwrap().settings;
    let draws = Draws::new(&settings.supernet, &plan).unwrap();
    let paths = draws.distinct(&mut ChaCha8Rng::seed_from_u64(3), 3);
    Scene { plan, paths }
}

impl Scene {
    pub fn supernet(&self, place: Place) -> Supernet {
        Supernet::new(&self.plan.ir.at(self.plan.resolution), place, 5)
    }

    /// A supernet whose candidates are slices of the largest one's weights.
    pub fn sliced(&self, place: Place) -> Supernet {
        let ir = self.plan.ir.at(self.plan.resolution);
        Supernet::sharing(&ir, Sharing::Elastic, place, 5)
    }

    pub fn childnet(&self, place: Place) -> Childnet {
        let network = self.plan.ir.network(&self.paths[0], self.plan.resolution);
        Childnet::new(&network, place, 5)
    }

    /// So many images, each around a mean of its own, and their classes.
    pub fn batch(&self, count: i64, place: Place) -> Batch {
        let options = (Kind::Double, Device::Cpu);
        let side = i64::from(self.plan.resolution);
        let channels = i64::from(self.plan.ir.input_channels);
        let numbers = Tensor::arange(count * channels * side * side, options);
        let images = (numbers * 0.37).sin().view([count, channels, side, side]);
        let means = (Tensor::arange(count, options) * 1.3).cos();
        let classes = i64::from(self.plan.ir.classes);
        Batch {
            images: (images + means.view([-1, 1, 1, 1])).to_kind(place.kind),
            labels: (Tensor::arange(count, (Kind::Int64, Device::Cpu)) * 7).remainder(classes),
            share: 1.0,
        }
    }
}

/// The images of a batch from `start` on.
pub fn piece(batch: &Batch, start: i64, length: i64) -> Batch {
    Batch {
        images: batch.images.narrow(0, start, length),
        labels: batch.labels.narrow(0, start, length),
        share: 1.0,
    }
}

/// Tensors with their names.
pub type Named = Vec<(String, Tensor)>;

pub fn named(tensors: &[NamedTensor]) -> Named {
    let copy = |one: &NamedTensor| (one.name.to_string(), one.tensor.detach().copy());
    tensors.iter().map(copy).collect()
}

/// What every rank found is `expected`, up to `tolerance` times the largest value of each tensor.
pub fn assert_all_close(found: &[Named], expected: &Named, tolerance: f64) {
    for rank in found {
        assert_eq!(rank.len(), expected.len());
        for ((name, found), (_, expected)) in rank.iter().zip(expected) {
            assert_close(name, found, expected, tolerance);
        }
    }
}

pub const N: i64 = 4;

/// What two ranks of `N` images each make of a learner.
pub fn of_two<T: Send>(look: impl Fn(&Scene, Ranks, &Batch) -> T + Sync) -> Vec<T> {
    testing::ranks(2, |group| {
        let ranks = Ranks::of(Arc::new(group));
        let scene = scene();
        let batch = scene.batch(2 * N, DOUBLE);
        let own = piece(&batch, N * ranks.rank() as i64, N);
        look(&scene, ranks, &own)
    })
}

pub fn recipe(strategy: Strategy, sync_norms: bool) -> Recipe {
    Recipe {
        train: train::Recipe {
            schedule: Schedule {
                shape: Shape::Constant,
                per: Per::Update,
                unit: 1,
                lr: 0.1,
                min_lr: 0.0,
                warmup_lr: 0.0,
                warmup: 0.0,
                end: 100.0,
                steps: 100,
                noise: None,
            },
            steps: 4,
            momentum: 0.9,
            weight_decay: 1e-4,
            smoothing: 0.1,
            sync_norms,
            short: None,
            optimiser: OptimiserKind::Sgd {
                nesterov: true,
                momentum: 0.9,
            },
        },
        strategy,
        start_epoch: 0,
        update_every: 1000,
        slice: 2,
        pick: PickMethod::Top1,
        kd_loss: KdLoss::Half,
        meta_lr: 1e-4,
    }
}

/// A learner with a teacher on its board.
pub fn learner(scene: &Scene, ranks: Ranks) -> Learner {
    let mut board = Board::new(10, 5.0);
    let probe = Probe {
        images: scene.batch(2, DOUBLE).images,
        softmax: Tensor::ones([2, 10], (Kind::Double, Device::Cpu)) / 10.0,
    };
    let score = Score::new(50.0).unwrap();
    board.offer(scene.paths[1].clone(), score, 100, probe);
    Learner {
        supernet: scene.supernet(DOUBLE),
        momentum: Momentum::default(),
        meta: MetaLayer::new(2, 10, DOUBLE, 1),
        board,
        lessons: Lessons::new(),
        visits: Visits::none(&scene.plan.ir),
        ranks,
    }
}
