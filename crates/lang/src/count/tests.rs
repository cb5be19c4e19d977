//! Counting and drawing against plain enumeration, and against published counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_bigint::BigUint;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

mod ends;
mod evolve;
mod flow;
mod prior;

use super::exact::Limits;
use super::sample::{NoSample, Sampler};
use super::sharing::{SharedSlot, Sharing};
use super::{Graph, GraphRow, Measure, Window, Witness};
use crate::cost::Cost;
use crate::ir::{Path, Shared};
use crate::space::{Metric, Relation, TABLES};
use crate::syntax::ast::Comparison;

/// The rows of a small space: depths, and the costs of every slot's candidates; and which of these
/// stand for values of shared decisions.
#[derive(Debug, Clone)]
struct Rows(Vec<BareRow>, Sharing);

type BareRow = (Vec<u32>, Vec<Vec<Cost>>);

impl Rows {
    /// Nothing is shared.
    fn free(rows: Vec<BareRow>) -> Rows {
        Rows(rows, Sharing::default())
    }

    /// Every way to decide the choices.
    fn assignments(&self) -> Vec<Vec<u16>> {
        let mut all = vec![Vec::new()];
        for &size in &self.1.sizes {
            let with = |decided: &Vec<u16>, value: u16| [decided.as_slice(), &[value]].concat();
            all = all
                .iter()
                .flat_map(|decided| (0..size).map(move |value| with(decided, value)))
                .collect();
        }
        all
    }

    /// Whether a candidate agrees with one way to decide the choices.
    fn agrees(&self, (row, block, candidate): (usize, usize, usize), decided: &[u16]) -> bool {
        let shared = self.1.candidate(row, block, candidate as u16);
        let values = shared.map(|shared| shared.values.as_slice());
        let mut values = values.unwrap_or_default().iter();
        values.all(|&(choice, value)| decided[usize::from(choice)] == value)
    }

    fn graph(&self, relations: &[Relation]) -> Graph {
        let rows: Vec<GraphRow> = self
            .0
            .iter()
            .map(|(depths, slots)| GraphRow { depths, slots })
            .collect();
        let relations: Vec<&Relation> = relations.iter().collect();
        Graph::from_rows(&rows, self.1.clone(), &relations).expect("few stages are related")
    }

    /// Every path with its cost and its probability when all decisions are made evenly.
    fn enumerate(&self) -> Vec<(Path, Cost, f64)> {
        let mut all: BTreeMap<Path, (Cost, f64)> = BTreeMap::new();
        let assignments = self.assignments();
        let even = 1.0 / assignments.len() as f64;
        for decided in &assignments {
            for (path, cost, chance) in self.decided(decided) {
                let known = all.entry(path).or_insert((cost, 0.0));
                known.1 += even * chance;
            }
        }
        let done = |(path, (cost, chance))| (path, cost, chance);
        all.into_iter().map(done).collect()
    }

    /// The same where all choices are decided.
    fn decided(&self, decided: &[u16]) -> Vec<(Path, Cost, f64)> {
        let mut paths = vec![(Vec::new(), Cost::default(), 1.0)];
        for (row, (depths, _)) in self.0.iter().enumerate() {
            let mut next = Vec::new();
            for (rows, cost, weight) in &paths {
                for &depth in depths {
                    let weight = weight / depths.len() as f64;
                    for (blocks, added, share) in self.blocks(row, depth, decided) {
                        let mut rows: Vec<Vec<u16>> = rows.clone();
                        rows.push(blocks);
                        next.push((rows, *cost + added, weight * share));
                    }
                }
            }
            paths = next;
        }
        let done = |(rows, cost, weight)| (Path::new(rows), cost, weight);
        paths.into_iter().map(done).collect()
    }

