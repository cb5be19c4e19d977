//! Candidates that are slices of one set of weights: those of one structure with `SUPERNET.SHARING: elastic`, those that
//! differ in searched widths alone always. And paths that decide their resolution.
#![cfg(feature = "torch")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::learners::{self, DOUBLE, batch, recipe};
use common::{assert_close, plan};
use creamc::childnet::Childnet;
use creamc::lang::count::{Measure, Sampler};
use creamc::lang::ir::Path;
use creamc::lang::plan::Plan;
use creamc::nn::{Mode, NamedTensor};
use creamc::ranks::Ranks;
use creamc::search::Draws;
use creamc::search::recipe::Strategy;
use creamc::search::sandwich::{self, Ends};
use creamc::search::step::{Learner, Moment};
use creamc::supernet::{Sharing, Supernet};
use creamc::train::loss::{cross_entropy, soft_cross_entropy};
use creamc::train::sgd::gradients;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

const ELASTIC: &str = "tests/fixtures/elastic.cream";
/// With searched widths and resolutions.
const EDGE: &str = "examples/edge28.cream";

/// With blocks of rows of their own.
const OWN_BLOCKS: [&str; 3] = [
    "examples/blocks/ghost.cream",
    "examples/blocks/convnext.cream",
    "examples/blocks/mixconv.cream",
];

const BOTH: [Sharing; 2] = [Sharing::Independent, Sharing::Elastic];

/// Tensors by name.
type Named = BTreeMap<String, Tensor>;

fn copies(tensors: &[NamedTensor]) -> Named {
    let copy = |one: &NamedTensor| (one.name.to_string(), one.tensor.detach().copy());
    tensors.iter().map(copy).collect()
}

fn supernet(plan: &Plan, sharing: Sharing) -> Supernet {
    Supernet::sharing(&plan.ir.at(plan.resolution), sharing, DOUBLE, 5)
}

/// Paths that go through every candidate of every block, whatever the bounds.
fn paths_through_all(plan: &Plan) -> Vec<Path> {
    let sampler = Sampler::new(&plan.graph, &[], Measure::Decisions).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let rows = plan.ir.rows.iter().flat_map(|row| &row.slots);
    let all: usize = rows.map(|slot| slot.candidates.len()).sum();
    let (mut paths, mut seen) = (Vec::new(), BTreeSet::new());
    for _ in 0..20_000 {
        let path = sampler.draw(&mut random);
        if path.blocks().any(|block| !seen.contains(&block)) {
            seen.extend(path.blocks());
            paths.push(path);
        }
    }
    assert_eq!(seen.len(), all, "every candidate is on some path");
    paths
}

fn drawn(plan: &Plan, count: usize) -> Vec<Path> {
    let settings = creamc::config::search(None, &[]).unwrap().settings;
    let draws = Draws::new(&settings.supernet, plan).unwrap();
    draws.distinct(&mut ChaCha8Rng::seed_from_u64(4), count)
}

/// The stored number at the place of one of a slice, written out: widths from the first on, kernels around their middle.
fn stored_at(stored: &Tensor, slice: &[i64], at: &[i64]) -> f64 {
    let size = stored.size();
    let place: Vec<i64> = (0..at.len())
        .map(|dim| match dim {
            0 | 1 => at[dim],
            _ => at[dim] + size[dim] / 2 - slice[dim] / 2,
        })
        .collect();
    stored.double_value(&place)
}

/// Every place of a tensor of this size.
fn places(size: &[i64]) -> Vec<Vec<i64>> {
    size.iter().fold(vec![Vec::new()], |places, &length| {
        let longer = |place: &Vec<i64>| {
            let place = place.clone();
            (0..length).map(move |last| [&place[..], &[last]].concat())
        };
        places.iter().flat_map(longer).collect()
    })
}

