//! The final pick by evolution: generation after generation of judged paths, each made of the best
//! so far (Guo et al., *Single Path One-Shot Neural Architecture Search with Uniform Sampling*, ECCV
//! 2020, section 3.3).
//!
//! Mutation and crossover draw among the paths inside every bound, so that no child is thrown
//! away for its cost.

use std::collections::BTreeSet;

use creamc_lang::count::Evolver;
use creamc_lang::ir::Path;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::draws::Draws;
use super::pick::{Pick, order};
use crate::config::EvolutionSettings;

/// Children that are made for each one that a generation wants: many are known already.
const TRIES: usize = 10;

/// An evolution under way.
pub struct Evolution<'a> {
    settings: EvolutionSettings,
    draws: &'a Draws,
    evolver: Evolver,
    random: &'a mut ChaCha8Rng,
    /// Every path that was judged or is about to be.
    known: BTreeSet<Path>,
    /// The best so far, best first; as many as there are parents.
    parents: Vec<Pick>,
}

impl<'a> Evolution<'a> {
    /// Before the first generation.
    #[must_use]
    pub fn new(
        settings: EvolutionSettings,
        draws: &'a Draws,
        random: &'a mut ChaCha8Rng,
    ) -> Evolution<'a> {
        Evolution {
            settings,
            evolver: draws.evolver(),
            draws,
            random,
            known: BTreeSet::new(),
            parents: Vec::new(),
        }
    }

    /// The paths of the first generation: the board's, then drawn ones.
    pub fn first(&mut self, board: Vec<Path>) -> Vec<Path> {
        let mut generation = Vec::new();
        for path in board {
            // What does not fit in stays unknown, and may still come as a child.
            if generation.len() < self.settings.population {
                self.take(path, &mut generation);
            }
        }
        self.fill(&mut generation);
        generation
    }

    /// Half of them mutations of the parents, half crossings; drawn ones where too few are new.
    /// Empty when the space has hardly a new path left.
    ///
    /// # Panics
    /// Before a generation was judged.
    pub fn next(&mut self) -> Vec<Path> {
        let size = self.settings.population;
        let mut generation = Vec::new();
        for (wanted, kind) in [(size / 2, Child::Mutation), (size, Child::Crossing)] {
            for _ in 0..TRIES.saturating_mul(size) {
                if generation.len() >= wanted {
                    break;
                }
                let child = self.child(kind);
                self.take(child, &mut generation);
            }
        }
        self.fill(&mut generation);
        generation
    }

    /// Takes over what the judge said of a generation: the best become parents.
    pub fn judged(&mut self, generation: &[Pick]) {
        self.parents.extend_from_slice(generation);
        // Stable: of equal losses the one judged first stays before.
        self.parents
            .sort_by(|a, b| order(a.judged.loss).total_cmp(&order(b.judged.loss)));
        self.parents.truncate(self.settings.parents);
    }

    /// The best so far.
    #[must_use]
    pub fn best(&self) -> Option<&Pick> {
        self.parents.first()
    }

    fn child(&mut self, kind: Child) -> Path {
        let count = self.parents.len();
        let mut parent = || self.random.random_range(0..count);
        match kind {
            Child::Mutation => {
                let parent = &self.parents[parent()].path;
                let rate = self.settings.mutation_rate;
                self.evolver.mutate(parent, rate, self.random)
            }
            Child::Crossing => {
                let [a, b] = [parent(), parent()].map(|at| &self.parents[at].path);
                self.evolver.crossover(a, b, self.random)
            }
        }
    }

    fn fill(&mut self, generation: &mut Vec<Path>) {
        let size = self.settings.population;
        for _ in 0..TRIES.saturating_mul(size) {
            if generation.len() >= size {
                break;
            }
            let path = self.draws.draw(self.random);
            self.take(path, generation);
        }
    }

    /// Adds a path that is new and can have children.
    fn take(&mut self, path: Path, generation: &mut Vec<Path>) {
        if self.evolver.admits(&path) && self.known.insert(path.clone()) {
            generation.push(path);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Child {
    Mutation,
    Crossing,
}

#[cfg(test)]
mod tests {
    use super::super::judge::Judged;
    use super::*;
    use crate::config;
    use crate::train::prepare::Source;
    use creamc_lang::plan::Plan;
    use rand::SeedableRng;

    fn plan() -> Plan {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spaces/tiny.cream");
        let mut source = Source::load(&file, None, |_| {}).unwrap();
        let settings = config::search(None, &[]).unwrap().settings;
        source.plan_search(&[], &settings.supernet).unwrap()
    }

    fn draws(plan: &Plan) -> Draws {
        let settings = config::search(None, &[]).unwrap().settings;
        Draws::new(&settings.supernet, plan).unwrap()
    }

    /// A loss that mixes all decisions: hashed weights of blocks and of neighbours.
    fn loss(path: &Path) -> f64 {
        let blocks: Vec<_> = path.blocks().collect();
        let mixed = |(row, block, candidate): (usize, usize, usize)| {
            ((row * 31 + block * 17 + candidate * 7919) % 101) as f64
        };
        let alone: f64 = blocks.iter().map(|&block| mixed(block)).sum();
        let pairs: f64 = blocks
            .windows(2)
            .map(|pair| (mixed(pair[0]) * mixed(pair[1])) % 13.0)
            .sum();
        alone / 50.0 + pairs / 5.0
    }

    fn judged(paths: &[Path]) -> Vec<Pick> {
        let pick = |path: &Path| Pick {
            path: path.clone(),
            judged: Judged {
                loss: loss(path),
                top1: 0.0,
            },
        };
        paths.iter().map(pick).collect()
    }

    fn settings(generations: usize) -> EvolutionSettings {
        EvolutionSettings {
            population: 10,
            generations,
            parents: 4,
            mutation_rate: 0.1,
        }
    }

    #[test]
    fn it_finds_the_best_of_all_paths_by_judging_a_part_of_them_none_twice() {
        let (plan, mut random) = (plan(), ChaCha8Rng::seed_from_u64(2));
        let draws = draws(&plan);
        // Drawn until all 128 paths that meet the bound were there.
        let all = draws.distinct(&mut random.clone(), 2_000);
        assert_eq!(all.len(), 128);
        let least = all.iter().map(loss).fold(f64::INFINITY, f64::min);
        let settings = settings(8);
        let mut evolution = Evolution::new(settings, &draws, &mut random);
        let mut seen = Vec::new();
        let mut generation = evolution.first(Vec::new());
        for _ in 0..settings.generations {
            seen.extend(generation.iter().cloned());
            evolution.judged(&judged(&generation));
            generation = evolution.next();
        }
        let best = evolution.best().unwrap();
        assert_eq!(best.judged.loss, least, "of {} paths", all.len());
        assert!(seen.len() < all.len(), "{} of {}", seen.len(), all.len());
        for (at, path) in seen.iter().enumerate() {
            assert!(!seen[..at].contains(path), "{path:?} twice");
            let cost = plan.cost(path);
            assert!(plan.windows.iter().all(|window| window.holds(cost)));
        }
    }

    #[test]
    fn the_board_comes_first_less_what_lies_outside_the_bounds() {
        let (plan, mut random) = (plan(), ChaCha8Rng::seed_from_u64(2));
        let draws = draws(&plan);
        let inside = draws.draw(&mut random);
        let outside = plan
            .graph
            .cheapest_inside(&[], creamc_lang::space::Metric::Macs, &inside);
        let outside = outside.path;
        let mut evolution = Evolution::new(settings(1), &draws, &mut random);
        let first = evolution.first(vec![outside.clone(), inside.clone(), inside.clone()]);
        assert_eq!(first.len(), 10);
        assert_eq!(first[0], inside);
        assert!(!first[1..].contains(&inside) && !first.contains(&outside));
    }

    #[test]
    fn paths_of_a_board_that_is_larger_than_a_generation_can_still_come() {
        let (plan, mut random) = (plan(), ChaCha8Rng::seed_from_u64(2));
        let draws = draws(&plan);
        let board = draws.distinct(&mut random, 128);
        let mut evolution = Evolution::new(settings(1), &draws, &mut random);
        let mut generation = evolution.first(board.clone());
        assert_eq!(generation, board[..10]);
        let mut seen = 0;
        while !generation.is_empty() {
            seen += generation.len();
            evolution.judged(&judged(&generation));
            generation = evolution.next();
        }
        // The board holds all there are: what comes after it is of it.
        assert!(seen > 10, "{seen} of 128");
    }

    #[test]
    fn it_ends_where_no_new_path_is_left() {
        let (plan, mut random) = (plan(), ChaCha8Rng::seed_from_u64(2));
        let draws = draws(&plan);
        let wide = EvolutionSettings {
            population: 1_000,
            ..settings(5)
        };
        let mut evolution = Evolution::new(wide, &draws, &mut random);
        let mut generation = evolution.first(Vec::new());
        let mut seen = 0;
        for _ in 0..5 {
            seen += generation.len();
            evolution.judged(&judged(&generation));
            generation = evolution.next();
        }
        // All paths that `macs in 260K..310K` holds.
        assert_eq!((seen, generation), (128, Vec::new()));
    }
}