    fn blocks(&self, row: usize, depth: u32, decided: &[u16]) -> Vec<(Vec<u16>, Cost, f64)> {
        let mut all = vec![(Vec::new(), Cost::default(), 1.0)];
        for (block, slot) in self.0[row].1[..depth as usize].iter().enumerate() {
            let agreeing = (0..slot.len()).filter(|&at| self.agrees((row, block, at), decided));
            let agreeing: Vec<usize> = agreeing.collect();
            let mut next = Vec::new();
            for (blocks, cost, share) in &all {
                for &candidate in &agreeing {
                    let mut blocks: Vec<u16> = blocks.clone();
                    blocks.push(candidate as u16);
                    let share = share / agreeing.len() as f64;
                    next.push((blocks, *cost + slot[candidate], share));
                }
            }
            all = next;
        }
        all
    }
}

fn cost(flops: u64) -> Cost {
    Cost {
        flops,
        macs: flops / 2,
        params: 1000 - flops.min(900),
        activations: flops * flops % 97,
        times: [flops * 7 % 31, 0, 0, 0],
    }
}

fn flops(low: u64, high: u64) -> Window {
    Window {
        metric: Metric::Flops,
        low,
        high,
    }
}

fn holds(relation: &Relation, path: &Path) -> bool {
    let depth = |row: usize| path.rows[row].len() as u32;
    match *relation {
        Relation::Metric { .. } => true,
        Relation::Depth { row, low, high } => (low..=high).contains(&depth(row)),
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => match comparison {
            Comparison::AtMost => depth(left) <= depth(right),
            Comparison::AtLeast => depth(left) >= depth(right),
            Comparison::Equal => depth(left) == depth(right),
        },
        Relation::Width { .. } | Relation::WidthPair { .. } => {
            panic!("bare rows have no widths")
        }
    }
}

fn any_cost() -> impl Strategy<Value = Cost> {
    let times = prop::array::uniform4(0u64..30);
    let costs = (0u64..60, 0u64..40, 0u64..20, 0u64..50, times);
    costs.prop_map(|(flops, macs, params, activations, times)| Cost {
        flops,
        macs,
        params,
        activations,
        times,
    })
}

fn any_row() -> impl Strategy<Value = (Vec<u32>, Vec<Vec<Cost>>)> {
    let depths = prop::sample::select(vec![
        vec![1],
        vec![1, 2],
        vec![2],
        vec![1, 3],
        vec![1, 2, 3],
    ]);
    depths.prop_flat_map(|depths| {
        let most = *depths.last().expect("a row has a depth") as usize;
        let slot = prop::collection::vec(any_cost(), 1..4);
        (Just(depths), prop::collection::vec(slot, most..=most))
    })
}

fn any_rows() -> impl Strategy<Value = Rows> {
    prop_oneof![
        prop::collection::vec(any_row(), 1..4).prop_map(Rows::free),
        any_shared_rows()
    ]
}

/// Rows with two choices, each candidate of a slot copied for all values of those that it follows.
fn any_shared_rows() -> impl Strategy<Value = Rows> {
    let sizes = prop::sample::select(vec![[2, 2], [2, 3], [3, 1], [2, 1]]);
    let depths = prop::sample::select(vec![vec![1], vec![1, 2], vec![2], vec![1, 3]]);
    let row = depths.prop_flat_map(|depths| {
        let most = *depths.last().expect("a row has a depth") as usize;
        (
            Just(depths),
            prop::collection::vec(any_shared_slot(), most..=most),
        )
    });
    (sizes, prop::collection::vec(row, 1..4)).prop_map(|(sizes, rows)| shared_rows(sizes, rows))
}

/// Which choices a kind of candidates follows, as bits, and what its candidates cost.
fn any_shared_slot() -> impl Strategy<Value = Kinds> {
    let kind = (
        prop::sample::select(vec![0u16, 0, 1, 1, 2, 3]),
        prop::collection::vec(any_cost(), 6..=6),
    );
    prop::collection::vec(kind, 1..3)
}

type Kinds = Vec<(u16, Vec<Cost>)>;

fn shared_rows(sizes: [u16; 2], rows: Vec<(Vec<u32>, Vec<Kinds>)>) -> Rows {
    let mut bare = Vec::new();
    let mut shared = Vec::new();
    for (depths, slots) in rows {
        let slots = slots.iter().map(|kinds| copied(sizes, kinds));
        let (costs, of_slots): (Vec<_>, Vec<_>) = slots.unzip();
        bare.push((depths, costs));
        shared.push(of_slots.into_iter().map(Arc::new).collect());
    }
    Rows(bare, Sharing::new(sizes.to_vec(), shared))
}

