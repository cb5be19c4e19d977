//! Whatever a search trains or decides is compared on all ranks: where it differs on one, all end and that one is named.

use std::sync::Arc;

use creamc::lang::board::{Board, Score};
use creamc::ranks::{Ranks, RanksError, TRAINED};
use creamc::search::equal::compare;
use creamc::search::step::Learner;
use creamc::search::teacher::Probe;
use creamc_torch::group::testing;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use super::scene::{Scene, learner, scene};

/// What two ranks say after something was done to the second.
fn compared(
    disturb: impl Fn(&Scene, &mut Learner, &mut ChaCha8Rng) + Sync,
) -> Vec<Result<(), RanksError>> {
    testing::ranks(2, |group| {
        let (scene, ranks) = (scene(), Ranks::of(Arc::new(group)));
        let is_first = ranks.is_first();
        let mut learner = learner(&scene, ranks);
        let mut random = ChaCha8Rng::seed_from_u64(1);
        if !is_first {
            disturb(&scene, &mut learner, &mut random);
        }
        compare(&learner, &random, TRAINED)
    })
}

/// The smallest change of one number.
fn touch(tensor: &Tensor) {
    let one = tensor.detach().view([-1]).get(0);
    let bits = one.view_dtype(tch::Kind::Int64);
    let _ = tch::no_grad(|| bits.shallow_clone().g_add_scalar_(1));
}

/// A board with one entry, which stores what the learner's does.
fn board(learner: &mut Learner, scene: &Scene, path: usize, score: f64) {
    let entry = &learner.board.entries()[0].payload;
    let probe = Probe {
        images: entry.images.copy(),
        softmax: entry.softmax.copy(),
    };
    learner.board = Board::new(10, 5.0);
    let score = Score::new(score).unwrap();
    learner
        .board
        .offer(scene.paths[path].clone(), score, 100, probe);
}

#[test]
fn a_rank_that_differs_in_anything_that_is_trained_or_decided_is_named() {
    type Disturb = fn(&Scene, &mut Learner, &mut ChaCha8Rng);
    let nothing: Disturb = |scene, learner, _| board(learner, scene, 1, 50.0);
    assert_eq!(compared(nothing), [Ok(()), Ok(())]);
    let cases: [(&str, Disturb); 8] = [
        ("a weight", |_, learner, _| {
            touch(&learner.supernet.tensors()[0].tensor);
        }),
        ("a norm's statistics", |scene, learner, _| {
            touch(&learner.supernet.buffers(&scene.paths[0])[0]);
        }),
        ("the meta layer", |_, learner, _| {
            touch(&learner.meta.tensors()[0].tensor);
        }),
        ("an image of the board", |_, learner, _| {
            touch(&learner.board.entries()[0].payload.images);
        }),
        ("a path of the board", |scene, learner, _| {
            board(learner, scene, 2, 50.0);
        }),
        ("a score of the board", |scene, learner, _| {
            board(learner, scene, 1, 50.5);
        }),
        ("who taught", |scene, learner, _| {
            learner.lessons.insert(scene.paths[1].clone(), 1);
        }),
        ("the paths drawn", |_, _, random| {
            random.next_u32();
        }),
    ];
    for (what, disturb) in cases {
        for said in compared(disturb) {
            let error = said.expect_err(what).to_string();
            let named = "what is trained is not the same on all ranks: rank 1 differs from rank 0";
            assert!(error.starts_with(named), "{what}: {error}");
        }
    }
}
