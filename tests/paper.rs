//! Where the authors' released code leaves the paper: both behaviours of every row of the table in
//! docs/paper.md, by its number.

#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![cfg(feature = "torch")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::learners::DOUBLE;
use common::{assert_close, fixture, plan, space, tiny_path};
use creamc::checkpoint::names::Names;
use creamc::data::Batch;
use creamc::lang::arch::from_choices;
use creamc::lang::board::{Board, Rules, Score};
use creamc::lang::count::{Measure, Sampler};
use creamc::lang::ir::{Ir, Path, Primitive};
use creamc::nn::{Mode, NamedTensor};
use creamc::ranks::Ranks;
use creamc::search::meta::{self, MetaLayer, MetaStep};
use creamc::search::recipe::{PickMethod, Recipe, Strategy, Variant};
use creamc::search::released;
use creamc::search::step::{Learner, Lessons, Moment};
use creamc::search::teacher::{self, Probe, sigmoid};
use creamc::search::{Draws, Visits};
use creamc::supernet::Supernet;
use creamc::train::loss::{KdLoss, cross_entropy, soft_cross_entropy};
use creamc::train::optimiser::OptimiserKind;
use creamc::train::sgd::{Momentum, gradients};
use creamc::train::{self, Per, Schedule, Shape};
use creamc_torch::group::{ProcessGroup, testing};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// The recorded supernet with its three board entries, at a step in an epoch that distils.
struct Scene {
    learner: Learner,
    recipe: Recipe,
    batch: Batch,
    student: Path,
}

/// The first step of the second epoch, of four steps each.
const AT: Moment = Moment { epoch: 2, step: 5 };

fn scene(variant: Variant, pick: PickMethod) -> Scene {
    creamc_torch::set_threads(1).expect("one thread is allowed");
    let ir = space("tiny_supernet.cream");
    let numbers: serde_json::Value =
        serde_json::from_str(include_str!("fixtures/tiny_supernet.json")).unwrap();
    let path = |name: &str| tiny_path(&numbers["info"][name]);
    let supernet = Supernet::new(&ir, DOUBLE, 1);
    let names = Names::of_supernet(&ir).unwrap();
    let weights = names.translate(fixture("tiny_supernet_init.safetensors"));
    supernet.load(&weights).unwrap();
    let inputs = fixture("tiny_supernet_inputs.safetensors");
    let rules = match variant {
        Variant::Paper => Rules::Paper,
        Variant::Released => Rules::Released,
    };
    let mut board = Board::with_rules(rules, 10, 5.0);
    // The entry with the highest score of the meta layer, 2, is not the last one looked at.
    for (at, name, points) in [(0, "A", 40.0), (1, "B", 50.0), (2, "T", 60.0)] {
        let probe = Probe {
            images: inputs[&format!("board{at}.x")].shallow_clone(),
            softmax: inputs[&format!("board{at}.soft")].shallow_clone(),
        };
        board.offer(path(name), Score::new(points).unwrap(), 100, probe);
    }
    let visits = Visits::none(&ir);
    Scene {
        learner: Learner {
            supernet,
            momentum: Momentum::default(),
            meta: MetaLayer::new(4, 10, DOUBLE, 1),
            board,
            lessons: Lessons::new(),
            visits,
            ranks: Ranks::alone(),
        },
        recipe: recipe(variant, pick),
        batch: Batch {
            images: inputs["x"].shallow_clone(),
            labels: inputs["target"].shallow_clone(),
            share: 1.0,
        },
        student: path("A"),
    }
}

fn recipe(variant: Variant, pick: PickMethod) -> Recipe {
    Recipe {
        train: train::Recipe {
            schedule: schedule(0.01),
            steps: 4,
            momentum: 0.9,
            weight_decay: 1e-4,
            smoothing: 0.1,
            sync_norms: false,
            short: None,
            optimiser: OptimiserKind::Sgd {
                nesterov: true,
                momentum: 0.9,
            },
        },
        strategy: Strategy::Cream(variant),
        start_epoch: 1,
        update_every: 1000,
        slice: 4,
        pick,
        kd_loss: KdLoss::Half,
        meta_lr: 1e-4,
    }
}

fn schedule(lr: f64) -> Schedule {
    Schedule {
        shape: Shape::Linear,
        per: Per::Update,
        unit: 1,
        lr,
        min_lr: 0.0,
        warmup_lr: 0.0,
        warmup: 0.0,
        end: 100.0,
        steps: 100,
        noise: None,
    }
}

