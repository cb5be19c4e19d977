//! A learner before its first step, the recipe it follows and a batch for it.

use creamc::data::Batch;
use creamc::lang::board::Board;
use creamc::lang::plan::Plan;
use creamc::nn::Place;
use creamc::ranks::Ranks;
use creamc::search::Visits;
use creamc::search::meta::MetaLayer;
use creamc::search::recipe::{PickMethod, Recipe, Strategy};
use creamc::search::step::{Learner, Lessons};
use creamc::supernet::Supernet;
use creamc::train::loss::KdLoss;
use creamc::train::optimiser::OptimiserKind;
use creamc::train::sgd::Momentum;
use creamc::train::{self, Per, Schedule, Shape};
use tch::{Device, Kind, Tensor};

/// Numbers exact enough to compare two ways to the same result.
pub const DOUBLE: Place = Place {
    kind: Kind::Double,
    device: Device::Cpu,
};

/// So many images, each around a mean of its own, and their classes.
pub fn batch(plan: &Plan, count: i64, place: Place) -> Batch {
    let options = (Kind::Double, Device::Cpu);
    let [side, channels, classes] =
        [plan.resolution, plan.ir.input_channels, plan.ir.classes].map(i64::from);
    let numbers = Tensor::arange(count * channels * side * side, options);
    let images = (numbers * 0.37).sin().view([count, channels, side, side]);
    let means = (Tensor::arange(count, options) * 1.3).cos();
    Batch {
        images: (images + means.view([-1, 1, 1, 1])).to_kind(place.kind),
        labels: (Tensor::arange(count, (Kind::Int64, Device::Cpu)) * 7).remainder(classes),
        share: 1.0,
    }
}

/// Nesterov's momentum and a weight decay at a rate that stays, for a strategy from the first epoch on.
pub fn recipe(strategy: Strategy) -> Recipe {
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
            weight_decay: 1e-2,
            smoothing: 0.1,
            sync_norms: false,
            short: None,
            optimiser: OptimiserKind::Sgd {
                nesterov: true,
                momentum: 0.9,
            },
        },
        strategy,
        start_epoch: 0,
        update_every: 1,
        slice: 2,
        pick: PickMethod::Top1,
        kd_loss: KdLoss::Half,
        meta_lr: 1e-4,
    }
}

/// With an empty board and no momentum yet.
pub fn learner(plan: &Plan, supernet: Supernet, ranks: Ranks) -> Learner {
    let classes = i64::from(plan.ir.classes);
    Learner {
        momentum: Momentum::of(&supernet.tensors()),
        supernet,
        meta: MetaLayer::new(2, classes, DOUBLE, 1),
        board: Board::new(10, 5.0),
        lessons: Lessons::new(),
        visits: Visits::none(&plan.ir),
        ranks,
    }
}
