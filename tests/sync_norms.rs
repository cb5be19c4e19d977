//! `BATCHNORM.SYNC_BN`: processes with a piece of a batch each train as one with the whole batch; without
//! it, as one whose norms see each piece apart. Ranks are threads here; `tests/resume/ranks.rs` has processes.
#![cfg(feature = "torch")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::sync::Arc;

use common::{assert_close, plan};
use creamc::childnet::{Childnet, Drops};
use creamc::data::Batch;
use creamc::lang::board::{Board, Score};
use creamc::lang::ir::Path;
use creamc::lang::plan::Plan;
use creamc::nn::{Mode, NamedTensor, Over, Place};
use creamc::ranks::Ranks;
use creamc::search::meta::{self, MetaLayer, MetaStep};
use creamc::search::recipe::{PickMethod, Recipe, Strategy, Variant};
use creamc::search::sandwich::{self, Ends};
use creamc::search::step::{Learner, Lessons, Moment};
use creamc::search::teacher::{Choice, Probe};
use creamc::search::{Draws, Visits};
use creamc::supernet::Supernet;
use creamc::train::loss::KdLoss;
use creamc::train::optimiser::OptimiserKind;
use creamc::train::sgd::Momentum;
use creamc::train::{self, Per, Schedule, Shape};
use creamc_torch::group::testing;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Reduction, Tensor};

const DOUBLE: Place = Place {
    kind: Kind::Double,
    device: Device::Cpu,
};

/// A space and paths of it.
struct Scene {
    plan: Plan,
    paths: Vec<Path>,
}

fn scene() -> Scene {
    creamc_torch::set_threads(1).expect("one thread is allowed");
    let plan = plan("spaces/tiny.cream", &[]);
    let settings = creamc::config::search(None, &[]).unwrap().settings;
    let draws = Draws::new(&settings.supernet, &plan).unwrap();
    let paths = draws.distinct(&mut ChaCha8Rng::seed_from_u64(3), 3);
    Scene { plan, paths }
}

impl Scene {
    fn supernet(&self, place: Place) -> Supernet {
        Supernet::new(&self.plan.ir.at(self.plan.resolution), place, 5)
    }

    fn childnet(&self, place: Place) -> Childnet {
        let network = self.plan.ir.network(&self.paths[0], self.plan.resolution);
        Childnet::new(&network, place, 5)
    }

