//! Children of paths against enumeration.

use std::collections::BTreeSet;

use rand::Rng;

use super::prior::Weighted;
use super::*;
use crate::count::Evolver;
use crate::count::evolve::Free;

/// Whether a child agrees with what is held of a parent.
fn agrees(rows: &Rows, child: &Path, parent: &Path, free: &Free) -> bool {
    let kind = |row, block, candidate: u16| {
        let shared = rows.1.candidate(row, block, candidate);
        shared.map_or(candidate, |shared| shared.kind)
    };
    let [of_child, of_parent] = [child, parent].map(|path| rows.1.taken_by(path));
    let mut choices = of_child.iter().zip(&of_parent).zip(&free.shared);
    let shared = choices.all(|((&of_child, &of_parent), &free)| {
        free || of_child == 0 || of_parent == 0 || of_child == of_parent
    });
    let mut rows_of_child = child.rows.iter().enumerate();
    let blocks = rows_of_child.all(|(row, blocks)| {
        let held = &parent.rows[row];
        let same = |block: usize| kind(row, block, blocks[block]) == kind(row, block, held[block]);
        (free.depths[row] || blocks.len() == held.len())
            && (0..blocks.len().min(held.len())).all(|block| free.blocks[row][block] || same(block))
    });
    shared && blocks
}

/// Every set of decisions of a parent, those without a choice left out.
fn sets(rows: &Rows, parent: &Path, depths: &[bool]) -> Vec<(Free, usize)> {
    let mut decisions = Vec::new();
    for (row, blocks) in parent.rows.iter().enumerate() {
        if depths[row] {
            decisions.push((row, None));
        }
        for block in 0..blocks.len() {
            let kinds = rows.1.slot(row, block).map(|slot| slot.kinds);
            if kinds.unwrap_or(rows.0[row].1[block].len()) > 1 {
                decisions.push((row, Some(block)));
            }
        }
    }
    let taken = rows.1.taken_by(parent);
    let live = (0..taken.len()).filter(|&choice| taken[choice] != 0 && rows.1.sizes[choice] > 1);
    let choices: Vec<usize> = live.collect();
    let of_bits = |bits: usize| {
        let mut free = Free {
            resolution: false,
            depths: vec![false; parent.rows.len()],
            blocks: parent
                .rows
                .iter()
                .map(|blocks| vec![false; blocks.len()])
                .collect(),
            shared: vec![false; taken.len()],
        };
        for (at, &choice) in choices.iter().enumerate() {
            free.shared[choice] = bits >> (decisions.len() + at) & 1 == 1;
        }
        for (at, &(row, block)) in decisions.iter().enumerate() {
            match (bits >> at & 1 == 1, block) {
                (true, None) => free.depths[row] = true,
                (true, Some(block)) => free.blocks[row][block] = true,
                (false, _) => {}
            }
        }
        (free, bits.count_ones() as usize)
    };
    (0..1 << (decisions.len() + choices.len()))
        .map(of_bits)
        .collect()
}

/// Chances of the paths that agree, given that one does.
fn given(rows: &Rows, wanted: &[(Path, f64)], parent: &Path, free: &Free) -> Vec<(Path, f64)> {
    let kin = wanted
        .iter()
        .filter(|(path, _)| agrees(rows, path, parent, free));
    let kin: Vec<(Path, f64)> = kin.cloned().collect();
    let all: f64 = kin.iter().map(|(_, chance)| chance).sum();
    kin.into_iter()
        .map(|(path, chance)| (path, chance / all))
        .collect()
}

/// Every combination of two parents' rows among the wanted paths.
fn crossed(wanted: &[(Path, f64)], a: &Path, b: &Path) -> BTreeSet<Path> {
    let from_either = |path: &Path| {
        let rows = path.rows.iter().enumerate();
        rows.into_iter()
            .all(|(row, blocks)| *blocks == a.rows[row] || *blocks == b.rows[row])
    };
    let paths = wanted.iter().map(|(path, _)| path);
    paths.filter(|path| from_either(path)).cloned().collect()
}