/// The candidates of a slot: every kind with all values of the choices it follows.
fn copied(sizes: [u16; 2], kinds: &Kinds) -> (Vec<Cost>, SharedSlot) {
    let mut costs = Vec::new();
    let mut candidates = Vec::new();
    for (kind, (follows, of_kind)) in kinds.iter().enumerate() {
        let values = |choice: u16| match follows >> choice & 1 {
            1 => (0..sizes[usize::from(choice)])
                .map(|value| vec![(choice, value)])
                .collect(),
            _ => vec![Vec::new()],
        };
        let both = values(0).into_iter().flat_map(|first: Vec<(u16, u16)>| {
            let second = values(1).into_iter();
            second.map(move |second| [first.as_slice(), &second].concat())
        });
        for (values, cost) in both.zip(of_kind) {
            costs.push(*cost);
            candidates.push(Shared {
                values,
                kind: kind as u16,
                structure: 0,
            });
        }
    }
    (costs, SharedSlot::new(candidates))
}

fn any_relation(rows: usize) -> impl Strategy<Value = Relation> {
    let comparison = prop::sample::select(vec![
        Comparison::AtMost,
        Comparison::AtLeast,
        Comparison::Equal,
    ]);
    prop_oneof![
        (0..rows, comparison, 0..rows).prop_map(|(left, comparison, right)| {
            Relation::DepthPair {
                left,
                comparison,
                right,
            }
        }),
        (0..rows, 1u32..3, 1u32..4).prop_map(|(row, low, high)| Relation::Depth { row, low, high }),
    ]
}

/// The counted metrics and all tables that a space may have.
fn every_metric() -> Vec<Metric> {
    let tables = (0..TABLES as u8).map(Metric::Table);
    Metric::COUNTED.iter().copied().chain(tables).collect()
}

fn any_window() -> impl Strategy<Value = Window> {
    let metric = prop::sample::select(every_metric());
    (metric, 0u64..150, 0u64..200).prop_map(|(metric, low, width)| Window {
        metric,
        low: if low < 40 { 0 } else { low },
        high: low + width,
    })
}

fn any_question() -> impl Strategy<Value = (Rows, Vec<Relation>, Vec<Window>)> {
    any_rows().prop_flat_map(|rows| {
        let relations = prop::collection::vec(any_relation(rows.0.len()), 0..3);
        (
            Just(rows),
            relations,
            prop::collection::vec(any_window(), 0..9),
        )
    })
}