/// Every tensor of the supernet, copied.
fn snapshot(learner: &Learner) -> BTreeMap<String, Tensor> {
    let tensors = learner.supernet.tensors().into_iter();
    tensors
        .map(|own| (own.name.to_string(), own.tensor.detach().copy()))
        .collect()
}

/// The names of the tensors that are no longer what they were.
fn moved(learner: &Learner, before: &BTreeMap<String, Tensor>) -> Vec<String> {
    let now = snapshot(learner);
    let changed = now
        .iter()
        .filter(|(name, tensor)| !tensor.equal(&before[*name]));
    changed.map(|(name, _)| name.clone()).collect()
}

fn is_statistic(name: &str) -> bool {
    name.ends_with("running_mean") || name.ends_with("running_var")
}

impl Scene {
    fn step(&mut self, at: Moment) -> creamc::search::step::Stepped {
        let Scene {
            learner,
            recipe,
            batch,
            student,
        } = self;
        learner.step(recipe, at, student, batch).unwrap()
    }

    /// The released code's meta update alone, without the training step around it.
    fn update_meta(&mut self, at: Moment) {
        let Scene {
            learner,
            recipe,
            batch,
            student,
        } = self;
        released::update_meta(learner, recipe, at, student, batch).unwrap();
    }

    fn meta_weight(&self) -> Tensor {
        self.learner.meta.weight().detach().copy()
    }

    /// The meta layer's weight and bias, number by number.
    fn meta_layer(&self) -> Vec<f64> {
        let layer = self.learner.meta.parameters();
        let parts = layer.iter().map(|own| own.tensor.detach().view([-1]));
        Vec::try_from(Tensor::cat(&parts.collect::<Vec<_>>(), 0)).unwrap()
    }

    /// What the board's entries store, best entry first.
    fn probes(&self) -> Vec<&Probe> {
        let entries = self.learner.board.entries();
        entries.iter().map(|entry| &entry.payload).collect()
    }
}

/// The meta layer's scores of the board's entries, best entry first.
fn scores(scene: &Scene) -> (teacher::Choice, Vec<f64>) {
    let Learner { supernet, meta, .. } = &scene.learner;
    let choice = teacher::choose(supernet, &scene.student, &scene.probes(), meta);
    let scores = choice.scores.clone();
    (choice, scores)
}

#[test]
fn row_2_the_teacher_weighs_by_its_own_score_not_by_minus_the_last_ones() {
    let scene = scene(Variant::Released, PickMethod::Meta);
    let (ours, scores) = scores(&scene);
    assert_eq!(ours.rho, sigmoid(scores[ours.entry]));
    assert_ne!(
        ours.entry,
        scores.len() - 1,
        "the last entry is not the chosen one"
    );
    let Learner {
        supernet,
        meta,
        board,
        ..
    } = &scene.learner;
    let theirs = released::choose(
        supernet,
        &scene.student,
        board.entries(),
        meta,
        PickMethod::Meta,
    );
    assert_eq!(theirs.teacher, board.entries()[ours.entry].path);
    let rho = theirs.rho.double_value(&[]);
    assert!((rho - sigmoid(-scores[2])).abs() < 1e-12, "{rho}");
}

#[test]
fn row_3_the_training_loss_moves_the_meta_layer_in_the_released_code_alone() {
    for (variant, moves) in [(Variant::Paper, false), (Variant::Released, true)] {
        let mut scene = scene(variant, PickMethod::Meta);
        let before = scene.meta_weight();
        scene.step(AT);
        assert_eq!(!scene.meta_weight().equal(&before), moves, "{variant:?}");
        assert_eq!(scene.learner.distilled_steps(), 1);
    }
}

#[test]
fn row_4_an_entry_keeps_its_own_softmax_the_released_code_its_teachers() {
    let softmax = |scene: &Scene, path: &Path| {
        let supernet = &scene.learner.supernet;
        let logits = tch::no_grad(|| supernet.forward(&scene.batch.images, path, Mode::Probe));
        logits.softmax(-1, None::<Kind>)
    };
    let mut paper = scene(Variant::Paper, PickMethod::Top1);
    let own = softmax(&paper, &paper.student);
    assert_close("own", &paper.step(AT).kept, &own, 1e-9);

    let mut released = scene(Variant::Released, PickMethod::Top1);
    let teacher = released.learner.board.entries()[0].path.clone();
    let theirs = softmax(&released, &teacher);
    assert_close("teacher", &released.step(AT).kept, &theirs, 1e-9);

    let mut empty = scene(Variant::Released, PickMethod::Top1);
    empty.learner.board = Board::with_rules(Rules::Released, 10, 5.0);
    assert_close("own when empty", &empty.step(AT).kept, &own, 1e-9);
}

