//! A retraining of two ranks beside one of one process: averages, updates of several batches, short floats.

use creamc::config::{self, RetrainSettings};
use creamc::data::Batch;
use creamc::nn::{NamedTensor, Place};
use creamc::ranks::Ranks;
use creamc::retrain::Learner;
use creamc::train::Recipe;
use tch::{Kind, Tensor};

use super::scene::{DOUBLE, N, Named, Scene, assert_all_close, named, of_two, piece, scene};

/// Steps of an epoch of [`STEPS`].
const EPOCH: usize = 4;
const STEPS: usize = 8;

/// What every retraining here is told; a later setting of the same name goes before an earlier one.
fn settings(more: &[&str]) -> RetrainSettings {
    let common = [
        "LR=0.02",
        "WARMUP_EPOCHS=0",
        "NET.DROPOUT_RATE=0",
        "NET.EMA.DECAY=0.7",
        "AUGMENTATION.SMOOTHING=0.1",
    ];
    let all: Vec<String> = [&common, more]
        .concat()
        .into_iter()
        .map(Into::into)
        .collect();
    config::retrain(None, &all).unwrap().settings
}

/// Batches of `length` images from `start` of every step's `2 · N`.
struct Images {
    place: Place,
    start: i64,
    length: i64,
}

impl Images {
    fn batch(&self, scene: &Scene, step: usize) -> Batch {
        let all = scene.batch(2 * N * STEPS as i64, self.place);
        piece(&all, 2 * N * step as i64 + self.start, self.length)
    }
}

/// A new learner at `place` whose epochs have as many steps.
fn learner(
    scene: &Scene,
    place: Place,
    (settings, batch, steps): (&RetrainSettings, usize, usize),
    ranks: Ranks,
) -> (Learner, Recipe) {
    let mut settings = settings.clone();
    settings.train.batch = batch;
    let images = batch * steps * ranks.world();
    let recipe = Recipe::new(&settings.train, images, ranks.world()).unwrap();
    let learner = Learner::new(scene.childnet(place), &settings, &recipe, ranks);
    (learner, recipe)
}

/// Weights, statistics and their averages.
fn all(learner: &Learner) -> Named {
    let average = learner.average().expect("one is kept").tensors();
    let averages = named(average).into_iter();
    let averages = averages.map(|(name, tensor)| (format!("average of {name}"), tensor));
    named(&learner.childnet.tensors())
        .into_iter()
        .chain(averages)
        .collect()
}

/// After all steps with this piece of every batch.
fn trained(scene: &Scene, settings: &RetrainSettings, images: &Images, ranks: Ranks) -> Named {
    let of = (settings, images.length as usize, EPOCH);
    let (mut learner, recipe) = learner(scene, images.place, of, ranks);
    for step in 0..STEPS {
        let batch = images.batch(scene, step);
        learner.step(&recipe, step as u64, &batch).unwrap();
    }
    all(&learner)
}

fn of_both(place: Place) -> Images {
    Images {
        place,
        start: 0,
        length: 2 * N,
    }
}

fn of_rank(place: Place, ranks: &Ranks) -> Images {
    Images {
        place,
        start: N * ranks.rank() as i64,
        length: N,
    }
}

#[test]
fn averages_and_updates_of_several_batches_are_those_of_one_process() {
    // Updates of three batches and of one, clipped, and an average of them.
    let settings = settings(&["ACCUMULATE=3", "CLIP_GRAD=0.5", "BATCHNORM.SYNC_BN=True"]);
    let one = trained(&scene(), &settings, &of_both(DOUBLE), Ranks::alone());
    let two = of_two(|scene, ranks, _| {
        trained(scene, &settings, &of_rank(DOUBLE, &ranks), ranks.clone())
    });
    assert_all_close(&two, &one, 1e-10);
}

/// Parameters and their averages: without the statistics, which see the halves one after the other where one process has both.
fn without_statistics(all: &Named, learner: &Learner) -> Named {
    let parameters: Vec<String> = learner
        .childnet
        .parameters()
        .iter()
        .map(|one| one.name.to_string())
        .collect();
    let is_one = |name: &str| {
        let name = name.strip_prefix("average of ").unwrap_or(name);
        parameters.iter().any(|one| one == name)
    };
    let kept = all.iter().filter(|(name, _)| is_one(name));
    kept.map(|(name, tensor)| (name.clone(), tensor.shallow_clone()))
        .collect()
}