/// The paths of an enumeration that a question asks for.
fn answers(rows: &Rows, relations: &[Relation], windows: &[Window]) -> Vec<(Path, Cost, f64)> {
    let mut all = rows.enumerate();
    all.retain(|(path, cost, _)| {
        relations.iter().all(|relation| holds(relation, path))
            && windows.iter().all(|window| window.holds(*cost))
    });
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn counts_and_bounds_equal_enumeration((rows, relations, windows) in any_question()) {
        let graph = rows.graph(&relations);
        let related = answers(&rows, &relations, &[]);
        prop_assert_eq!(graph.count(), BigUint::from(related.len()));
        for metric in every_metric() {
            let costs = || related.iter().map(|(_, cost, _)| cost.get(metric));
            prop_assert_eq!(graph.extremes(metric), costs().min().zip(costs().max()));
            let ends = [graph.smallest(metric), graph.largest(metric)];
            for (path, cost) in ends.iter().zip([costs().min(), costs().max()]) {
                let found = path.as_ref().and_then(|path| graph.cost(path));
                prop_assert_eq!(found.map(|c| c.get(metric)), cost);
            }
        }
        let inside = BigUint::from(answers(&rows, &relations, &windows).len());
        let exact = graph.count_exact(&windows, Limits::default());
        prop_assert_eq!(exact, Ok(inside.clone()));
        let (low, high) = graph.count_interval(&windows);
        prop_assert!(low <= inside && inside <= high);
        if !rows.1.is_empty() {
            prop_assert_eq!(graph.count_parts(&windows, Limits::default()), Ok(inside.clone()));
            if let Some(binding) = graph.binding(&windows) {
                // With lists so short, ways from row to row lie between two layers.
                for sums in [8, 60, 1 << 20] {
                    let limits = Limits { sums, ..Limits::default() };
                    match graph.count_layers(&binding, limits) {
                        Ok(count) => prop_assert_eq!(&count, &inside),
                        Err(_) => prop_assert!(sums < 1 << 20),
                    }
                }
            }
        }
    }

    #[test]
    fn rounded_counts_hold_the_true_count(
        (rows, relations, windows) in any_question(), budget in 50usize..3000,
    ) {
        let graph = rows.graph(&relations);
        let inside = BigUint::from(answers(&rows, &relations, &windows).len());
        if let Some(binding) = graph.binding(&windows).filter(|binding| !binding.is_empty()) {
            let (low, high) = graph.count_by_table(&binding, budget);
            prop_assert!(low <= inside && inside <= high, "{} {} {}", low, inside, high);
        }
        for window in &windows {
            let inside = answers(&rows, &relations, &[*window]).len() as f64;
            let all = answers(&rows, &relations, &[]).len() as f64;
            if graph.binding(&[*window]).is_some_and(|binding| !binding.is_empty()) {
                for work in [1.0, 20.0, 1e6] {
                    let (low, high) = graph.dense_shares(window, work).expect("a small graph");
                    prop_assert!(low * all <= inside + 1e-6 && inside - 1e-6 <= high * all);
                    if !rows.1.is_empty() {
                        let (low, high) = graph.parts_shares(window, work).expect("small graphs");
                        prop_assert!(low * all <= inside + 1e-6 && inside - 1e-6 <= high * all);
                    }
                }
            }
        }
    }

    #[test]
    fn a_witness_is_found_exactly_where_there_is_a_path(
        (rows, relations, windows) in any_question(), threshold in 0u32..20,
    ) {
        let graph = rows.graph(&relations);
        let wanted = answers(&rows, &relations, &windows);
        match graph.witness(&windows) {
            Witness::Found(path) => prop_assert!(wanted.iter().any(|(inside, ..)| *inside == path)),
            Witness::Impossible => prop_assert!(wanted.is_empty()),
            Witness::Undecided => prop_assert!(false, "a small space is always decided"),
        }
        let enough = wanted.len() >= threshold as usize;
        prop_assert_eq!(graph.surely_has(&windows, &BigUint::from(threshold)), enough);
    }

    #[test]
    fn every_drawn_path_meets_every_bound((rows, relations, windows) in any_question()) {
        let graph = rows.graph(&relations);
        let wanted = answers(&rows, &relations, &windows);
        for measure in [Measure::Paths, Measure::Decisions] {
            match Sampler::with_budget(&graph, &windows, measure, 2000) {
                Ok(sampler) => {
                    let mut random = ChaCha8Rng::seed_from_u64(7);
                    for _ in 0..20 {
                        let path = sampler.draw(&mut random);
                        prop_assert!(wanted.iter().any(|(wanted, ..)| *wanted == path));
                    }
                }
                Err(NoSample::Empty) => prop_assert!(wanted.is_empty()),
                // Rounded along all metrics, an empty window can look as if it held a path.
                Err(NoSample::TooRare) => prop_assert!(wanted.len() < 3),
                Err(NoSample::LeftOut) => prop_assert!(false, "there is no prior"),
            }
        }
    }
}

/// Chi-square of drawn paths against enumeration, with its degrees of freedom.
fn chi_square(
    rows: &Rows,
    relations: &[Relation],
    windows: &[Window],
    measure: Measure,
    budget: usize,
) -> (f64, usize) {
    const DRAWS: usize = 40_000;
    let wanted = answers(rows, relations, windows);
    let weight = |even: f64| if measure == Measure::Paths { 1.0 } else { even };
    let total: f64 = wanted.iter().map(|(_, _, even)| weight(*even)).sum();
    let graph = rows.graph(relations);
    let sampler = Sampler::with_budget(&graph, windows, measure, budget).expect("paths exist");
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut seen: BTreeMap<Path, usize> = BTreeMap::new();
    for _ in 0..DRAWS {
        *seen.entry(sampler.draw(&mut random)).or_default() += 1;
    }
    let square = wanted.iter().map(|(path, _, even)| {
        let expected = DRAWS as f64 * weight(*even) / total;
        let drawn = seen.remove(path).unwrap_or(0) as f64;
        (drawn - expected).powi(2) / expected
    });
    let square = square.sum();
    assert!(seen.is_empty(), "drawn, but outside: {seen:?}");
    (square, wanted.len() - 1)
}