/// How far one step with a meta update moves the meta layer.
fn meta_step(variant: Variant, meta_lr: f64) -> f64 {
    let mut scene = scene(variant, PickMethod::Meta);
    scene.recipe.meta_lr = meta_lr;
    scene.recipe.update_every = 1;
    let before = scene.meta_weight();
    match variant {
        Variant::Paper => {
            scene.step(AT);
        }
        // The training step would move the layer too: the update alone.
        Variant::Released => scene.update_meta(AT),
    }
    (scene.meta_weight() - before).norm().double_value(&[])
}

#[test]
fn row_5_the_inner_step_has_the_weights_rate_the_released_codes_the_meta_layers() {
    // The layer steps by META_LR times its gradient. Only where META_LR is inside too, as the rate of
    // the inner step, does twice the rate move it four times as far.
    for (variant, times) in [(Variant::Paper, 2.0), (Variant::Released, 4.0)] {
        let ratio = meta_step(variant, 2e-5) / meta_step(variant, 1e-5);
        assert!((ratio - times).abs() < 0.05, "{variant:?}: {ratio}");
    }
}

#[test]
fn row_6_the_inner_step_goes_down_the_teachers_loss() {
    let scene = scene(Variant::Paper, PickMethod::Meta);
    let (choice, _) = scores(&scene);
    let (supernet, student, lr) = (&scene.learner.supernet, &scene.student, 0.01);
    let teacher = &scene.learner.board.entries()[choice.entry].path;
    let step = MetaStep {
        student,
        teacher,
        choice: &choice,
        images: &scene.batch.images,
        classes: &scene.batch.labels,
        slice: 4,
        lr,
        smoothing: 0.1,
        sync_norms: false,
    };
    let found = meta::gradient(supernet, &step, &Ranks::alone())
        .unwrap()
        .bias
        .double_value(&[0]);

    // The same by hand: the held-out loss after a step with a bias a little larger and smaller.
    let parameters = supernet.parameters(student);
    let half = |tensor: &Tensor, at: i64| tensor.narrow(0, 4 * at, 4);
    let forward = |images: &Tensor, path| supernet.forward(images, path, Mode::Probe);
    let images = half(&scene.batch.images, 0);
    let theirs = tch::no_grad(|| forward(&images, teacher));
    let kd = soft_cross_entropy(&forward(&images, student), &theirs);
    let g = gradients(&kd, &parameters);
    let before = snapshot(&scene.learner);
    let after_step = |by: f64| {
        tch::no_grad(|| {
            for (parameter, g) in parameters.iter().zip(&g) {
                let mut tensor = parameter.tensor.shallow_clone();
                tensor.copy_(&(&before[&*parameter.name] + g * by));
            }
            let logits = forward(&half(&scene.batch.images, 1), student);
            cross_entropy(&logits, &half(&scene.batch.labels, 1), 0.1).double_value(&[])
        })
    };
    let score = choice.scores[choice.entry];
    let slope = |sign: f64| {
        let loss = |bias: f64| after_step(sign * lr * sigmoid(score + bias));
        (loss(1e-3) - loss(-1e-3)) / 2e-3
    };
    let (down, up) = (slope(-1.0), slope(1.0));
    assert!((found - down).abs() < 1e-4 * down.abs(), "{found} {down}");
    assert!(
        (found - up).abs() > 0.1 * up.abs(),
        "the other sign: {found} {up}"
    );
}

/// What the released update computes, by hand, for a rate of the weights so small that they stand still.
struct TheirUpdate<'a> {
    scene: &'a Scene,
    parameters: Vec<NamedTensor>,
}

