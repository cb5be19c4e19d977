//! A small space, batches of it and learners, for ranks that are threads.

use std::sync::Arc;

use creamc::childnet::Childnet;
use creamc::data::Batch;
use creamc::lang::board::Score;
use creamc::lang::ir::Path;
use creamc::lang::plan::Plan;
use creamc::nn::{NamedTensor, Place};
use creamc::ranks::Ranks;
use creamc::search::Draws;
use creamc::search::recipe::{Recipe, Strategy};
use creamc::search::step::Learner;
use creamc::search::teacher::Probe;
use creamc::supernet::{Sharing, Supernet};
use creamc_torch::group::testing;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor};

pub use super::common::learners::DOUBLE;
use super::common::{assert_close, learners, plan};

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

    pub fn batch(&self, count: i64, place: Place) -> Batch {
        learners::batch(&self.plan, count, place)
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
    let mut recipe = learners::recipe(strategy);
    recipe.train.sync_norms = sync_norms;
    // The meta layer stays as it is.
    recipe.update_every = 1000;
    recipe
}

/// A learner with a teacher on its board.
pub fn learner(scene: &Scene, ranks: Ranks) -> Learner {
    let mut learner = learners::learner(&scene.plan, scene.supernet(DOUBLE), ranks);
    let probe = Probe {
        images: scene.batch(2, DOUBLE).images,
        softmax: Tensor::ones([2, 10], (Kind::Double, Device::Cpu)) / 10.0,
    };
    let score = Score::new(50.0).unwrap();
    let teacher = scene.paths[1].clone();
    learner.board.offer(teacher, score, 100, probe);
    learner
}
