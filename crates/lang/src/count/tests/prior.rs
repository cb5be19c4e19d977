//! Draws under a prior against enumeration.

use rand::Rng;

use super::*;
use crate::count::Prior;

/// Random weights for every candidate, about a quarter of them 0.
#[derive(Debug, Clone)]
pub(super) struct Weighted {
    pub rows: Rows,
    pub weights: Vec<Vec<Vec<f64>>>,
}

impl Weighted {
    pub(super) fn new(rows: Rows, seed: u64) -> Weighted {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut slot = |slot: &Vec<Cost>| {
            let mut weights: Vec<f64> = slot
                .iter()
                .map(|_| f64::from(random.random_range(0u32..8).saturating_sub(1)) / 3.0)
                .collect();
            if weights.iter().all(|&weight| weight == 0.0) {
                weights[0] = 0.25;
            }
            weights
        };
        let weights = rows
            .0
            .iter()
            .map(|(_, slots)| slots.iter().map(&mut slot).collect())
            .collect();
        Weighted { rows, weights }
    }

    /// The paths of a question that the prior can draw, with their exact probabilities.
    pub(super) fn chances(
        &self,
        relations: &[Relation],
        windows: &[Window],
        measure: Measure,
    ) -> Vec<(Path, f64)> {
        let mut chances: Vec<(Path, f64)> = answers(&self.rows, relations, windows)
            .into_iter()
            .map(|(path, _, even)| {
                let measured = match measure {
                    Measure::Paths => 1.0,
                    Measure::Decisions => even,
                };
                let chance = measured * self.factor(&path);
                (path, chance)
            })
            .filter(|(_, chance)| *chance > 0.0)
            .collect();
        let all: f64 = chances.iter().map(|(_, chance)| chance).sum();
        chances.iter_mut().for_each(|(_, chance)| *chance /= all);
        chances
    }

    /// The product over blocks of a candidate's chance, given the shared decisions, times the number
    /// of candidates that agree with those.
    fn factor(&self, path: &Path) -> f64 {
        let assignments = self.rows.assignments();
        let mut agreeing = assignments.iter();
        let decided = agreeing.find(|decided| {
            let mut blocks = path.blocks();
            blocks.all(|place| self.rows.agrees(place, decided))
        });
        let decided = decided.expect("the blocks of a path agree");
        let of_block = |place| self.chance(place, decided) * self.ways(place, decided);
        path.blocks().map(of_block).product()
    }

    fn ways(&self, (row, block, _): (usize, usize, usize), decided: &[u16]) -> f64 {
        let candidates = 0..self.weights[row][block].len();
        let agrees = |&at: &usize| self.rows.agrees((row, block, at), decided);
        candidates.filter(agrees).count() as f64
    }

    /// Which choices are followed comes first, by the mean weight over their values; then one of the
    /// candidates that do and agree.
    fn chance(&self, (row, block, candidate): (usize, usize, usize), decided: &[u16]) -> f64 {
        let weights = &self.weights[row][block];
        let follows = |at: usize| -> Vec<u16> {
            let shared = self.rows.1.candidate(row, block, at as u16);
            let values = shared.map(|shared| shared.values.as_slice());
            let values = values.unwrap_or_default().iter();
            values.map(|value| value.0).collect()
        };
        let combinations = |at: usize| -> f64 {
            let sizes = follows(at).into_iter();
            sizes
                .map(|choice| f64::from(self.rows.1.sizes[usize::from(choice)]))
                .product()
        };
        let all: f64 = (0..weights.len())
            .map(|at| weights[at] / combinations(at))
            .sum();
        let group = (0..weights.len()).filter(|&at| follows(at) == follows(candidate));
        let group: Vec<usize> = group.collect();
        let of_group: f64 = group.iter().map(|&at| weights[at] / combinations(at)).sum();
        let agreeing = group
            .iter()
            .filter(|&&at| self.rows.agrees((row, block, at), decided));
        let agreeing: f64 = agreeing.map(|&at| weights[at]).sum();
        match weights[candidate] {
            0.0 => 0.0,
            weight => of_group / all * weight / agreeing,
        }
    }

