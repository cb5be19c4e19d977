//! Priors over the candidates of compiled spaces, and draws under them.

mod common;

use common::{holds, lower, lower_timed, no_cost};
use creamc_lang::cost::Cost;
use creamc_lang::count::{Measure, NoSample, Prior, PriorError, Sampler, Window};
use creamc_lang::ir::{Candidate, Ir, Path, Row, Slot};
use creamc_lang::plan::{Plan, Request, plan};
use creamc_lang::space::{Metric, Setting};
use creamc_lang::testing::small_space;
use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const MOBILE: &str = include_str!("fixtures/mobile.cream");

/// Every path of a small space that meets the bounds of its file and lies inside windows, with
/// its chance, not normalised, under a measure and a prior.
fn enumerate(plan: &Plan, windows: &[Window], measure: Measure, prior: &Prior) -> Vec<(Path, f64)> {
    if !matches!(plan.ir.resolution.value, Setting::Searched(_)) {
        return enumerate_at(plan, plan.resolution, windows, measure, prior);
    }
    let even = match measure {
        Measure::Paths => 1.0,
        Measure::Decisions => 1.0 / plan.sides().count() as f64,
    };
    let of_side = |side: u32| {
        let paths = enumerate_at(plan, side, windows, measure, prior).into_iter();
        paths.map(move |(mut path, chance)| {
            path.resolution = Some(side);
            (path, chance * even)
        })
    };
    plan.sides().flat_map(of_side).collect()
}

/// The same at one resolution, which the paths do not say.
fn enumerate_at(
    plan: &Plan,
    side: u32,
    windows: &[Window],
    measure: Measure,
    prior: &Prior,
) -> Vec<(Path, f64)> {
    let mut paths = vec![(Vec::new(), Cost::default(), 1.0)];
    for (row, costs) in plan.costs_at(side).iter().enumerate() {
        let of_row = row_ways(&plan.ir.rows[row], row, costs, measure, prior);
        let all = paths.iter().flat_map(|(rows, cost, chance)| {
            of_row.iter().map(move |(blocks, added, share)| {
                let mut rows: Vec<Vec<u16>> = rows.clone();
                rows.push(blocks.clone());
                (rows, *cost + *added, chance * share)
            })
        });
        // At once, as most rows of a space with shared decisions do not go together.
        let agree = |rows: &[Vec<u16>]| plan.ir.shared_values(&Path::new(rows.to_vec())).is_ok();
        paths = all.filter(|(rows, ..)| agree(rows)).collect();
    }
    let requires = &plan.ir.requires;
    for (rows, _, chance) in &mut paths {
        if measure == Measure::Decisions {
            *chance *= shared_chance(&plan.ir, &Path::new(rows.clone()));
        }
    }
    paths.retain(|(rows, cost, chance)| {
        let path = Path::new(rows.clone());
        let depth = |row: usize| rows[row].len() as u32;
        let width = |row: usize| plan.ir.width_of(&path, row);
        *chance > 0.0
            && requires
                .iter()
                .all(|require| holds(&require.relation, depth, width, no_cost))
            && windows.iter().all(|window| window.holds(*cost))
    });
    paths
        .into_iter()
        .map(|(rows, _, chance)| (Path::new(rows), chance))
        .collect()
}

/// The chance of what a path has decided of the choices that it follows.
fn shared_chance(ir: &Ir, path: &Path) -> f64 {
    let values = ir.shared_values(path).expect("its blocks agree");
    let live = ir.choices.iter().zip(values);
    let live = live.filter(|(_, value)| value.is_some());
    live.map(|(choice, _)| 1.0 / choice.values.len() as f64)
        .product()
}

/// How many candidates agree with any one way to decide the choices: with the first values.
fn agreeing(slot: &Slot) -> usize {
    let is_first = |one: &&Candidate| one.shared.values.iter().all(|value| value.1 == 0);
    slot.candidates.iter().filter(is_first).count()
}

/// Every way to fill one row.
fn row_ways(
    row: &Row,
    index: usize,
    costs: &[Vec<Cost>],
    measure: Measure,
    prior: &Prior,
) -> Vec<(Vec<u16>, Cost, f64)> {
    let mut all = Vec::new();
    for &depth in &row.depths {
        let share = match measure {
            Measure::Paths => 1.0,
            Measure::Decisions => 1.0 / row.depths.len() as f64,
        };
        let mut ways = vec![(Vec::new(), Cost::default(), share)];
        for (block, slot) in costs[..depth as usize].iter().enumerate() {
            let mut longer = Vec::new();
            for (blocks, cost, chance) in &ways {
                for (candidate, added) in slot.iter().enumerate() {
                    let mut blocks: Vec<u16> = blocks.clone();
                    blocks.push(candidate as u16);
                    let even = match measure {
                        Measure::Paths => 1.0,
                        Measure::Decisions => 1.0 / agreeing(&row.slots[block]) as f64,
                    };
                    let factor = prior.factor(index, block, candidate);
                    longer.push((blocks, *cost + *added, chance * even * factor));
                }
            }
            ways = longer;
        }
        all.extend(ways);
    }
    all
}