#[test]
fn draws_follow_both_measures_inside_windows_and_relations() {
    let slot = |costs: &[u64]| costs.iter().map(|&c| cost(c)).collect::<Vec<_>>();
    let rows = Rows::free(vec![
        (vec![1], vec![slot(&[17])]),
        (
            vec![1, 2, 3],
            vec![slot(&[31, 64]), slot(&[22, 47]), slot(&[22, 47])],
        ),
        (
            vec![1, 3],
            vec![slot(&[5, 9, 100]), slot(&[40]), slot(&[13, 14])],
        ),
    ]);
    let relation = Relation::DepthPair {
        left: 1,
        comparison: Comparison::AtMost,
        right: 2,
    };
    let params = Window {
        metric: Metric::Params,
        low: 3800,
        high: 6000,
    };
    for measure in [Measure::Paths, Measure::Decisions] {
        for budget in [60, 100_000] {
            for windows in [vec![], vec![flops(100, 190)], vec![flops(100, 220), params]] {
                for relations in [vec![], vec![relation.clone()]] {
                    let (square, freedom) =
                        chi_square(&rows, &relations, &windows, measure, budget);
                    // Mean and variance of chi-square are `freedom` and twice that.
                    let most = freedom as f64 + 4.0 * (2.0 * freedom as f64).sqrt();
                    assert!(freedom > 3, "{windows:?} {relations:?}");
                    assert!(
                        square < most,
                        "{square} of {freedom}, {measure:?} {windows:?}"
                    );
                }
            }
        }
    }
}

/// Three stages of which the first and the last follow one choice, or not; the middle one another.
fn shared_example() -> Rows {
    let kind = |follows: u16, costs: &[u64]| (follows, costs.iter().map(|&c| cost(c)).collect());
    let first = vec![kind(1, &[31, 64, 40])];
    let later = vec![kind(1, &[22, 47, 30]), kind(0, &[5])];
    let middle = vec![kind(2, &[9, 100]), kind(3, &[1, 2, 3, 4, 5, 6])];
    shared_rows(
        [3, 2],
        vec![
            (vec![1, 2], vec![first, later.clone()]),
            (vec![1], vec![middle]),
            (vec![1, 2], vec![later.clone(), later]),
        ],
    )
}

#[test]
fn draws_follow_both_measures_where_blocks_share_decisions() {
    let rows = shared_example();
    let relation = Relation::DepthPair {
        left: 0,
        comparison: Comparison::AtMost,
        right: 2,
    };
    for measure in [Measure::Paths, Measure::Decisions] {
        for windows in [vec![], vec![flops(60, 150)]] {
            for relations in [vec![], vec![relation.clone()]] {
                let (square, freedom) = chi_square(&rows, &relations, &windows, measure, 100_000);
                let most = freedom as f64 + 4.0 * (2.0 * freedom as f64).sqrt();
                assert!(freedom > 20, "{windows:?} {relations:?}");
                assert!(
                    square < most,
                    "{square} of {freedom}, {measure:?} {windows:?}"
                );
            }
        }
    }
}