#[test]
fn a_path_is_the_network_with_its_slices_for_every_candidate_and_so_are_its_gradients() {
    for file in [
        &[ELASTIC, EDGE, "tests/fixtures/operators.cream"][..],
        &OWN_BLOCKS,
    ]
    .concat()
    {
        let plan = plan(file, &[]);
        let batch = batch(&plan, 2, DOUBLE);
        for sharing in BOTH {
            let supernet = supernet(&plan, sharing);
            for path in paths_through_all(&plan) {
                let network = plan.ir.network(&path, plan.resolution);
                let childnet = Childnet::of_supernet(&network, &supernet, &path);
                let (own, alone) = (supernet.parameters(&path), childnet.parameters());
                let logits = supernet.forward(&batch.images, &path, Mode::Train);
                let seen = DOUBLE.images_at(&batch.images, path.resolution);
                assert_eq!(seen.size()[2], i64::from(plan.side(&path)));
                let expected = childnet.forward(&seen, Mode::Train);
                let what = format!("{sharing:?} {path:?}");
                assert_close(&what, &logits, &expected, 1e-12);
                let loss = |logits: &Tensor| cross_entropy(logits, &batch.labels, 0.1);
                let found = gradients(&loss(&logits), &own);
                let expected = gradients(&loss(&expected), &alone);
                for ((own, found), expected) in own.iter().zip(&found).zip(&expected) {
                    assert_close(&format!("{what} {}", own.name), found, expected, 1e-9);
                }
                // The statistics that training moved are slices, too.
                let [found, expected] = tch::no_grad(|| {
                    [
                        supernet.forward(&batch.images, &path, Mode::Eval),
                        childnet.forward(&seen, Mode::Eval),
                    ]
                });
                assert_close(&what, &found, &expected, 1e-12);
            }
        }
    }
}

#[test]
fn slices_are_first_channels_and_the_middle_of_kernels() {
    let own_blocks = OWN_BLOCKS.map(|file| (file, Sharing::Elastic));
    for (file, sharing) in [&SLICED[..], &own_blocks].concat() {
        let plan = plan(file, &[]);
        let supernet = supernet(&plan, sharing);
        let stored = copies(&supernet.tensors());
        let (mut smaller, mut checked) = (0, BTreeSet::new());
        for own in paths_through_all(&plan)
            .iter()
            .flat_map(|path| supernet.parameters(path))
        {
            let (whole, size) = (&stored[&*own.name], own.tensor.size());
            if !checked.insert((own.name.clone(), size.clone())) {
                continue;
            }
            smaller += usize::from(whole.size() != size);
            for at in places(&size) {
                let expected = stored_at(whole, &size, &at);
                assert_eq!(own.tensor.double_value(&at), expected, "{}", own.name);
            }
        }
        assert!(smaller > 10, "{file} {sharing:?}: {smaller}");
    }
}

#[test]
fn what_differs_in_widths_alone_is_stored_once_and_named_after_what_it_is_beside_them() {
    let plan = plan(EDGE, &[]);
    let slot = &plan.ir.rows[4].slots[0];
    // Kernels, expansions and squeeze, for each pair of two widths in and two out.
    assert_eq!((slot.structures(), slot.candidates.len()), (8, 32));
    for candidate in 0..32 {
        let at = (4, 0, candidate);
        let number = slot.candidates[candidate].structure();
        assert_eq!(
            Sharing::Independent.prefix(&plan.ir, at),
            format!("s3.0.{number}")
        );
        let squeezed = if number % 2 == 1 { "-2" } else { "" };
        assert_eq!(
            Sharing::Elastic.prefix(&plan.ir, at),
            format!("s3.0.ir{squeezed}")
        );
    }
    let size =
        |sharing: Sharing, name: &str| copies(&supernet(&plan, sharing).tensors())[name].size();
    for sharing in BOTH {
        let stem = if sharing == Sharing::Elastic {
            "conv"
        } else {
            "0"
        };
        let name = format!("stem.0.{stem}.conv.weight");
        assert_eq!(size(sharing, &name), [12, 1, 3, 3]);
    }
    // Twice the 24 channels of the widest input, 3×3.
    let narrow = size(Sharing::Independent, "s3.0.0.conv_dw.weight");
    assert_eq!(narrow, [48, 1, 3, 3]);
    assert_eq!(
        size(Sharing::Elastic, "s3.0.ir.conv_dw.weight"),
        [72, 1, 5, 5]
    );
}