/// Chi-square less its mean, in standard deviations.
fn surprise(expected: &BTreeMap<Path, f64>, seen: &BTreeMap<Path, usize>) -> f64 {
    let draws: usize = seen.values().sum();
    assert!(
        seen.keys().all(|path| expected.contains_key(path)),
        "no child of its parents"
    );
    let square = |(path, chance): (&Path, &f64)| {
        let mean = draws as f64 * chance;
        (seen.get(path).copied().unwrap_or(0) as f64 - mean).powi(2) / mean
    };
    let freedom = expected.len() as f64 - 1.0;
    (expected.iter().map(square).sum::<f64>() - freedom) / (2.0 * freedom).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_held_conditions_children_exactly(
        (rows, relations, windows) in any_question(), seed in any::<u64>(),
    ) {
        let graph = rows.graph(&relations);
        let weighted = Weighted::new(rows, seed);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for measure in [Measure::Paths, Measure::Decisions] {
            let wanted = weighted.chances(&relations, &windows, measure);
            if wanted.is_empty() {
                continue;
            }
            let evolver = Evolver::new(&graph, &windows, measure, &weighted.prior());
            let parent = &wanted[random.random_range(0..wanted.len())].0;
            let sets = sets(&weighted.rows, parent, &vec![true; parent.rows.len()]);
            let (free, _) = &sets[random.random_range(0..sets.len())];
            let kin = given(&weighted.rows, &wanted, parent, free);
            let cut = evolver.agreeing(parent, free);
            let sampler = Sampler::coarse(&cut, &windows, 1 << 14).expect("the parent is there");
            let walked: Vec<f64> = kin.iter().map(|(path, _)| sampler.walk_chance(path)).collect();
            let inside: f64 = walked.iter().sum();
            for ((path, chance), walked) in kin.iter().zip(walked) {
                prop_assert!((walked / inside - chance).abs() < 1e-9, "{:?}", path);
            }
            let reached = wanted.iter().filter(|(path, _)| sampler.walk_chance(path) > 0.0);
            prop_assert_eq!(reached.count(), kin.len());
        }
    }

    #[test]
    fn every_child_of_admitted_parents_is_admitted(
        (rows, relations, windows) in any_question(), seed in any::<u64>(), rate in -0.5..1.5,
    ) {
        let graph = rows.graph(&relations);
        let weighted = Weighted::new(rows, seed);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for measure in [Measure::Paths, Measure::Decisions] {
            let evolver = Evolver::new(&graph, &windows, measure, &weighted.prior());
            let wanted = weighted.chances(&relations, &windows, measure);
            for (path, ..) in weighted.rows.enumerate() {
                let inside = wanted.iter().any(|(wanted, _)| *wanted == path);
                prop_assert_eq!(evolver.admits(&path), inside);
            }
            if wanted.is_empty() {
                continue;
            }
            let parent = |random: &mut ChaCha8Rng| &wanted[random.random_range(0..wanted.len())].0;
            for _ in 0..5 {
                let (a, b) = (parent(&mut random), parent(&mut random));
                let mutant = evolver.mutate(a, rate, &mut random);
                prop_assert!(evolver.admits(&mutant));
                let children = crossed(&wanted, a, b);
                let crossings = evolver.crossings(a, b);
                let counted = crossings.count_exact(&windows, Limits::default());
                prop_assert_eq!(counted, Ok(BigUint::from(children.len())));
                prop_assert!(children.contains(&evolver.crossover(a, b, &mut random)));
            }
        }
    }
}