impl TheirUpdate<'_> {
    fn half(&self, tensor: &Tensor, at: i64) -> Tensor {
        tensor.narrow(0, 4 * at, 4)
    }

    /// The gradient of ρ times the teacher's loss, ρ's own way to the weights included.
    fn towards_teacher(&self) -> Vec<Tensor> {
        let Learner {
            supernet,
            meta,
            board,
            ..
        } = &self.scene.learner;
        let student = &self.scene.student;
        let images = self.half(&self.scene.batch.images, 0);
        let (_, scores) = scores(self.scene);
        let last = &board.entries()[scores.len() - 1].payload;
        let seen = supernet.forward(&last.images, student, Mode::Probe);
        let score = meta.score(&(seen.softmax(-1, None::<Kind>) - &last.softmax).flatten(0, -1));
        // The teacher stays the same while the layer moves a little.
        let teacher = &board.entries()[CHOSEN].path;
        let theirs = tch::no_grad(|| supernet.forward(&images, teacher, Mode::Probe));
        let logits = supernet.forward(&images, student, Mode::Probe);
        let kd = soft_cross_entropy(&logits, &theirs) * (-score).sigmoid().sum(None::<Kind>);
        gradients(&kd, &self.parameters)
    }

    /// The gradient of the labels' loss on the other images.
    fn held_out(&self) -> Vec<Tensor> {
        let Scene { learner, batch, .. } = self.scene;
        let images = self.half(&batch.images, 1);
        let logits = learner
            .supernet
            .forward(&images, &self.scene.student, Mode::Probe);
        let labels = self.half(&batch.labels, 1);
        gradients(&cross_entropy(&logits, &labels, 0.1), &self.parameters)
    }

    /// d/dφ of ⟨v, g⟩ by finite differences, over the first `count` tensors; φ the meta layer's weight and bias.
    fn slopes(&self, v: &[Tensor], count: usize) -> Vec<f64> {
        let along = || -> f64 {
            let g = self.towards_teacher();
            let pairs = v.iter().zip(&g).take(count);
            pairs
                .map(|(v, g)| (v * g).sum(None::<Kind>).double_value(&[]))
                .sum()
        };
        let mut slopes = Vec::new();
        for layer in self.scene.learner.meta.parameters() {
            let flat = layer.tensor.detach().view([-1]);
            for at in 0..flat.size()[0] {
                let one = flat.get(at);
                let by = |step: f64| tch::no_grad(|| one.shallow_clone().g_add_scalar_(step));
                let _ = by(1e-4);
                let up = along();
                let _ = by(-2e-4);
                let down = along();
                let _ = by(1e-4);
                slopes.push((up - down) / 2e-4);
            }
        }
        slopes
    }
}

/// The entry that the meta layer's scores choose in the scene.
const CHOSEN: usize = 0;

fn norm(tensors: &[Tensor]) -> f64 {
    let squares = tensors.iter().map(|one| one.square().sum(None::<Kind>));
    squares.map(|one| one.double_value(&[])).sum::<f64>().sqrt()
}

#[test]
fn rows_5_and_6_the_released_update_goes_down_along_the_first_tensor_alone() {
    let tiny = 1e-7;
    let mut scene = scene(Variant::Released, PickMethod::Meta);
    scene.recipe.train.schedule = schedule(tiny);
    scene.recipe.train.weight_decay = 0.0;
    scene.recipe.meta_lr = 1e-5;
    assert_eq!(scores(&scene).0.entry, CHOSEN);
    let parameters = scene.learner.supernet.parameters(&scene.student);
    let (g, v, first, all) = {
        let hand = TheirUpdate {
            scene: &scene,
            parameters: parameters.clone(),
        };
        let v = hand.held_out();
        let first = hand.slopes(&v, 1);
        let all = hand.slopes(&v, usize::MAX);
        (hand.towards_teacher(), v, first, all)
    };
    let before = snapshot(&scene.learner);
    let layer = scene.meta_layer();
    scene.update_meta(AT);

    // The simulated step is w − rate·g: the layer's gradient is −rate times the slope. It is clipped together with the
    // weights', of which the first tensor's, v, is all that counts; the first step of its momentum goes 1.9 rates.
    let rate = scene.recipe.meta_rate(AT);
    let clip = (1.0 / norm(&v[..1])).min(1.0);
    let largest = first.iter().fold(0.0_f64, |most, one| most.max(one.abs()));
    let apart = |slopes: &[f64]| -> f64 {
        let expected = slopes.iter().map(|slope| 1.9 * rate * rate * clip * slope);
        let moves = scene
            .meta_layer()
            .into_iter()
            .zip(&layer)
            .map(|(now, then)| now - then);
        let pairs = moves.zip(expected);
        let most = pairs.fold(0.0_f64, |most, (now, hand)| most.max((now - hand).abs()));
        most / (1.9 * rate * rate * clip * largest)
    };
    let (own, other) = (apart(&first), apart(&all));
    assert!(own < 1e-2, "{own}");
    assert!(other > 0.1, "all tensors: {other}");

    // The real step before it: down the same gradient, clipped. Behind the first tensor nothing else moves the weights, and
    // momentum takes them 0.81 rates further in the second step.
    let lr = scene.recipe.train.sgd(AT.step - 1).lr;
    let clip = (1.0 / norm(&g)).min(1.0);
    let now = snapshot(&scene.learner);
    let weights = parameters.iter().zip(&g).skip(1);
    for (own, g) in weights.filter(|(own, _)| own.name.ends_with("weight")) {
        let way = &now[&*own.name] - &before[&*own.name];
        assert_close(&own.name, &way, &(g * (-2.71 * lr * clip)), 1e-2);
    }
}