/// A random small space with a random window, when it has a path without one and is small enough.
fn question(seed: u64) -> Option<(Plan, Vec<Window>, ChaCha8Rng)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let text = small_space(&mut random);
    let ir = lower_timed(&text, &mut random);
    let (plan, _) = plan(&ir, &Request::default()).ok()?;
    let few = plan.bounded_graph.count() < 20_000u32.into();
    let metric = *[Metric::Macs, Metric::Table(0)].choose(&mut random)?;
    let (least, most) = plan.bounded_graph.extremes(metric)?;
    let ends = [0, 0].map(|_| random.random_range(least..=most));
    let window = Window {
        metric,
        low: ends[0].min(ends[1]),
        high: ends[0].max(ends[1]),
    };
    few.then_some((plan, vec![window], random))
}

/// Some numbers for the first slot with a choice; `None` where no slot has one.
fn random_prior(ir: &Ir, random: &mut ChaCha8Rng) -> Option<Prior> {
    let slots = ir.rows.iter().flat_map(|row| &row.slots);
    let count = slots.map(Slot::structures).find(|&count| count > 1)?;
    let mut weights: Vec<f64> = (0..count)
        .map(|_| f64::from(random.random_range(0u32..5)))
        .collect();
    weights[0] += 0.5;
    Some(Prior::per_candidate(ir, &weights).expect("a slot has as many candidates"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn draws_of_small_spaces_have_the_exact_conditional_chances(seed in any::<u64>()) {
        let Some((plan, windows, mut random)) = question(seed) else {
            return Ok(());
        };
        let Some(prior) = random_prior(&plan.ir, &mut random) else {
            return Ok(());
        };
        for measure in [Measure::Paths, Measure::Decisions] {
            let wanted = enumerate(&plan, &windows, measure, &prior);
            let all: f64 = wanted.iter().map(|(_, chance)| chance).sum();
            match Sampler::with_prior(&plan.bounded_graph, &windows, measure, &prior) {
                Ok(sampler) => {
                    let walked = wanted.iter().map(|(path, _)| sampler.walk_chance(path));
                    let walked: Vec<f64> = walked.collect();
                    let inside: f64 = walked.iter().sum();
                    for ((path, chance), walked) in wanted.iter().zip(&walked) {
                        let error = (walked / inside - chance / all).abs();
                        prop_assert!(error < 1e-9, "{:?} is off by {}", path, error);
                    }
                    let drawn = sampler.draw(&mut random);
                    prop_assert!(wanted.iter().any(|(path, _)| *path == drawn));
                }
                Err(NoSample::TooRare) => prop_assert!(wanted.len() < 3),
                Err(_) => prop_assert!(wanted.is_empty()),
            }
        }
    }

    #[test]
    fn a_plan_knows_the_cheapest_and_the_dearest_path_of_its_bounds(seed in any::<u64>()) {
        let Some((mut plan, windows, _)) = question(seed) else {
            return Ok(());
        };
        let wanted = enumerate(&plan, &windows, Measure::Paths, &Prior::even(&plan.ir));
        let Some((witness, _)) = wanted.first() else {
            return Ok(());
        };
        plan.witness = witness.clone();
        plan.windows = windows;
        for metric in [Metric::Flops, Metric::Params] {
            let costs = || wanted.iter().map(|(path, _)| plan.cost(path).get(metric));
            for (end, cost) in [
                (plan.cheapest(metric), costs().min()),
                (plan.dearest(metric), costs().max()),
            ] {
                prop_assert_eq!(Some(end.cost), cost);
                prop_assert_eq!(plan.cost(&end.path).get(metric), end.cost);
                prop_assert!(end.proven && wanted.iter().any(|(path, _)| *path == end.path));
            }
        }
    }

    #[test]
    fn even_priors_change_no_draw_of_a_small_space(seed in any::<u64>()) {
        let Some((plan, windows, _)) = question(seed) else {
            return Ok(());
        };
        let none = Prior::from_paths(&plan.ir, std::iter::empty());
        prop_assert_eq!(&none, &Prior::even(&plan.ir));
        for measure in [Measure::Paths, Measure::Decisions] {
            let without = Sampler::new(&plan.bounded_graph, &windows, measure);
            let with = Sampler::with_prior(&plan.bounded_graph, &windows, measure, &none);
            match (without, with) {
                (Ok(without), Ok(with)) => {
                    let mut random = [9, 9].map(ChaCha8Rng::seed_from_u64);
                    for _ in 0..10 {
                        let drawn = without.draw(&mut random[0]);
                        prop_assert_eq!(drawn, with.draw(&mut random[1]));
                    }
                }
                (without, with) => prop_assert_eq!(without.err(), with.err()),
            }
        }
    }
}

#[test]
fn numbers_apply_to_every_slot_that_chooses_among_as_many_candidates() {
    let ir = lower(MOBILE);
    let released = [0.05, 0.2, 0.05, 0.5, 0.05, 0.15];
    let prior = Prior::per_candidate(&ir, &released).expect("stages have six candidates");
    let mut weighted = 0;
    for (row, slots) in ir.rows.iter().enumerate() {
        for (block, slot) in slots.slots.iter().enumerate() {
            let wanted: &[f64] = match slot.candidates.len() {
                6 => &released,
                _ => &[1.0],
            };
            weighted += usize::from(wanted.len() == 6);
            let count = wanted.len() as f64;
            for (candidate, weight) in wanted.iter().enumerate() {
                let factor = prior.factor(row, block, candidate);
                assert!((factor - count * weight).abs() < 1e-12);
            }
        }
    }
    assert_eq!(weighted, 30);
}

#[test]
fn a_prior_from_paths_counts_candidates_and_adds_one() {
    let ir = lower(MOBILE);
    let stages: Vec<usize> = (0..ir.rows.len())
        .filter(|&row| ir.rows[row].is_stage)
        .collect();
    let path = |candidates: &[u16]| {
        let blocks = |row: usize| match row == stages[0] {
            true => candidates.to_vec(),
            false => vec![0],
        };
        Path::new((0..ir.rows.len()).map(blocks).collect())
    };
    let paths = [path(&[3, 1]), path(&[3]), path(&[2, 1])];
    let prior = Prior::from_paths(&ir, paths.iter());
    let chance = |block, candidate| prior.factor(stages[0], block, candidate) / 6.0;
    // The first block: one path has candidate 2, two have candidate 3, and six are added.
    assert!((chance(0, 2) - 2.0 / 9.0).abs() < 1e-12);
    assert!((chance(0, 3) - 3.0 / 9.0).abs() < 1e-12);
    assert!((chance(0, 5) - 1.0 / 9.0).abs() < 1e-12);
    // The second is on two of the paths only; the third on none.
    assert!((chance(1, 1) - 3.0 / 8.0).abs() < 1e-12);
    assert_eq!(prior.factor(stages[0], 2, 1), 1.0);
    assert_eq!(prior.factor(0, 0, 0), 1.0);
}

#[test]
fn numbers_that_are_no_prior_are_refused_with_the_cure() {
    let ir = lower(MOBILE);
    let refused = |weights: &[f64]| {
        let error = Prior::per_candidate(&ir, weights).expect_err("no prior");
        (error.to_string(), error)
    };
    let (message, error) = refused(&[1.0, 2.0]);
    assert_eq!(
        error,
        PriorError::NoSlot {
            given: 2,
            choices: vec![6]
        }
    );
    assert_eq!(
        message,
        "the prior has 2 numbers, but no block chooses among 2 candidates; blocks of this space \
         choose among 6: give one number for each candidate"
    );
    let (message, _) = refused(&[1.0, 2.0, -0.5, 1.0, 1.0, 1.0]);
    assert_eq!(
        message,
        "number 3 of the prior is -0.5; every number must be finite and at least 0"
    );
    let (message, _) = refused(&[f64::NAN]);
    assert_eq!(
        message,
        "number 1 of the prior is NaN; every number must be finite and at least 0"
    );
    let (message, _) = refused(&[0.0; 6]);
    assert_eq!(
        message,
        "every number of the prior is 0, so nothing could be drawn; make one larger"
    );
}

#[test]
fn a_prior_that_leaves_no_path_inside_the_bounds_says_so() {
    let ir = lower(MOBILE);
    let (plan, _) = plan(&ir, &Request::default()).expect("the space has paths");
    // Only the dearest candidate is left, and only the cheapest path is inside.
    let prior = Prior::per_candidate(&ir, &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]).expect("a prior");
    let (least, _) = plan.bounded_graph.extremes(Metric::Flops).expect("paths");
    let window = Window {
        metric: Metric::Flops,
        low: 0,
        high: least,
    };
    for measure in [Measure::Paths, Measure::Decisions] {
        let made = Sampler::with_prior(&plan.bounded_graph, &[window], measure, &prior);
        let error = made.expect_err("nothing is left");
        assert_eq!(error, NoSample::LeftOut);
        assert!(error.to_string().starts_with("the prior gives weight 0"));
    }
}