    /// So many images, each around a mean of its own, and their classes.
    fn batch(&self, count: i64, place: Place) -> Batch {
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
fn piece(batch: &Batch, start: i64, length: i64) -> Batch {
    Batch {
        images: batch.images.narrow(0, start, length),
        labels: batch.labels.narrow(0, start, length),
        share: 1.0,
    }
}

/// Tensors with their names.
type Named = Vec<(String, Tensor)>;

fn named(tensors: &[NamedTensor]) -> Named {
    let copy = |one: &NamedTensor| (one.name.to_string(), one.tensor.detach().copy());
    tensors.iter().map(copy).collect()
}

/// What every rank found is `expected`, up to `tolerance` times the largest value of each tensor.
fn assert_all_close(found: &[Named], expected: &Named, tolerance: f64) {
    for rank in found {
        assert_eq!(rank.len(), expected.len());
        for ((name, found), (_, expected)) in rank.iter().zip(expected) {
            assert_close(name, found, expected, tolerance);
        }
    }
}

/// The mean loss's gradients by every parameter, averaged over ranks, and the running statistics: after one forward on
/// this rank's share of so many images in all.
fn trained(
    forward: impl FnOnce(&Tensor) -> Tensor,
    (batch, all): (&Batch, i64),
    ranks: &Ranks,
    (parameters, buffers): (Vec<NamedTensor>, Vec<Tensor>),
) -> Named {
    let logits = forward(&batch.images);
    let (labels, no_weights) = (&batch.labels, None::<&Tensor>);
    let loss = logits.cross_entropy_loss(labels, no_weights, Reduction::Sum, -100, 0.1);
    let loss = loss * (ranks.world() as f64 / all as f64);
    let gradients = ranks.gradients(&loss, &parameters).unwrap();
    ranks.share(&buffers).unwrap().finish().unwrap();
    let names = parameters.iter().map(|one| one.name.to_string());
    let running = buffers.iter().enumerate();
    let running = running.map(|(at, one)| (format!("running {at}"), one.copy()));
    names.zip(gradients).chain(running).collect()
}

fn supernet_trained(scene: &Scene, place: Place, piece: (&Batch, i64), ranks: &Ranks) -> Named {
    let (supernet, path) = (scene.supernet(place), &scene.paths[0]);
    let norms = ranks.norms(true);
    let forward = |images: &Tensor| supernet.forward_over(images, path, Mode::Train, norms);
    let own = (supernet.parameters(path), supernet.buffers(path));
    trained(|images| forward(images).unwrap(), piece, ranks, own)
}

fn childnet_trained(scene: &Scene, place: Place, piece: (&Batch, i64), ranks: &Ranks) -> Named {
    let childnet = scene.childnet(place);
    let norms = ranks.norms(true);
    let forward = |images: &Tensor| childnet.forward_training(images, Drops::default(), norms);
    let own = (childnet.parameters(), childnet.buffers());
    trained(|images| forward(images).unwrap(), piece, ranks, own)
}

type Train = fn(&Scene, Place, (&Batch, i64), &Ranks) -> Named;

/// What ranks with so many images each find.
fn of_ranks(train: Train, place: Place, counts: &[i64]) -> Vec<Named> {
    let all: i64 = counts.iter().sum();
    testing::ranks(counts.len(), |group| {
        let ranks = Ranks::of(Arc::new(group));
        let rank = ranks.rank();
        let scene = scene();
        let batch = scene.batch(all, place);
        let own = piece(&batch, counts[..rank].iter().sum(), counts[rank]);
        train(&scene, place, (&own, all), &ranks)
    })
}

/// What one process with so many images finds.
fn of_one(train: Train, place: Place, all: i64) -> Named {
    let scene = scene();
    let batch = scene.batch(all, place);
    train(&scene, place, (&batch, all), &Ranks::alone())
}

/// Ranks with so many images each are one process with all of them.
fn assert_as_one(train: Train, counts: &[i64]) {
    let found = of_ranks(train, DOUBLE, counts);
    let expected = of_one(train, DOUBLE, counts.iter().sum());
    assert_all_close(&found, &expected, 1e-10);
}

/// In single precision they are up to 1e-5 of each tensor's largest value; where that is small because it is a sum of large
/// ones, of the order of one process's own error.
fn assert_as_near(train: Train, counts: &[i64]) {
    let all = counts.iter().sum();
    let [truth, one] = [DOUBLE, Place::CPU].map(|place| of_one(train, place, all));
    for rank in of_ranks(train, Place::CPU, counts) {
        for (((name, found), (_, one)), (_, truth)) in rank.iter().zip(&one).zip(&truth) {
            let off = |one: &Tensor| (one - truth).abs().max().double_value(&[]);
            let allowed = (1e-5 * truth.abs().max().double_value(&[])).max(10.0 * off(one));
            assert!(
                off(found) <= allowed,
                "{name}: {:e}, {allowed:e}",
                off(found)
            );
        }
    }
}

#[test]
fn gradients_and_running_statistics_of_a_path_are_those_of_one_process_with_all_images() {
    assert_as_one(supernet_trained, &[6, 6]);
    assert_as_one(supernet_trained, &[5, 2, 4]);
}

#[test]
fn gradients_and_running_statistics_of_a_network_are_those_of_one_process_with_all_images() {
    assert_as_one(childnet_trained, &[6, 6]);
    assert_as_one(childnet_trained, &[5, 2, 4]);
}

#[test]
fn in_single_precision_they_are_as_close_as_its_digits_allow() {
    assert_as_near(supernet_trained, &[6, 6]);
    assert_as_near(childnet_trained, &[6, 6]);
}

const N: i64 = 4;

/// What two ranks of `N` images each make of a learner.
fn of_two<T: Send>(look: impl Fn(&Scene, Ranks, &Batch) -> T + Sync) -> Vec<T> {
    testing::ranks(2, |group| {
        let ranks = Ranks::of(Arc::new(group));
        let scene = scene();
        let batch = scene.batch(2 * N, DOUBLE);
        let own = piece(&batch, N * ranks.rank() as i64, N);
        look(&scene, ranks, &own)
    })
}

fn recipe(strategy: Strategy, sync_norms: bool) -> Recipe {
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
fn learner(scene: &Scene, ranks: Ranks) -> Learner {
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

/// All weights and statistics after a step with a teacher.
fn stepped(scene: &Scene, ranks: Ranks, batch: &Batch) -> Named {
    let mut learner = learner(scene, ranks);
    let recipe = recipe(Strategy::Cream(Variant::Paper), true);
    let at = Moment { epoch: 1, step: 1 };
    learner.step(&recipe, at, &scene.paths[0], batch).unwrap();
    assert_eq!(learner.distilled_steps(), 1);
    named(&learner.supernet.tensors())
}

#[test]
fn a_step_with_a_teacher_is_that_of_one_process_with_all_images() {
    let scene = scene();
    let expected = stepped(&scene, Ranks::alone(), &scene.batch(2 * N, DOUBLE));
    assert_all_close(&of_two(stepped), &expected, 1e-10);
}

fn sandwiched(scene: &Scene, ranks: Ranks, batch: &Batch) -> Named {
    let ends = Ends::of(&scene.plan);
    let recipe = recipe(Strategy::Sandwich(ends.clone()), true);
    let mut learner = learner(scene, ranks);
    let at = Moment { epoch: 1, step: 1 };
    let drawn = [scene.paths[0].clone(), scene.paths[1].clone()];
    sandwich::step(&mut learner, &recipe, at, (&ends, &drawn), batch).unwrap();
    named(&learner.supernet.tensors())
}

#[test]
fn a_sandwich_step_is_that_of_one_process_with_all_images() {
    let scene = scene();
    let expected = sandwiched(&scene, Ranks::alone(), &scene.batch(2 * N, DOUBLE));
    assert_all_close(&of_two(sandwiched), &expected, 1e-10);
}

/// The meta layer's gradient from the first 2 · `slice` images.
fn meta_gradient(scene: &Scene, ranks: &Ranks, batch: &Batch, slice: i64) -> Named {
    let supernet = scene.supernet(DOUBLE);
    let choice = Choice {
        entry: 0,
        rho: 0.6,
        scores: vec![0.4],
        difference: Tensor::arange(20, (Kind::Double, Device::Cpu)) / 20.0,
    };
    let step = MetaStep {
        student: &scene.paths[0],
        teacher: &scene.paths[1],
        choice: &choice,
        images: &batch.images,
        classes: &batch.labels,
        slice,
        lr: 0.5,
        smoothing: 0.1,
        sync_norms: true,
    };
    let before = named(&supernet.tensors());
    let found = meta::gradient(&supernet, &step, ranks).unwrap();
    for ((name, after), (_, before)) in named(&supernet.tensors()).iter().zip(&before) {
        assert!(after.equal(before), "{name} moved");
    }
    vec![
        ("weight".to_owned(), found.weight),
        ("bias".to_owned(), found.bias),
    ]
}

#[test]
fn a_meta_gradient_is_that_of_one_process_with_all_slices() {
    let scene = scene();
    let batch = scene.batch(2 * N, DOUBLE);
    // Each rank's two slices are two images: the first of both, then the next of both.
    let order = Tensor::from_slice(&[0_i64, 1, 4, 5, 2, 3, 6, 7]);
    let both = Batch {
        images: batch.images.index_select(0, &order),
        labels: batch.labels.index_select(0, &order),
        share: 1.0,
    };
    let expected = meta_gradient(&scene, &Ranks::alone(), &both, 4);
    let found = of_two(|scene, ranks, own| meta_gradient(scene, &ranks, own, 2));
    assert_all_close(&found, &expected, 1e-10);
}

#[test]
fn without_it_two_ranks_are_one_process_that_normalises_each_half_apart() {
    let scene = scene();
    let path = &scene.paths[0];
    let batch = scene.batch(2 * N, DOUBLE);
    let alone = Ranks::alone();
    let halves = [0, N].map(|start| {
        let supernet = scene.supernet(DOUBLE);
        let own = (supernet.parameters(path), supernet.buffers(path));
        let half = piece(&batch, start, N);
        let forward = |images: &Tensor| supernet.forward(images, path, Mode::Train);
        trained(forward, (&half, N), &alone, own)
    });
    let [one, two] = &halves;
    let both = one.iter().zip(two);
    let expected: Named = both
        .map(|((name, one), (_, two))| (name.clone(), (one + two) / 2.0))
        .collect();
    let found = of_two(|scene, ranks, own| {
        let supernet = scene.supernet(DOUBLE);
        let norms = ranks.norms(false);
        assert!(matches!(norms, Over::Own));
        let parts = (supernet.parameters(path), supernet.buffers(path));
        let forward = |images: &Tensor| supernet.forward_over(images, path, Mode::Train, norms);
        trained(
            |images| forward(images).unwrap(),
            (own, 2 * N),
            &ranks,
            parts,
        )
    });
    assert_all_close(&found, &expected, 1e-10);

    // And that is another thing than one process with all images.
    let supernet = scene.supernet(DOUBLE);
    let parts = (supernet.parameters(path), supernet.buffers(path));
    let forward = |images: &Tensor| supernet.forward(images, path, Mode::Train);
    let together = trained(forward, (&batch, 2 * N), &alone, parts);
    let apart = |(one, other): (&(String, Tensor), &(String, Tensor))| {
        (&one.1 - &other.1).abs().max().double_value(&[])
    };
    let largest = expected.iter().zip(&together).map(apart);
    assert!(largest.fold(0.0, f64::max) > 1e-3);
}