#[test]
fn row_7_the_rates_share_is_right_for_every_rate() {
    let (small, paper) = (schedule(0.1), schedule(1.0));
    assert!((small.factor(30) - 0.7).abs() < 1e-12);
    assert!((paper.factor(30) - 0.7).abs() < 1e-12);
    // The released code multiplies with LR − step/steps: at LR 1 the same, at LR 0.1 it climbs the loss.
    let theirs = |lr: f64| lr - 30.0 / 100.0;
    assert!((theirs(1.0) - paper.factor(30)).abs() < 1e-12);
    assert!(theirs(0.1) < 0.0);
}

/// The shares of a block's candidates among 4,000 paths that settings draw from `spaces/mobile.cream`.
fn shares(set: &[&str], board: Vec<Path>) -> (Ir, Vec<f64>) {
    let plan = plan("spaces/mobile.cream", &[]);
    let set: Vec<String> = set.iter().map(|&one| format!("SUPERNET.{one}")).collect();
    let settings = creamc::config::search(None, &set).unwrap().settings;
    let mut draws = Draws::new(&settings.supernet, &plan).unwrap();
    draws.follow(board).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut counts = vec![0.0; 6];
    for _ in 0..4_000 {
        // The first block of a stage with six candidates.
        counts[usize::from(draws.draw(&mut random).rows[SIX][0])] += 1.0 / 4_000.0;
    }
    (plan.ir, counts)
}

/// A row of `spaces/mobile.cream` whose blocks have six candidates.
const SIX: usize = 3;

#[test]
fn row_1_the_prior_applies_when_asked_for_and_never_did_in_theirs() {
    let prior = [0.05, 0.2, 0.05, 0.5, 0.05, 0.15];
    let near = |shares: &[f64], expected: &[f64]| {
        let pairs = shares.iter().zip(expected);
        // Three standard deviations of a share of 4,000 draws are at most 0.024.
        pairs
            .clone()
            .all(|(share, expected)| (share - expected).abs() < 0.025)
    };
    let (ir, even) = shares(&["HOW_TO_PROB=even"], Vec::new());
    assert_eq!(ir.rows[SIX].slots[0].candidates.len(), 6);
    assert!(near(&even, &[1.0 / 6.0; 6]), "{even:?}");
    let (_, weighed) = shares(&["HOW_TO_PROB=pre_prob"], Vec::new());
    assert!(near(&weighed, &prior), "{weighed:?}");
    let theirs = ["VARIANT=released", "HOW_TO_PROB=pre_prob"];
    let (_, theirs) = shares(&theirs, Vec::new());
    assert!(near(&theirs, &[1.0 / 6.0; 6]), "{theirs:?}");
    // A board of four: three have candidate 5 there, one has candidate 2; one more each, over ten.
    let board = [5, 5, 2, 5].map(|candidate| {
        let mut path = plan("spaces/mobile.cream", &[]).witness;
        path.rows[SIX][0] = candidate;
        path
    });
    let (_, taught) = shares(&["HOW_TO_PROB=teacher"], board.to_vec());
    assert!(near(&taught, &[0.1, 0.1, 0.2, 0.1, 0.1, 0.4]), "{taught:?}");
}

/// Paths that each variant draws from `spaces/tiny.cream` inside its window.
fn drawn(variant: Variant) -> (creamc::lang::plan::Plan, Vec<Path>) {
    let plan = plan("spaces/tiny.cream", &[]);
    let sampler = match variant {
        Variant::Paper => Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths),
        Variant::Released => {
            let graph = released::with_depths(&plan, &released::fixed_depths(&plan)).unwrap();
            Sampler::new(&graph, &[], Measure::Paths)
        }
    };
    let sampler = sampler.unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let paths = (0..300).map(|_| sampler.draw(&mut random)).collect();
    (plan, paths)
}