#[test]
fn candidates_of_one_structure_share_the_largest_and_others_keep_their_own() {
    let plan = plan(ELASTIC, &[]);
    let prefixes = |row: usize, block: usize| {
        let candidates = 0..plan.ir.rows[row].slots[block].candidates.len();
        let mut prefixes: Vec<String> = candidates
            .map(|candidate| Sharing::Elastic.prefix(&plan.ir, (row, block, candidate)))
            .collect();
        prefixes.dedup();
        prefixes
    };
    // With and without squeeze and excitation take turns as the candidates are counted.
    let wide = ["s1.1.ir", "s1.1.ir-2"].repeat(6);
    assert_eq!(
        prefixes(1, 1),
        [&wide[..], &["s1.1.er", "s1.1.skip"]].concat()
    );
    assert_eq!(prefixes(0, 0), ["stem.0.conv"]);
    assert_eq!(prefixes(2, 0), ["neck.0.bottleneck"]);
    // A grouped convolution has no slices of one that is not.
    let twice = [
        "s2.0.sum",
        "s2.0.sum-2",
        "s2.0.sum",
        "s2.0.sum-2",
        "s2.0.sum-3",
    ];
    assert_eq!(prefixes(3, 0)[..5], twice);

    let stored = copies(&supernet(&plan, Sharing::Elastic).tensors());
    let size = |name: &str| stored[name].size();
    assert_eq!(size("stem.0.conv.conv.weight"), [8, 3, 5, 5]);
    assert_eq!(size("s1.1.ir-2.conv_pw.weight"), [48, 16, 1, 1]);
    assert_eq!(size("s1.1.ir-2.conv_dw.weight"), [48, 1, 7, 7]);
    assert_eq!(size("s1.1.ir-2.bn2.running_var"), [48]);
    // round8(48 / 4) and round8(32 / 4).
    assert_eq!(size("s1.1.ir-2.se.conv_reduce.weight"), [16, 48, 1, 1]);
    assert_eq!(size("s1.1.ir-2.se.conv_expand.bias"), [48]);
    assert_eq!(size("s1.1.er.conv_exp.weight"), [32, 16, 3, 3]);
}

#[test]
fn independent_weights_are_named_after_their_candidates_and_elastic_ones_are_fewer() {
    let plan = plan(ELASTIC, &[]);
    let numbers =
        |tensors: &[NamedTensor]| -> usize { tensors.iter().map(|one| one.tensor.numel()).sum() };
    let independent = supernet(&plan, Sharing::Independent);
    let mut named = Named::new();
    for path in paths_through_all(&plan) {
        for (at, own) in path.blocks().zip(blocks(&independent, &path)) {
            let (row, block, candidate) = at;
            let prefix = format!("{}.{block}.{candidate}.", plan.ir.rows[row].name);
            for own in own {
                assert!(own.name.starts_with(&prefix), "{} {prefix}", own.name);
                named.insert(own.name.to_string(), own.tensor.detach());
            }
        }
    }
    let stored = independent.tensors();
    let trained = stored.iter().filter(|one| one.tensor.requires_grad());
    assert_eq!(trained.count(), named.len());
    let elastic = supernet(&plan, Sharing::Elastic).tensors();
    assert!(2 * numbers(&elastic) < numbers(&stored));
}

/// The parameters of each block of a path.
fn blocks(supernet: &Supernet, path: &Path) -> Vec<Vec<NamedTensor>> {
    let blocks = path.blocks();
    blocks
        .map(|(row, block, candidate)| supernet.block(row, block, candidate).parameters().to_vec())
        .collect()
}

/// What is trained, as numbers in plain tensors, stepped by the textbook.
struct ByHand {
    sharing: Sharing,
    weights: Named,
    momentum: Named,
    /// Where some slice has lain.
    touched: Named,
}