#[test]
fn a_choice_that_no_block_follows_counts_once() {
    let kind = |follows: u16, costs: &[u64]| (follows, costs.iter().map(|&c| cost(c)).collect());
    // A block that follows a choice of three, or none; then one that follows it.
    let rows = shared_rows(
        [3, 1],
        vec![
            (vec![1], vec![vec![kind(1, &[1, 2, 3]), kind(0, &[4])]]),
            (
                vec![1, 2],
                vec![vec![kind(0, &[5])], vec![kind(1, &[6, 7, 8])]],
            ),
        ],
    );
    let graph = rows.graph(&[]);
    // Depth 1: three values, or none; depth 2: three values, and three beside the free block.
    assert_eq!(graph.count(), BigUint::from(4u32 + 6));
    let sampler = Sampler::new(&graph, &[], Measure::Decisions).expect("paths exist");
    let chance = |first, later: &[u16]| {
        let later = [&[0], later].concat();
        sampler.walk_chance(&Path::new(vec![vec![first], later]))
    };
    let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-12, "{found}");
    close(chance(3, &[]), 0.25); // the free block and depth 1
    close(chance(1, &[]), 0.25 / 3.0);
    close(chance(1, &[1]), 0.25 / 3.0);
    close(chance(3, &[2]), 0.25 / 3.0);
    close(chance(1, &[2]), 0.0); // two values of one choice
}

#[test]
fn a_space_past_every_machine_number_is_counted_and_drawn_from() {
    let block = |costs: &[u64]| costs.iter().map(|&c| cost(c)).collect::<Vec<_>>();
    let slots = vec![block(&[100, 210, 330, 470]); 30];
    let rows = Rows::free(vec![((1..=30).collect(), slots); 40]);
    let graph = rows.graph(&[]);
    let of_stage = (1..=30).map(|depth| BigUint::from(4u32).pow(depth));
    assert_eq!(graph.count(), of_stage.sum::<BigUint>().pow(40));
    let (least, most) = graph.extremes(Metric::Flops).expect("paths");
    assert_eq!((least, most), (40 * 100, 40 * 30 * 470));
    let window = flops(0, 320_000);
    let (low, high) = graph.count_interval(&[window]);
    assert!(BigUint::ZERO < low && low < high && high < graph.count());
    let sampler = Sampler::new(&graph, &[window], Measure::Paths).expect("a wide window");
    let path = sampler.draw(&mut ChaCha8Rng::seed_from_u64(1));
    assert!(window.holds(graph.cost(&path).expect("a path of the graph")));
}

#[test]
fn three_bounds_at_once_are_counted_within_their_interval() {
    let graph = mobile(224).graph(&[]);
    let window = |metric, low, high| Window { metric, low, high };
    let windows = [
        window(Metric::Flops, 250_000_000, 300_000_000),
        window(Metric::Macs, 130_000_000, 149_000_000),
    ];
    let (low, high) = graph.count_interval(&windows);
    let one = graph.count_interval(&windows[..1]);
    assert!(low <= high && high <= one.1);
    assert!(BigUint::ZERO < low);
    let sampler = Sampler::new(&graph, &windows, Measure::Decisions).expect("paths exist");
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..100 {
        let cost = graph
            .cost(&sampler.draw(&mut random))
            .expect("a path of the graph");
        assert!(windows.iter().all(|window| window.holds(cost)));
    }
}

/// The rows of the paper's space, flops only.
fn mobile(resolution: u64) -> Rows {
    let fixed = |flops: u64| (vec![1], vec![vec![cost(flops)]]);
    let map = |stride: u64| (resolution / stride).pow(2);
    let squeeze = |channels: u64, pixels: u64| {
        let reduced = (8 * ((channels / 4 + 4) / 8)).max(8);
        pixels * channels + channels * reduced + 2 * reduced + reduced * channels + channels
    };
    let ir = |width: u64, out: u64, before: u64, after: u64| {
        let mut costs = Vec::new();
        for kernel in [3, 5, 7] {
            for expand in [4, 6] {
                let inner = width * expand;
                costs.push(cost(
                    before * inner * (width + 2)
                        + after * inner * (kernel * kernel + 2)
                        + squeeze(inner, after)
                        + after * out * (inner + 2),
                ));
            }
        }
        costs
    };
    let stage = |width: u64, out: u64, from: u64, to: u64| {
        let mut slots = vec![ir(width, out, map(from), map(to))];
        slots.resize(6, ir(out, out, map(to), map(to)));
        ((1..=6).collect(), slots)
    };
    let entry = map(2) * 16 * (9 + 2) + squeeze(16, map(2)) + map(2) * 16 * (16 + 2);
    Rows::free(vec![
        fixed(map(2) * 16 * (27 + 2)),
        fixed(entry),
        stage(16, 24, 2, 4),
        stage(24, 40, 4, 8),
        stage(40, 80, 8, 16),
        stage(80, 96, 16, 16),
        stage(96, 192, 16, 32),
        fixed(map(32) * 320 * (192 + 2)),
        fixed(map(32) * 320),
        fixed(320 * 1280 + 1280),
        fixed(1280 * 1000),
    ])
}

