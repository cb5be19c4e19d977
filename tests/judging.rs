//! Judging many paths in one walk over what they share, against judging each alone.
#![cfg(feature = "torch")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::collections::BTreeSet;

use common::plan;
use common::runs::repository;
use creamc::data::{Data, Wanted};
use creamc::lang::count::Evolver;
use creamc::lang::ir::Path;
use creamc::nn::Place;
use creamc::search::{Draws, Judge, Judged, Trie};
use creamc::supernet::Supernet;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind};

const PATHS: usize = 20;

/// Children of a few paths, as an evolution judges them; none twice.
fn children(evolver: &Evolver, parents: &[Path]) -> Vec<Path> {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let mut paths = parents.to_vec();
    while paths.len() < PATHS {
        let child = evolver.mutate(&parents[paths.len() % parents.len()], 0.2, &mut random);
        if !paths.contains(&child) {
            paths.push(child);
        }
    }
    paths
}

fn judge() -> Judge {
    let wanted = Wanted {
        judge_images: 40,
        images_per_class: Some(10),
        ..Wanted::all(10, 1, 28)
    };
    let data = Data::load(&repository("examples/fashion-mnist"), &wanted).unwrap();
    Judge::new(&data, 3, 0, (40, 20), 20)
}

/// A path's resolution and its first blocks.
type Beginning = (Option<u32>, Vec<(usize, usize, usize)>);

/// The different beginnings of the paths.
fn beginnings(paths: &[Path]) -> BTreeSet<Beginning> {
    let of_path = |path: &Path| {
        let (side, blocks) = (path.resolution, path.blocks().collect::<Vec<_>>());
        (1..=blocks.len()).map(move |length| (side, blocks[..length].to_vec()))
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn paths_that_share_blocks_are_judged_together_as_one_by_one_bit_by_bit() {
    assert_judged_as_one_by_one("spaces/tiny.cream");
}

#[test]
fn paths_of_searched_widths_and_resolutions_are_judged_together_as_one_by_one_bit_by_bit() {
    assert_judged_as_one_by_one("examples/edge28.cream");
}

fn assert_judged_as_one_by_one(file: &str) {
    creamc_torch::set_threads(1).expect("one thread is allowed");
    let plan = plan(file, &[]);
    let settings = creamc::config::search(None, &[]).unwrap().settings;
    let draws = Draws::new(&settings.supernet, &plan).unwrap();
    let parents = draws.distinct(&mut ChaCha8Rng::seed_from_u64(8), 4);
    let paths = children(&draws.evolver(), &parents);
    let place = Place {
        kind: Kind::Float,
        device: Device::Cpu,
    };
    let supernet = Supernet::new(&plan.ir.at(plan.resolution), place, 5);

    let runs = Trie::new(&supernet, &paths).len();
    let blocks: usize = paths.iter().map(|path| path.blocks().count()).sum();
    assert_eq!(runs, beginnings(&paths).len());
    assert!(runs < blocks, "{runs} block runs for {blocks} blocks");

    let judge = judge();
    let together = judge.judge(&supernet, &paths).unwrap();
    let bits = |judged: &Judged| [judged.loss.to_bits(), judged.top1.to_bits()];
    for (path, shared) in paths.iter().zip(&together) {
        let alone = judge.judge(&supernet, std::slice::from_ref(path)).unwrap();
        assert_eq!(bits(&alone[0]), bits(shared), "{path:?}");
    }
    let losses: BTreeSet<u64> = together.iter().map(|one| one.loss.to_bits()).collect();
    assert_eq!(losses.len(), PATHS, "every path has a loss of its own");
}

#[test]
fn a_tree_of_three_paths_has_a_node_for_every_beginning() {
    let plan = plan("spaces/tiny.cream", &[]);
    let place = Place {
        kind: Kind::Float,
        device: Device::Cpu,
    };
    let supernet = Supernet::new(&plan.ir.at(plan.resolution), place, 5);
    let one = plan.witness.clone();
    let rows = one.rows.len();
    let with = |row: usize| {
        let mut path = one.clone();
        let candidates = plan.ir.rows[row].slots[0].candidates.len() as u16;
        path.rows[row][0] = (path.rows[row][0] + 1) % candidates;
        path
    };
    let searched: Vec<usize> = (0..rows)
        .filter(|&row| plan.ir.rows[row].slots[0].candidates.len() > 1)
        .collect();
    let (first, last) = (searched[0], searched[searched.len() - 1]);
    assert!(first < last);
    // Blocks from this row's first one to the end, which a path that differs there runs anew.
    let from = |row: usize| -> usize { one.rows[row..].iter().map(Vec::len).sum() };
    let paths = [one.clone(), with(first), with(last)];
    let expected = from(0) + from(first) + from(last);
    assert_eq!(Trie::new(&supernet, &paths).len(), expected);
    let again = [&paths[..], &paths[..]].concat();
    assert_eq!(Trie::new(&supernet, &again).len(), expected);
}