/// A space of three stages with a relation and a window, and weights for it.
fn example() -> (Weighted, Vec<Relation>, Vec<Window>) {
    let slot = |costs: &[u64]| costs.iter().map(|&c| cost(c)).collect::<Vec<_>>();
    let rows = Rows::free(vec![
        (vec![1], vec![slot(&[17])]),
        (vec![1, 2], vec![slot(&[31, 64]), slot(&[22, 47, 60])]),
        (vec![1, 2], vec![slot(&[5, 9]), slot(&[40])]),
        (
            vec![1, 3],
            vec![slot(&[10, 20]), slot(&[13, 14]), slot(&[1, 2])],
        ),
    ]);
    let weights = vec![
        vec![vec![1.0]],
        vec![vec![1.0, 2.0], vec![0.2, 0.5, 0.3]],
        vec![vec![3.0, 1.0], vec![1.0]],
        vec![vec![1.0, 1.0], vec![2.0, 1.0], vec![1.0, 1.0]],
    ];
    let relation = Relation::DepthPair {
        left: 1,
        comparison: Comparison::AtMost,
        right: 2,
    };
    (
        Weighted { rows, weights },
        vec![relation],
        vec![flops(75, 160)],
    )
}

#[test]
fn mutations_free_every_decision_with_the_rate_and_draw_the_rest_exactly() {
    const DRAWS: usize = 10_000;
    let (weighted, relations, windows) = example();
    let graph = weighted.rows.graph(&relations);
    let parent = Path::new(vec![vec![0], vec![1], vec![1, 0], vec![0]]);
    for measure in [Measure::Paths, Measure::Decisions] {
        let wanted = weighted.chances(&relations, &windows, measure);
        let evolver = Evolver::new(&graph, &windows, measure, &weighted.prior());
        for rate in [0.0, 0.3, 1.0] {
            let sets = sets(&weighted.rows, &parent, &[false, true, true, true]);
            let expected = mutants(&weighted.rows, &wanted, &parent, &sets, rate);
            let mut random = ChaCha8Rng::seed_from_u64(4);
            let mut seen: BTreeMap<Path, usize> = BTreeMap::new();
            for _ in 0..DRAWS {
                let child = evolver.mutate(&parent, rate, &mut random);
                *seen.entry(child).or_default() += 1;
            }
            assert!(expected.len() > 5);
            let surprise = surprise(&expected, &seen);
            assert!(surprise < 4.0, "{surprise} at rate {rate}, {measure:?}");
        }
    }
}

/// The chances of a parent's mutants.
fn mutants(
    rows: &Rows,
    wanted: &[(Path, f64)],
    parent: &Path,
    sets: &[(Free, usize)],
    rate: f64,
) -> BTreeMap<Path, f64> {
    let decisions = sets.iter().map(|(_, size)| *size).max().expect("sets");
    let (held, freed): (f64, f64) = (1.0 - rate, rate);
    let none = held.powi(decisions as i32);
    let mut expected: BTreeMap<Path, f64> = BTreeMap::new();
    for (free, size) in sets {
        let chosen = freed.powi(*size as i32) * held.powi((decisions - size) as i32);
        let chance = match size {
            0 => continue,
            1 => chosen + none / decisions as f64,
            _ => chosen,
        };
        for (path, share) in given(rows, wanted, parent, free) {
            *expected.entry(path).or_default() += chance * share;
        }
    }
    expected.retain(|_, chance| *chance > 0.0);
    assert!((expected.values().sum::<f64>() - 1.0).abs() < 1e-9);
    expected
}

#[test]
fn mutations_free_shared_decisions_with_the_rate_too() {
    const DRAWS: usize = 20_000;
    let rows = shared_example();
    let even = |slots: &Vec<Vec<Cost>>| slots.iter().map(|slot| vec![1.0; slot.len()]).collect();
    let weighted = Weighted {
        weights: rows.0.iter().map(|(_, slots)| even(slots)).collect(),
        rows,
    };
    let graph = weighted.rows.graph(&[]);
    let parent = Path::new(vec![vec![1, 3], vec![1], vec![1]]);
    let sets = sets(&weighted.rows, &parent, &[true, false, true]);
    // Two depths, three blocks with a kind to choose, two choices.
    assert_eq!(sets.len(), 1 << 7);
    for measure in [Measure::Paths, Measure::Decisions] {
        let wanted = weighted.chances(&[], &[], measure);
        let evolver = Evolver::new(&graph, &[], measure, &weighted.prior());
        for rate in [0.0, 0.4] {
            let expected = mutants(&weighted.rows, &wanted, &parent, &sets, rate);
            let mut random = ChaCha8Rng::seed_from_u64(8);
            let mut seen: BTreeMap<Path, usize> = BTreeMap::new();
            for _ in 0..DRAWS {
                let child = evolver.mutate(&parent, rate, &mut random);
                *seen.entry(child).or_default() += 1;
            }
            let surprise = surprise(&expected, &seen);
            assert!(surprise < 4.0, "{surprise} at rate {rate}, {measure:?}");
        }
    }
}