#[test]
fn in_bf16_two_ranks_are_bit_by_bit_one_process_that_gathers_both_halves() {
    // Each half is rounded as it is alone, and half of a sum is the sum of halves: nothing is left to differ.
    let [halves, ranks] = [["AMP=bf16", "ACCUMULATE=2"], ["AMP=bf16", "ACCUMULATE=1"]];
    let (halves, ranks) = (settings(&halves), settings(&ranks));
    let place = Place::CPU;
    let scene = scene();
    let of = (&halves, N as usize, 2 * EPOCH);
    let (mut one, recipe) = learner(&scene, place, of, Ranks::alone());
    // The rate of an update is that of its last batch, and epochs have one rate.
    for step in 0..STEPS {
        for half in 0..2 {
            let images = Images {
                place,
                start: N * half,
                length: N,
            };
            let batch = images.batch(&scene, step);
            let at = 2 * step as u64 + half as u64;
            one.step(&recipe, at, &batch).unwrap();
        }
    }
    let expected = without_statistics(&all(&one), &one);
    let found = of_two(|scene, of, _| trained(scene, &ranks, &of_rank(place, &of), of.clone()));
    for rank in found {
        let rank = without_statistics(&rank, &one);
        assert_eq!(rank.len(), expected.len());
        for ((name, found), (_, expected)) in rank.iter().zip(&expected) {
            assert!(found.equal(expected), "{name}");
        }
    }
}

/// How far every tensor was moved by one update of two batches: without momentum, by the gradient itself.
fn moved(scene: &Scene, settings: &RetrainSettings, images: &Images, ranks: Ranks) -> Named {
    let of = (settings, images.length as usize, 2);
    let (mut learner, recipe) = learner(scene, images.place, of, ranks);
    let before = named(&learner.childnet.tensors());
    for step in 0..2 {
        let batch = images.batch(scene, step);
        learner.step(&recipe, step as u64, &batch).unwrap();
    }
    let after: Vec<NamedTensor> = learner.childnet.tensors();
    let moves = after.iter().zip(before);
    moves
        .map(|(after, (name, before))| {
            let moved = after.tensor.detach() - before;
            (name, moved.to_kind(Kind::Double))
        })
        .collect()
}

/// The largest distance of each tensor from `truth`.
fn off(found: &Named, truth: &Named) -> Vec<f64> {
    let far = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]);
    let pairs = found.iter().zip(truth);
    pairs.map(|((_, a), (_, b))| far(a, b)).collect()
}

#[test]
fn in_bf16_norms_over_two_ranks_are_as_near_the_truth_as_those_of_one_process() {
    let gradient = [
        "OPT=momentum",
        "MOMENTUM=0",
        "WEIGHT_DECAY=0",
        "LR=1",
        "ACCUMULATE=2",
    ];
    let with = |more: &[&str]| settings(&[&gradient, more].concat());
    let synced = with(&["AMP=bf16", "BATCHNORM.SYNC_BN=True"]);
    let apart = with(&["AMP=bf16"]);
    let scene = scene();
    let alone = |settings: &RetrainSettings, images: Images| {
        moved(&scene, settings, &images, Ranks::alone())
    };
    let exact = with(&[]);
    // How far one process is off, with the images of both ranks and with those of one.
    let truth = alone(&exact, of_both(DOUBLE));
    let whole = off(&alone(&apart, of_both(Place::CPU)), &truth);
    let [of_half, half] = [(&exact, DOUBLE), (&apart, Place::CPU)].map(|(settings, place)| {
        let (start, length) = (0, N);
        alone(
            settings,
            Images {
                place,
                start,
                length,
            },
        )
    });
    let half = off(&half, &of_half);
    let both = |settings: &RetrainSettings| {
        let found = of_two(|scene, ranks, _| {
            moved(scene, settings, &of_rank(Place::CPU, &ranks), ranks.clone())
        });
        off(&found[0], &truth)
    };
    // All round to 8 bits what lies between two layers; where statistics differ in their last bit, they round some of it the
    // other way. None is better than another, so each tensor is off by about as much; a sum whose terms cancel, as in the gradient of
    // a depthwise kernel of one number, by what libtorch's kernel for so many images loses there.
    let (synced, apart) = (both(&synced), both(&apart));
    for (at, (name, _)) in truth.iter().enumerate() {
        let (found, one) = (synced[at], whole[at].max(half[at]));
        assert!(found <= 4.0 * one + 1e-6, "{name}: {found:e} {one:e}");
    }
    // And not by as much as without it, where each rank has norms of its own.
    let sum = |all: &[f64]| all.iter().sum::<f64>();
    assert!(sum(&apart) > 4.0 * sum(&synced), "{apart:?} {synced:?}");
}