#[test]
fn row_8_every_sampled_path_meets_every_bound_the_released_code_rejects_none() {
    for (variant, all) in [(Variant::Paper, true), (Variant::Released, false)] {
        let (plan, paths) = drawn(variant);
        let inside = |path: &Path| {
            plan.windows
                .iter()
                .all(|window| window.holds(plan.cost(path)))
        };
        assert_eq!(paths.iter().all(inside), all, "{variant:?}");
    }
}

#[test]
fn row_9_the_604m_network_is_in_the_space_and_was_not_in_theirs() {
    let published = "[[0], [3, 3, 2, 3, 3], [3, 2, 3, 2, 3], [3, 2, 3, 2, 3], [3, 3, 2, 2, 3, 3], [3, 3, 2, 3, 3, 3], [0]]";
    let lists = creamc::lang::arch::parse_choices(published).unwrap();
    let mut ir = plan("spaces/mobile.cream", &[]).ir;
    assert!(from_choices("net604", &lists, &ir).is_ok());
    for row in &mut ir.rows {
        row.depths.retain(|&depth| depth <= 4);
        row.slots.truncate(4);
    }
    assert!(from_choices("net604", &lists, &ir).is_err());
}

#[test]
fn row_14_choosing_a_teacher_leaves_norm_statistics_alone_the_released_code_moves_them() {
    let scene = scene(Variant::Released, PickMethod::Meta);
    let before = snapshot(&scene.learner);
    let _ = scores(&scene);
    assert_eq!(moved(&scene.learner, &before), [] as [String; 0]);
    let Learner {
        supernet,
        meta,
        board,
        ..
    } = &scene.learner;
    let _ = released::choose(
        supernet,
        &scene.student,
        board.entries(),
        meta,
        PickMethod::Meta,
    );
    let changed = moved(&scene.learner, &before);
    assert!(!changed.is_empty() && changed.iter().all(|name| is_statistic(name)));
}

#[test]
fn row_14_the_choice_is_the_same_however_many_entries_run_at_once() {
    let scene = scene(Variant::Paper, PickMethod::Meta);
    let probes = scene.probes();
    let Learner { supernet, meta, .. } = &scene.learner;
    let choose = |at_once| teacher::choose_by(supernet, &scene.student, &probes, meta, at_once);
    let whole = choose(probes.len());
    assert_eq!(probes.len(), 3);
    for at_once in [1, 2] {
        let parts = choose(at_once);
        assert_eq!(parts.entry, whole.entry);
        for (part, whole) in parts.scores.iter().zip(&whole.scores) {
            assert!((part - whole).abs() < 1e-12, "{at_once}: {part} {whole}");
        }
        assert_close("difference", &parts.difference, &whole.difference, 1e-12);
    }
}

#[test]
fn row_15_a_path_is_on_the_board_once_on_theirs_as_often_as_it_came() {
    let entries = |rules| {
        let mut board = Board::with_rules(rules, 10, 5.0);
        for points in [50.0, 40.0] {
            board.offer(
                Path::new(vec![vec![0]]),
                Score::new(points).unwrap(),
                100,
                (),
            );
        }
        board.len()
    };
    assert_eq!((entries(Rules::Paper), entries(Rules::Released)), (1, 2));
}

#[test]
fn row_16_a_stage_of_one_block_is_built_as_it_was_chosen() {
    let plan = plan("spaces/mobile.cream", &[]);
    let lists = creamc::lang::arch::parse_choices("[[0], [3], [3, 3], [3, 3], [3], [3], [0]]");
    let arch = from_choices("net", &lists.unwrap(), &plan.ir).unwrap().arch;
    let network = plan.ir.network(&arch.path, plan.resolution);
    let s1 = network
        .layers
        .iter()
        .find(|layer| layer.row == "s1")
        .unwrap();
    let kernels = s1.ops.iter().filter_map(|op| match op.primitive {
        Primitive::Conv { kernel, groups, .. } if groups > 1 => Some(kernel),
        _ => None,
    });
    // Choice 3 is k5e6; the released code would build the stage's default, k3e4.
    assert_eq!(kernels.collect::<Vec<_>>(), [5]);
}