impl ByHand {
    /// One step of the whole tensors that the slices lie in, kept where one of them lies.
    fn step(&mut self, sgd: creamc_torch::Sgd, slices: &[(String, Tensor)]) {
        let names: BTreeSet<&String> = slices.iter().map(|one| &one.0).collect();
        for name in names {
            let weight = self.weights[name].shallow_clone();
            let (mut sum, inside) = (weight.zeros_like(), weight.zeros_like());
            for (_, gradient) in slices.iter().filter(|(other, _)| other == name) {
                let part = |whole: &Tensor| {
                    let (all, own) = (whole.size(), gradient.size());
                    (0..own.len()).fold(whole.shallow_clone(), |part, dim| {
                        let start = [0, all[dim] / 2 - own[dim] / 2][usize::from(dim > 1)];
                        part.narrow(dim as i64, start, own[dim])
                    })
                };
                let _ = part(&sum).g_add_(gradient);
                let _ = part(&inside).fill_(1.0);
            }
            sum += &weight
                * if weight.dim() > 1 {
                    sgd.weight_decay
                } else {
                    0.0
                };
            let zeros = weight.zeros_like();
            let before = self.momentum.get(name).unwrap_or(&zeros).shallow_clone();
            let moved = &before * sgd.momentum + &sum;
            let stepped = &weight - (&sum + &moved * sgd.momentum) * sgd.lr;
            let inside = inside.to_kind(Kind::Bool);
            let touched = match self.touched.get(name) {
                Some(before) => before.logical_or(&inside),
                None => inside.shallow_clone(),
            };
            self.touched.insert(name.clone(), touched);
            let kept = |new: &Tensor, old: &Tensor| new.where_self(&inside, old);
            self.momentum.insert(name.clone(), kept(&moved, &before));
            self.weights.insert(name.clone(), kept(&stepped, &weight));
        }
    }

    /// The gradients of a loss on paths, each on a network of its own.
    fn gradients(
        &self,
        plan: &Plan,
        paths: &[&Path],
        loss: impl Fn(&[Tensor]) -> Tensor,
        images: &Tensor,
    ) -> Vec<(String, Tensor)> {
        let holder = supernet(plan, self.sharing);
        holder.load(&self.all(&holder)).unwrap();
        let nets = paths.iter().map(|path| {
            let network = plan.ir.network(path, plan.resolution);
            Childnet::of_supernet(&network, &holder, path)
        });
        let nets: Vec<Childnet> = nets.collect();
        let logits = nets.iter().zip(paths).map(|(net, path)| {
            let images = DOUBLE.images_at(images, path.resolution);
            net.forward(&images, Mode::Train)
        });
        let logits: Vec<Tensor> = logits.collect();
        let parameters: Vec<NamedTensor> = nets.iter().flat_map(Childnet::parameters).collect();
        let names = paths.iter().flat_map(|path| holder.parameters(path));
        let names = names.map(|own| own.name.to_string());
        names.zip(gradients(&loss(&logits), &parameters)).collect()
    }

    /// The weights, with statistics that no training-mode forward reads.
    fn all(&self, holder: &Supernet) -> Named {
        let mut all = copies(&holder.tensors());
        all.extend(
            self.weights
                .iter()
                .map(|(name, one)| (name.clone(), one.shallow_clone())),
        );
        all
    }
}

fn learner(plan: &Plan, sharing: Sharing) -> Learner {
    learners::learner(plan, supernet(plan, sharing), Ranks::alone())
}

fn by_hand(learner: &Learner, sharing: Sharing) -> ByHand {
    let trained = learner.supernet.tensors().into_iter();
    let trained: Vec<NamedTensor> = trained.filter(|one| one.tensor.requires_grad()).collect();
    ByHand {
        sharing,
        weights: copies(&trained),
        momentum: Named::new(),
        touched: Named::new(),
    }
}

/// Weights and momentum are those that were stepped by hand, and where no slice ever lay the very bits of `start`.
fn assert_stepped(learner: &Learner, stepped: &ByHand, start: &Named) {
    let found = copies(&learner.supernet.tensors());
    for (name, expected) in &stepped.weights {
        assert_close(name, &found[name], expected, 1e-10);
        let same = found[name].eq_tensor(&start[name]);
        let beside = match stepped.touched.get(name) {
            Some(touched) => same.logical_or(touched),
            None => same,
        };
        assert!(
            bool::try_from(beside.all()).unwrap(),
            "{name} moved beside its slices"
        );
    }
    let found = copies(&learner.momentum.tensors());
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        stepped.momentum.keys().collect::<Vec<_>>()
    );
    for (name, expected) in &stepped.momentum {
        assert_close(name, &found[name], expected, 1e-10);
    }
}