#[test]
fn crossings_are_all_combinations_of_rows_inside_the_bounds_with_equal_chances() {
    const DRAWS: usize = 5000;
    let (weighted, relations, windows) = example();
    let graph = weighted.rows.graph(&relations);
    let a = Path::new(vec![vec![0], vec![1, 0], vec![0, 0], vec![0]]);
    let b = Path::new(vec![vec![0], vec![0], vec![1], vec![1, 0, 1]]);
    let wanted = weighted.chances(&relations, &windows, Measure::Decisions);
    let children = crossed(&wanted, &a, &b);
    // Two of the eight are against the relation, one is too dear and one too cheap.
    assert_eq!(children.len(), 4, "{children:?}");
    let even = 1.0 / children.len() as f64;
    let expected: BTreeMap<Path, f64> = children.into_iter().map(|path| (path, even)).collect();
    for measure in [Measure::Paths, Measure::Decisions] {
        let evolver = Evolver::new(&graph, &windows, measure, &weighted.prior());
        let mut random = ChaCha8Rng::seed_from_u64(6);
        let mut seen: BTreeMap<Path, usize> = BTreeMap::new();
        for _ in 0..DRAWS {
            let child = evolver.crossover(&a, &b, &mut random);
            *seen.entry(child).or_default() += 1;
        }
        let surprise = surprise(&expected, &seen);
        assert!(surprise < 4.0, "{surprise}, {measure:?}");
    }
}

#[test]
fn a_path_without_a_choice_is_its_own_only_child() {
    let rows = Rows::free(vec![(vec![2], vec![vec![cost(3)], vec![cost(4)]])]);
    let graph = rows.graph(&[]);
    let weighted = Weighted::new(rows, 0);
    let evolver = Evolver::new(&graph, &[], Measure::Paths, &weighted.prior());
    let parent = Path::new(vec![vec![0, 0]]);
    let mut random = ChaCha8Rng::seed_from_u64(0);
    assert_eq!(evolver.mutate(&parent, 1.0, &mut random), parent);
    assert_eq!(evolver.crossover(&parent, &parent, &mut random), parent);
}

#[test]
fn children_of_a_space_past_every_machine_number_stay_inside_a_narrow_bound() {
    let block = |costs: &[u64]| costs.iter().map(|&c| cost(c)).collect::<Vec<_>>();
    let slots = vec![block(&[100, 210, 330, 470]); 30];
    let rows = Rows::free(vec![((1..=30).collect(), slots); 40]);
    let graph = rows.graph(&[]);
    let weighted = Weighted {
        weights: rows
            .0
            .iter()
            .map(|(_, slots)| vec![vec![1.0; 4]; slots.len()])
            .collect(),
        rows,
    };
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let parent = Path::new(vec![vec![0, 1, 2, 3, 0]; 40]);
    let spent = graph.cost(&parent).expect("a path of the graph").flops;
    let window = flops(spent - spent / 100, spent);
    for measure in [Measure::Paths, Measure::Decisions] {
        let evolver = Evolver::new(&graph, &[window], measure, &weighted.prior());
        for rate in [0.02, 0.1] {
            let child = evolver.mutate(&parent, rate, &mut random);
            assert!(evolver.admits(&child));
            assert!(evolver.admits(&evolver.crossover(&parent, &child, &mut random)));
        }
    }
}