/// The meta layer's weights of two ranks after a step on other images each.
fn meta_of_two_ranks(variant: Variant) -> Vec<Vec<f64>> {
    testing::ranks(2, |group| {
        let mut scene = scene(variant, PickMethod::Meta);
        scene.recipe.update_every = 1;
        scene.batch.images = &scene.batch.images * (1.0 + group.rank() as f64);
        scene.learner.ranks = Ranks::of(Arc::new(group));
        // The second step of the epoch: the released code has no update in the first.
        scene.step(Moment { epoch: 2, step: 6 });
        Vec::try_from(scene.meta_weight().view([-1])).unwrap()
    })
}

#[test]
fn row_17_the_meta_layer_stays_equal_on_all_ranks_in_theirs_it_drifts() {
    let start: Vec<f64> = Vec::try_from(
        scene(Variant::Paper, PickMethod::Meta)
            .meta_weight()
            .view([-1]),
    )
    .unwrap();
    let paper = meta_of_two_ranks(Variant::Paper);
    assert_eq!(paper[0], paper[1]);
    assert_ne!(paper[0], start, "the update took place");
    let released = meta_of_two_ranks(Variant::Released);
    assert_ne!(released[0], released[1]);
}

#[test]
fn row_18_the_meta_update_leaves_the_weights_alone_the_released_codes_moves_them() {
    let mut paper = [1000, 1].map(|update_every| {
        let mut scene = scene(Variant::Paper, PickMethod::Meta);
        scene.recipe.update_every = update_every;
        scene.step(AT);
        scene
    });
    let [without, with] = &mut paper;
    assert_eq!(
        moved(&with.learner, &snapshot(&without.learner)),
        [] as [String; 0]
    );
    assert!(
        !with.meta_weight().equal(&without.meta_weight()),
        "the update took place"
    );

    let mut released = scene(Variant::Released, PickMethod::Meta);
    let before = snapshot(&released.learner);
    released.update_meta(AT);
    let changed = moved(&released.learner, &before);
    let weights = released.learner.supernet.parameters(&released.student);
    let names = weights.iter().map(|own| own.name.to_string());
    // A bias in front of a norm has no gradient.
    let weights = names.filter(|name| name.ends_with("weight"));
    let still: Vec<String> = weights.filter(|name| !changed.contains(name)).collect();
    assert_eq!(still, [] as [String; 0]);
}

#[test]
fn row_19_depth_varies_while_searching_in_theirs_it_does_not() {
    let depths = |variant| {
        let (_, paths) = drawn(variant);
        let of_path = |path: &Path| path.rows.iter().map(Vec::len).collect::<Vec<_>>();
        paths.iter().map(of_path).collect::<BTreeSet<_>>().len()
    };
    assert!(depths(Variant::Paper) > 1);
    assert_eq!(depths(Variant::Released), 1);
}

#[test]
fn row_20_of_two_equally_good_paths_the_cheaper_is_first_in_theirs_the_dearer() {
    let first = |rules| {
        let mut board = Board::with_rules(rules, 10, 5.0);
        for (path, flops) in [(0, 100), (1, 200)] {
            let path = Path::new(vec![vec![path]]);
            board.offer(path, Score::new(50.0).unwrap(), flops, ());
        }
        board.entries()[0].flops
    };
    assert_eq!((first(Rules::Paper), first(Rules::Released)), (100, 200));
}

/// Cross entropy of log-softmaxed logits against targets that sum to 1, the mean over the images, added up number by number.
fn by_hand(logits: &[Vec<f64>], targets: &[Vec<f64>]) -> f64 {
    let of_image = |(logits, target): (&Vec<f64>, &Vec<f64>)| {
        let all = logits.iter().map(|x| x.exp()).sum::<f64>().ln();
        let pairs = logits.iter().zip(target);
        pairs.map(|(x, weight)| weight * (all - x)).sum::<f64>()
    };
    let sum: f64 = logits.iter().zip(targets).map(of_image).sum();
    sum / logits.len() as f64
}