    pub(super) fn prior(&self) -> Prior {
        Prior::of_weights(&self.weights, &self.rows.1)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_path_has_its_exact_conditional_chance_under_a_prior(
        (rows, relations, windows) in any_question(), seed in any::<u64>(),
    ) {
        let graph = rows.graph(&relations);
        let spaces = answers(&rows, &relations, &windows);
        let weighted = Weighted::new(rows, seed);
        for measure in [Measure::Paths, Measure::Decisions] {
            let wanted = weighted.chances(&relations, &windows, measure);
            match Sampler::with_prior(&graph, &windows, measure, &weighted.prior()) {
                Ok(sampler) => {
                    let walked: Vec<f64> =
                        wanted.iter().map(|(path, _)| sampler.walk_chance(path)).collect();
                    let inside: f64 = walked.iter().sum();
                    prop_assert!(inside <= 1.0 + 1e-9);
                    for ((path, chance), walked) in wanted.iter().zip(walked) {
                        prop_assert!((walked / inside - chance).abs() < 1e-9, "{:?}", path);
                    }
                    for (path, ..) in &spaces {
                        let drawable = wanted.iter().any(|(wanted, _)| wanted == path);
                        prop_assert_eq!(drawable, sampler.walk_chance(path) > 0.0);
                    }
                    let path = sampler.draw(&mut ChaCha8Rng::seed_from_u64(seed));
                    prop_assert!(wanted.iter().any(|(wanted, _)| *wanted == path));
                }
                Err(NoSample::Empty) => prop_assert!(spaces.is_empty()),
                Err(NoSample::LeftOut) => {
                    prop_assert!(wanted.is_empty() && !spaces.is_empty());
                }
                // Rounded along all metrics, an empty window can look as if it held a path.
                Err(NoSample::TooRare) => prop_assert!(wanted.len() < 3),
            }
        }
    }

    #[test]
    fn an_even_prior_changes_no_draw((rows, relations, windows) in any_question(), weight in 1e-3..1e3) {
        let graph = rows.graph(&relations);
        let even: Vec<Vec<Vec<f64>>> = rows
            .0
            .iter()
            .map(|(_, slots)| slots.iter().map(|slot| vec![weight; slot.len()]).collect())
            .collect();
        for measure in [Measure::Paths, Measure::Decisions] {
            let with = Sampler::with_prior(&graph, &windows, measure, &Prior::of_weights(&even, &rows.1));
            let without = Sampler::new(&graph, &windows, measure);
            match (with, without) {
                (Ok(with), Ok(without)) => {
                    let mut random = [3, 3].map(ChaCha8Rng::seed_from_u64);
                    for _ in 0..20 {
                        let drawn = with.draw(&mut random[0]);
                        prop_assert_eq!(&drawn, &without.draw(&mut random[1]));
                        let chances = [&with, &without].map(|s| s.walk_chance(&drawn).to_bits());
                        prop_assert_eq!(chances[0], chances[1]);
                    }
                }
                (with, without) => prop_assert_eq!(with.err(), without.err()),
            }
        }
    }
}

#[test]
fn draws_follow_a_prior_inside_windows_and_relations() {
    const DRAWS: usize = 40_000;
    let slot = |costs: &[u64]| costs.iter().map(|&c| cost(c)).collect::<Vec<_>>();
    let rows = Rows::free(vec![
        (vec![1, 2], vec![slot(&[31, 64, 70]), slot(&[22, 47])]),
        (vec![1, 2], vec![slot(&[5, 9, 100]), slot(&[40, 13])]),
    ]);
    let weighted = Weighted {
        rows,
        weights: vec![
            vec![vec![0.2, 0.5, 0.3], vec![9.0, 1.0]],
            vec![vec![1.0, 0.0, 2.0], vec![0.4, 0.6]],
        ],
    };
    let relation = Relation::DepthPair {
        left: 0,
        comparison: Comparison::AtMost,
        right: 1,
    };
    let graph = weighted.rows.graph(std::slice::from_ref(&relation));
    let windows = [flops(60, 200)];
    for measure in [Measure::Paths, Measure::Decisions] {
        let wanted = weighted.chances(std::slice::from_ref(&relation), &windows, measure);
        let sampler = Sampler::with_prior(&graph, &windows, measure, &weighted.prior());
        let sampler = sampler.expect("paths exist");
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut seen: BTreeMap<Path, usize> = BTreeMap::new();
        for _ in 0..DRAWS {
            *seen.entry(sampler.draw(&mut random)).or_default() += 1;
        }
        let square: f64 = wanted
            .iter()
            .map(|(path, chance)| {
                let expected = DRAWS as f64 * chance;
                (seen.remove(path).unwrap_or(0) as f64 - expected).powi(2) / expected
            })
            .sum();
        assert!(seen.is_empty(), "drawn, but outside: {seen:?}");
        let freedom = wanted.len() as f64 - 1.0;
        assert!(freedom > 10.0);
        let most = freedom + 4.0 * (2.0 * freedom).sqrt();
        assert!(square < most, "{square} of {freedom}, {measure:?}");
    }
}

#[test]
fn a_prior_leaves_depths_as_likely_as_they_were() {
    let slot = |costs: &[u64]| costs.iter().map(|&c| cost(c)).collect::<Vec<_>>();
    let rows = Rows::free(vec![(vec![1, 3], vec![slot(&[1, 2, 3]); 3])]);
    let graph = rows.graph(&[]);
    let weighted = Weighted {
        rows,
        weights: vec![vec![
            vec![100.0, 1.0, 0.0],
            vec![1.0, 2.0, 3.0],
            vec![5.0, 5.0, 5.0],
        ]],
    };
    for (measure, shallow) in [(Measure::Paths, 3.0 / 30.0), (Measure::Decisions, 0.5)] {
        let sampler = Sampler::with_prior(&graph, &[], measure, &weighted.prior());
        let sampler = sampler.expect("paths exist");
        let single = |candidate| sampler.walk_chance(&Path::new(vec![vec![candidate]]));
        assert!((single(0) + single(1) + single(2) - shallow).abs() < 1e-12);
        assert!((single(0) / single(1) - 100.0).abs() < 1e-9);
        assert_eq!(single(2), 0.0);
    }
}

#[test]
fn the_papers_space_is_drawn_from_by_the_released_prior() {
    let rows = mobile(224);
    let graph = rows.graph(&[]);
    let released = vec![0.05, 0.2, 0.05, 0.5, 0.05, 0.15];
    let of_slot = |slot: &Vec<Cost>| match slot.len() {
        6 => released.clone(),
        count => vec![1.0; count],
    };
    let slots = rows.0.iter().map(|(_, slots)| slots);
    let weights: Vec<Vec<Vec<f64>>> = slots
        .map(|slots| slots.iter().map(of_slot).collect())
        .collect();
    let prior = Prior::of_weights(&weights, &Sharing::default());
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for measure in [Measure::Paths, Measure::Decisions] {
        let free = Sampler::with_prior(&graph, &[], measure, &prior).expect("paths exist");
        let mut seen = [0.0; 6];
        for _ in 0..10_000 {
            seen[usize::from(free.draw(&mut random).rows[2][0])] += 1e-4;
        }
        for (seen, weight) in seen.iter().zip(&released) {
            assert!((seen - weight).abs() < 0.02, "{seen} for {weight}");
        }
        // One path in 10^9 lies inside, and the prior likes the dear ones.
        let window = flops(0, 300_000_000);
        let bound = Sampler::with_prior(&graph, &[window], measure, &prior).expect("paths exist");
        for _ in 0..1000 {
            let path = bound.draw(&mut random);
            assert!(window.holds(graph.cost(&path).expect("a path of the graph")));
        }
    }
}