/// Spaces whose candidates are slices, and how.
const SLICED: [(&str, Sharing); 3] = [
    (ELASTIC, Sharing::Elastic),
    (EDGE, Sharing::Elastic),
    (EDGE, Sharing::Independent),
];

#[test]
fn steps_move_slices_by_the_textbook_and_nothing_beside_them() {
    for (file, sharing) in SLICED {
        let plan = plan(file, &[]);
        let mut learner = learner(&plan, sharing);
        let mut expected = by_hand(&learner, sharing);
        let start = copies(&learner.supernet.tensors());
        let recipe = recipe(Strategy::Single);
        let batch = batch(&plan, 4, DOUBLE);
        // The first path again at the end: its momentum has waited, in part under that of others.
        let mut paths = drawn(&plan, 4);
        paths.push(paths[0].clone());
        for (step, path) in (1..).zip(&paths) {
            let at = Moment { epoch: 1, step };
            learner.step(&recipe, at, path, &batch).unwrap();
            let loss = |logits: &[Tensor]| cross_entropy(&logits[0], &batch.labels, 0.1);
            let slices = expected.gradients(&plan, &[path], loss, &batch.images);
            expected.step(recipe.train.sgd(step - 1), &slices);
        }
        assert_stepped(&learner, &expected, &start);
    }
}

/// Two steps of the sandwich, against the textbook.
fn assert_sandwich(plan: &Plan, sharing: Sharing, ends: &Ends, drawn: &[Path; 2]) {
    let mut learner = learner(plan, sharing);
    let mut expected = by_hand(&learner, sharing);
    let start = copies(&learner.supernet.tensors());
    let recipe = recipe(Strategy::Sandwich(ends.clone()));
    let batch = batch(plan, 4, DOUBLE);
    for step in 1..=2 {
        let at = Moment { epoch: 1, step };
        sandwich::step(&mut learner, &recipe, at, (ends, drawn), &batch).unwrap();
        let paths = [&ends.largest, &ends.smallest, &drawn[0], &drawn[1]];
        let loss = |logits: &[Tensor]| {
            let first = cross_entropy(&logits[0], &batch.labels, 0.1);
            let rest = logits[1..].iter();
            rest.fold(first, |sum, one| sum + soft_cross_entropy(one, &logits[0]))
        };
        let slices = expected.gradients(plan, &paths, loss, &batch.images);
        expected.step(recipe.train.sgd(step - 1), &slices);
    }
    assert_stepped(&learner, &expected, &start);
}

#[test]
fn a_sandwich_moves_what_lies_in_some_path_once_by_the_sum() {
    for (file, sharing) in SLICED {
        let plan = plan(file, &[]);
        let drawn: [Path; 2] = drawn(&plan, 2).try_into().unwrap();
        assert_sandwich(&plan, sharing, &Ends::of(&plan), &drawn);
    }
    // A small kernel on many channels and a large one on few: none covers the other.
    let plan = plan(ELASTIC, &[]);
    let (ends, drawn) = (Ends::of(&plan), drawn(&plan, 2));
    let with = |path: &Path, first: u16| {
        let mut path = path.clone();
        path.rows[1][0] = first;
        path
    };
    let (many, large) = (2, 8);
    let crossed = Ends {
        largest: with(&ends.largest, many),
        smallest: with(&ends.smallest, large),
    };
    let both = [with(&drawn[0], many), with(&drawn[1], large)];
    assert_sandwich(&plan, Sharing::Elastic, &crossed, &both);
}

#[test]
fn an_identity_says_how_weights_are_shared() {
    let weights = "0123456789abcdef";
    for sharing in BOTH {
        let identity = sharing.identity(weights);
        assert_eq!(Sharing::of_identity(&identity, weights), Some(sharing));
        assert_eq!(Sharing::of_identity(&identity, "fedcba9876543210"), None);
    }
    assert_eq!(Sharing::Independent.identity(weights), weights);
}