#[test]
fn row_22_both_variants_weigh_the_losses_alike_in_both_forms() {
    let cases = [Variant::Paper, Variant::Released].map(|variant| {
        [PickMethod::Top1, PickMethod::Meta]
            .map(|pick| [KdLoss::Half, KdLoss::Sum].map(|form| (variant, pick, form)))
    });
    for (variant, pick, form) in cases.into_iter().flatten().flatten() {
        let mut scene = scene(variant, pick);
        scene.recipe.kd_loss = form;
        let (choice, scores) = scores(&scene);
        let (teacher, rho) = match (variant, pick) {
            (_, PickMethod::Top1) => (0, 0.5),
            (Variant::Paper, PickMethod::Meta) => (choice.entry, sigmoid(scores[choice.entry])),
            (Variant::Released, PickMethod::Meta) => (choice.entry, sigmoid(-scores[2])),
        };
        let logits = |path: &Path| -> Vec<Vec<f64>> {
            let images = &scene.batch.images;
            let logits = scene.learner.supernet.forward(images, path, Mode::Probe);
            Vec::try_from(logits.detach()).unwrap()
        };
        let student = logits(&scene.student);
        let taught = logits(&scene.learner.board.entries()[teacher].path);
        let softmax = |logits: &Vec<f64>| -> Vec<f64> {
            let all: f64 = logits.iter().map(|x| x.exp()).sum();
            logits.iter().map(|x| x.exp() / all).collect()
        };
        let labels: Vec<i64> = Vec::try_from(&scene.batch.labels).unwrap();
        let smoothed = |&label: &i64| -> Vec<f64> {
            let own = |class: i64| if class == label { 0.9 } else { 0.0 };
            (0..10).map(|class| 0.01 + own(class)).collect()
        };
        let kd = by_hand(&student, &taught.iter().map(softmax).collect::<Vec<_>>());
        let ce = by_hand(&student, &labels.iter().map(smoothed).collect::<Vec<_>>());
        let expected = match form {
            KdLoss::Half => (rho * kd + (2.0 - rho) * ce) / 2.0,
            KdLoss::Sum => ce + rho * kd,
        };
        let loss = scene.step(AT).loss.double_value(&[]);
        assert!(
            (loss - expected).abs() < 1e-9,
            "{variant:?} {pick:?} {form:?}: {loss} {expected}"
        );
    }
}

#[test]
fn row_23_blocks_that_are_not_sampled_stand_still_in_both_variants() {
    for variant in [Variant::Paper, Variant::Released] {
        let mut scene = scene(variant, PickMethod::Top1);
        let other = scene.learner.board.entries()[1].path.clone();
        let student = std::mem::replace(&mut scene.student, other);
        scene.step(AT);
        let before = snapshot(&scene.learner);
        scene.student = student;
        scene.step(Moment { epoch: 2, step: 6 });
        let on_path = scene.learner.supernet.parameters(&scene.student);
        let weights = moved(&scene.learner, &before);
        for name in weights.iter().filter(|name| !is_statistic(name)) {
            assert!(
                on_path.iter().any(|own| &*own.name == name),
                "{variant:?} {name}"
            );
        }
    }
}

#[test]
fn row_24_the_meta_update_counts_the_runs_steps_the_released_code_those_of_the_epoch() {
    let recipe = Recipe {
        update_every: 6,
        ..recipe(Variant::Released, PickMethod::Meta)
    };
    // Epochs of four steps: a batch of the epoch is never the sixth.
    let theirs = |step| released::updates_meta(&recipe, Moment { epoch: 1, step });
    assert!((1..100).all(|step| !theirs(step)));
    let ours = |step| Learner::updates_meta(&recipe, Moment { epoch: 1, step });
    assert_eq!(
        (1..20).filter(|&step| ours(step)).collect::<Vec<_>>(),
        [6, 12, 18]
    );
}

#[test]
fn row_25_the_teachers_forward_moves_no_statistic_the_released_codes_moves_the_teachers() {
    for (variant, moves) in [(Variant::Paper, false), (Variant::Released, true)] {
        let mut scene = scene(variant, PickMethod::Top1);
        let before = snapshot(&scene.learner);
        scene.step(AT);
        assert_eq!(scene.learner.distilled_steps(), 1);
        let norm = |name: &str| name.rsplit_once('.').unwrap().0.to_owned();
        let norms_of = |path: &Path| -> BTreeSet<String> {
            let parameters = scene.learner.supernet.parameters(path);
            parameters.iter().map(|own| norm(&own.name)).collect()
        };
        let student = norms_of(&scene.student);
        let teacher = norms_of(&scene.learner.board.entries()[0].path);
        let changed = moved(&scene.learner, &before);
        let statistics = changed.iter().filter(|name| is_statistic(name));
        let (on, off): (Vec<&String>, Vec<_>) =
            statistics.partition(|name| student.contains(&norm(name)));
        assert!(!on.is_empty(), "the student's own move");
        assert_eq!(!off.is_empty(), moves, "{variant:?} {off:?}");
        assert!(off.iter().all(|name| teacher.contains(&norm(name))));
    }
}