#[test]
fn a_kernel_for_all_stages_is_counted_kernel_by_kernel() {
    let Rows(rows, _) = mobile(224);
    // Candidates are k3e4, k3e6, k5e4, …
    let of_kernel = |kernel: usize| {
        let slot = |slot: &Vec<Cost>| match slot.len() {
            6 => slot[2 * kernel..][..2].to_vec(),
            _ => slot.clone(),
        };
        let row = |(depths, slots): &BareRow| {
            (depths.clone(), slots.iter().map(slot).collect::<Vec<_>>())
        };
        Rows::free(rows.iter().map(row).collect()).graph(&[])
    };
    let kernels = [0, 1, 2].map(of_kernel);
    let shared = |slot: &Vec<Cost>| {
        let candidates = (0..slot.len() as u16).map(|at| match slot.len() {
            6 => Shared {
                values: vec![(0, at / 2)],
                kind: at % 2,
                structure: at,
            },
            _ => Shared::default(),
        });
        Arc::new(SharedSlot::new(candidates.collect()))
    };
    let slots = rows
        .iter()
        .map(|(_, slots)| slots.iter().map(shared).collect());
    let graph = Rows(rows.clone(), Sharing::new(vec![3], slots.collect())).graph(&[]);
    let all = |count: &dyn Fn(&Graph) -> BigUint| kernels.iter().map(count).sum::<BigUint>();
    assert_eq!(graph.count(), all(&Graph::count));
    let window = flops(0, 300_000_000);
    let exactly = |graph: &Graph| {
        graph
            .count_exact(&[window], Limits::default())
            .expect("few sums")
    };
    let inside = exactly(&graph);
    assert_eq!(inside, all(&exactly));
    let (low, high) = graph.count_interval(&[window]);
    assert!(low <= inside && inside <= high);
    assert!(
        (&high - &low) * 1000u32 < inside,
        "three digits: {low} to {high}"
    );
}

fn number(digits: &str) -> BigUint {
    digits.parse().expect("digits")
}

#[test]
fn the_papers_space_has_the_published_counts() {
    let graph = mobile(224).graph(&[]);
    assert_eq!(graph.count(), number("550043705401318915942176"));
    assert_eq!(
        graph.extremes(Metric::Flops),
        Some((81_739_232, 863_589_424))
    );
    let counted = [
        (287, "157452608991162"),
        (300, "563142110113517"),
        (600, "203802947062118894864284"),
    ];
    for (high, paths) in counted {
        let (low, high) = graph.count_interval(&[flops(0, high * 1_000_000)]);
        let paths = number(paths);
        assert!(low <= paths && paths <= high);
        assert!(
            (&high - &low) * 1000u32 < paths,
            "three digits: {low} to {high}"
        );
    }
    for (high, paths) in counted {
        let exact = graph.count_exact(&[flops(0, high * 1_000_000)], Limits::default());
        assert_eq!(exact, Ok(number(paths)));
    }
}

#[test]
fn the_released_space_of_four_blocks_a_stage_has_the_published_counts() {
    let at_most_four = |row: usize| Relation::Depth {
        row,
        low: 1,
        high: 4,
    };
    let relations: Vec<Relation> = (2..7).map(at_most_four).collect();
    let graph = mobile(224).graph(&relations);
    assert_eq!(graph.count(), number("9062647172085024"));
    assert_eq!(
        graph.extremes(Metric::Flops),
        Some((81_739_232, 573_196_208))
    );
    let exact = graph.count_exact(&[flops(0, 300_000_000)], Limits::default());
    assert_eq!(exact, Ok(number("31382661037639")));
}
