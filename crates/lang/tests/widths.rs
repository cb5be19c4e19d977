//! Searched widths and resolutions against plain enumeration.

mod common;

use std::collections::BTreeSet;

use common::{Timed, holds, lower, time};
use creamc_lang::arch::{self, Arch};
use creamc_lang::compile::Overrides;
use creamc_lang::cost;
use creamc_lang::count::{Evolver, Limits, Measure, Prior, Sampler, Window, Witness};
use creamc_lang::ir::{Ir, Path};
use creamc_lang::plan::{Plan, Request, plan};
use creamc_lang::space::{Metric, Setting};
use creamc_lang::testing::small_space;
use num_bigint::BigUint;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const EDGE: &str = include_str!("../../../spaces/edge.cream");
const EDGE_TIMES: &str = include_str!("../../../spaces/tables/xeon_1thread.yaml");
const SMALL_EDGE: &str = include_str!("fixtures/edge_small.cream");

fn planned(ir: &Ir) -> Option<Plan> {
    plan(ir, &Request::default()).ok().map(|(plan, _)| plan)
}

/// The paths that fit is said of, block by block: candidates that agree about widths and choices.
fn longer(ir: &Ir, paths: Vec<Path>, row: usize, depth: usize) -> Vec<Path> {
    let opened = paths.into_iter().map(|mut path| {
        path.rows.push(Vec::new());
        path
    });
    let mut paths: Vec<Path> = opened.collect();
    for slot in &ir.rows[row].slots[..depth] {
        let with = |path: &Path| {
            let path = path.clone();
            (0..slot.candidates.len() as u16).filter_map(move |candidate| {
                let mut path = path.clone();
                path.rows[row].push(candidate);
                ir.shared_values(&path).is_ok().then_some(path)
            })
        };
        paths = paths.iter().flat_map(with).collect();
    }
    paths
}

/// Every path of a plan that its bounds on rows leave.
fn enumerate(plan: &Plan) -> Vec<Path> {
    let ir = &plan.ir;
    let is_searched = matches!(ir.resolution.value, Setting::Searched(_));
    let starts = plan.sides().map(|side| Path {
        resolution: is_searched.then_some(side),
        rows: Vec::new(),
    });
    let mut paths: Vec<Path> = starts.collect();
    for (row, of) in ir.rows.iter().enumerate() {
        let depths = of.depths.iter().map(|&depth| depth as usize);
        let of_depth = |depth| longer(ir, paths.clone(), row, depth);
        paths = depths.flat_map(of_depth).collect();
    }
    let requires = ir.requires.iter().map(|require| &require.relation);
    paths.retain(|path| {
        let depth = |row: usize| path.rows[row].len() as u32;
        let width = |row: usize| width(ir, path, row);
        let mut requires = requires.clone();
        requires.all(|one| holds(one, depth, width, |metric| exact(plan, path).get(metric)))
    });
    paths
}

/// Of the written out network, not of the candidate's own note.
fn width(ir: &Ir, path: &Path, row: usize) -> u32 {
    let network = ir.network(path, 32);
    let mut layers = network.layers.iter().filter(|layer| layer.row_index == row);
    layers.next().expect("a row has a block").output.channels
}

fn exact(plan: &Plan, path: &Path) -> cost::Cost {
    cost::of_network(&plan.ir.network(path, plan.resolution))
}

/// A generated space that searches a width or its resolution, small enough to be listed.
fn searched(seed: u64) -> Option<(String, Plan)> {
    let text = small_space(&mut ChaCha8Rng::seed_from_u64(seed));
    let searches = ["channels in {8", "resolution in {"];
    if !searches.iter().any(|words| text.contains(words)) {
        return None;
    }
    let plan = planned(&lower(&text))?;
    (plan.graph.count() < 4_000u32.into()).then_some((text, plan))
}

/// A window along each of two metrics that some path is inside of.
fn windows(plan: &Plan, paths: &[Path], random: &mut ChaCha8Rng) -> Vec<Window> {
    let mut cost = |metric| {
        let path = &paths[random.random_range(0..paths.len())];
        plan.cost(path).get(metric)
    };
    let metrics = [Metric::Macs, Metric::Params].into_iter();
    let window = metrics.map(|metric| {
        let ends = [cost(metric), cost(metric)];
        Window {
            metric,
            low: ends[0].min(ends[1]),
            high: ends[0].max(ends[1]),
        }
    });
    window.collect()
}

fn inside<'p>(plan: &Plan, paths: &'p [Path], windows: &[Window]) -> Vec<&'p Path> {
    let is_inside = |path: &&Path| {
        let cost = plan.cost(path);
        windows.iter().all(|window| window.holds(cost))
    };
    paths.iter().filter(is_inside).collect()
}

/// All that is asked of a plan, against its paths.
fn check_counts(plan: &Plan, paths: &[Path], windows: &[Window]) {
    let graph = &plan.bounded_graph;
    assert_eq!(graph.count(), BigUint::from(paths.len()));
    let wanted = inside(plan, paths, windows);
    let count = BigUint::from(wanted.len());
    let exactly = graph.count_exact(windows, Limits::default());
    assert_eq!(exactly.as_ref(), Ok(&count));
    let (low, high) = graph.count_interval(windows);
    assert!(low <= count && count <= high, "{low} {count} {high}");
    for &metric in Metric::COUNTED {
        let costs = paths.iter().map(|path| plan.cost(path).get(metric));
        let ends = costs.clone().min().zip(costs.max());
        assert_eq!(graph.extremes(metric), ends);
    }
    match graph.witness(windows) {
        Witness::Found(path) => assert!(wanted.contains(&&path)),
        Witness::Impossible => assert!(wanted.is_empty()),
        Witness::Undecided => panic!("a small space is always decided"),
    }
}

/// The chance of a path where every decision is made evenly, before any bound.
fn even_chance(plan: &Plan, path: &Path) -> f64 {
    let ir = &plan.ir;
    let values = ir.shared_values(path).expect("its blocks agree");
    let live = ir.choices.iter().zip(&values);
    let live = live.filter(|(_, value)| value.is_some());
    let choices: f64 = live
        .map(|(choice, _)| 1.0 / choice.values.len() as f64)
        .product();
    let depths: f64 = ir
        .rows
        .iter()
        .map(|row| 1.0 / row.depths.len() as f64)
        .product();
    let agrees = |one: &creamc_lang::ir::Candidate| {
        let mut first = one.shared.values.iter();
        first.all(|value| value.1 == 0)
    };
    let blocks = path.blocks().map(|(row, block, _)| {
        let candidates = ir.rows[row].slots[block].candidates.iter();
        1.0 / candidates.filter(|one| agrees(one)).count() as f64
    });
    let resolution = match path.resolution {
        Some(_) => 1.0 / plan.sides().count() as f64,
        None => 1.0,
    };
    resolution * choices * depths * blocks.product::<f64>()
}

fn check_draws(plan: &Plan, paths: &[Path], windows: &[Window], measure: Measure) {
    let wanted = inside(plan, paths, windows);
    let sampler = Sampler::new(&plan.bounded_graph, windows, measure).expect("a path is inside");
    let weight = |path: &Path| match measure {
        Measure::Paths => 1.0,
        Measure::Decisions => even_chance(plan, path),
    };
    let all: f64 = wanted.iter().map(|path| weight(path)).sum();
    let walked: Vec<f64> = wanted
        .iter()
        .map(|path| sampler.walk_chance(path))
        .collect();
    let kept: f64 = walked.iter().sum();
    for (path, walked) in wanted.iter().zip(walked) {
        let error = (walked / kept - weight(path) / all).abs();
        assert!(error < 1e-9, "{path} is off by {error}");
    }
}

/// What decisions of two paths differ: the resolution, widths and choices, depths, and kinds of blocks that both have.
fn differences(ir: &Ir, one: &Path, other: &Path) -> usize {
    let values = [one, other].map(|path| ir.shared_values(path).expect("its blocks agree"));
    let both = values[0].iter().zip(&values[1]);
    let shared = both.filter(|(one, other)| one.is_some() && other.is_some() && one != other);
    let rows = one.rows.iter().zip(&other.rows).enumerate();
    let of_rows = rows.map(|(row, (blocks, others))| {
        let kind = |block: usize, candidate: u16| {
            ir.rows[row].slots[block].candidates[usize::from(candidate)]
                .shared
                .kind
        };
        let both = blocks.iter().zip(others).enumerate();
        let kinds =
            both.filter(|(block, (one, other))| kind(*block, **one) != kind(*block, **other));
        usize::from(blocks.len() != others.len()) + kinds.count()
    });
    usize::from(one.resolution != other.resolution) + shared.count() + of_rows.sum::<usize>()
}

/// A row as it is wherever it stands: its blocks, and the widths and choices they follow but for those of
/// other rows.
fn own(ir: &Ir, path: &Path, row: usize) -> Vec<(u16, Vec<(u16, u16)>)> {
    let blocks = path.rows[row].iter().enumerate();
    let block = |(block, &candidate): (usize, &u16)| {
        let shared = &ir.rows[row].slots[block].candidates[usize::from(candidate)].shared;
        let is_own = |value: &&(u16, u16)| {
            let of = ir.choices[usize::from(value.0)].width_of;
            of.is_none_or(|of| of == row)
        };
        (
            shared.kind,
            shared.values.iter().filter(is_own).copied().collect(),
        )
    };
    blocks.map(block).collect()
}

/// Every path whose rows and resolution each come from one of two parents.
fn crossed<'p>(ir: &Ir, all: &[&'p Path], parents: [&Path; 2]) -> BTreeSet<&'p Path> {
    let from_either = |path: &&&Path| {
        let rows = 0..ir.rows.len();
        let mut rows = rows.map(|row| {
            parents
                .iter()
                .any(|one| own(ir, one, row) == own(ir, path, row))
        });
        parents.iter().any(|one| one.resolution == path.resolution) && rows.all(|holds| holds)
    };
    all.iter().filter(from_either).copied().collect()
}

fn check_children(plan: &Plan, paths: &[Path], windows: &[Window], random: &mut ChaCha8Rng) {
    let ir = &plan.ir;
    let wanted = inside(plan, paths, windows);
    let even = Prior::even(ir);
    let evolver = Evolver::new(&plan.bounded_graph, windows, Measure::Decisions, &even);
    for _ in 0..5 {
        let [a, b] = [(); 2].map(|()| wanted[random.random_range(0..wanted.len())]);
        // One decision is free; what it makes live is free as well.
        let child = evolver.mutate(a, 0.0, random);
        assert!(wanted.contains(&&child), "{child}");
        assert!(differences(ir, a, &child) <= 1, "{a} to {child}");
        let child = evolver.crossover(a, b, random);
        assert!(
            crossed(ir, &wanted, [a, b]).contains(&child),
            "{a} and {b} to {child}"
        );
    }
}

/// Candidates of one structure differ in widths alone, and each structure has all widths.
fn check_structures(ir: &Ir) {
    for slot in ir.rows.iter().flat_map(|row| &row.slots) {
        let count = slot.structures();
        let mut widths = vec![BTreeSet::new(); count];
        let mut first = vec![None; count];
        for candidate in slot.candidates.iter() {
            let at = usize::from(candidate.structure());
            let first = first[at].get_or_insert(candidate);
            assert_eq!(candidate.text(), first.text());
            assert_eq!(
                (candidate.operator, &candidate.values),
                (first.operator, &first.values)
            );
            assert!(
                widths[at].insert(candidate.widths),
                "twice {:?}",
                candidate.widths
            );
        }
        assert!(widths.iter().all(|one| *one == widths[0]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn counts_draws_and_children_equal_enumeration(seed in any::<u64>()) {
        let Some((_, plan)) = searched(seed) else {
            return Ok(());
        };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let paths = enumerate(&plan);
        let windows = windows(&plan, &paths, &mut random);
        check_structures(&plan.ir);
        check_counts(&plan, &paths, &windows);
        if inside(&plan, &paths, &windows).is_empty() {
            return Ok(());
        }
        for measure in [Measure::Paths, Measure::Decisions] {
            check_draws(&plan, &paths, &windows, measure);
        }
        check_children(&plan, &paths, &windows, &mut random);
    }

    #[test]
    fn a_path_costs_what_its_network_does(seed in any::<u64>()) {
        let Some((text, plan)) = searched(seed) else {
            return Ok(());
        };
        for path in enumerate(&plan).iter().step_by(7) {
            prop_assert_eq!(plan.cost(path), exact(&plan, path), "{} {}", text, path);
            prop_assert_eq!(plan.bounded_graph.cost(path), Some(exact(&plan, path)));
            let json = serde_json::to_string(path).expect("a path is plain");
            prop_assert_eq!(&serde_json::from_str::<Path>(&json).expect("it is read back"), path);
        }
    }
}

#[test]
fn generated_spaces_search_widths_and_resolutions_often_enough() {
    let found = (0..400).filter_map(searched);
    let texts: Vec<String> = found.map(|(text, _)| text).collect();
    let with = |words: &str| texts.iter().filter(|text| text.contains(words)).count();
    let tally = [
        with("channels in {8"),
        with("resolution in {"),
        with(".channels "),
    ];
    assert!(tally.iter().all(|&count| count > 20), "{tally:?}");
}

#[test]
fn a_small_edge_is_counted_drawn_and_crossed_as_listed() {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let files = Timed::at_random(SMALL_EDGE.to_owned(), &mut random);
    let plan = planned(&files.lower(&Overrides::default())).expect("a path is inside");
    let paths = unbounded(&plan);
    let times = files.times();
    for path in &paths {
        let time = time(&times, &plan.ir, path, plan.side(path));
        assert_eq!(plan.cost(path).get(Metric::Table(0)), time);
    }
    let mut windows = plan.windows.iter();
    let timed = windows.find(|window| window.metric == Metric::Table(0));
    let timed = *timed.expect("measured time is bounded");
    let fast = inside(&plan, &paths, &[timed]).len();
    assert!(0 < fast && fast < paths.len(), "{fast} of {}", paths.len());
    let found = inside(&plan, &paths, &plan.windows).len();
    assert!(
        found * 10 < paths.len() * 9 && found * 10 > paths.len(),
        "{found} of {}",
        paths.len()
    );
    check_structures(&plan.ir);
    check_counts(&plan, &paths, &plan.windows);
    for measure in [Measure::Paths, Measure::Decisions] {
        check_draws(&plan, &paths, &plan.windows, measure);
    }
    check_children(&plan, &paths, &plan.windows, &mut random);
}

/// Every path inside the bounds on rows, those on metrics left aside.
fn unbounded(plan: &Plan) -> Vec<Path> {
    let mut free = plan.clone();
    let is_metric = |require: &creamc_lang::space::Require| {
        matches!(
            require.relation,
            creamc_lang::space::Relation::Metric { .. }
        )
    };
    free.ir.requires.retain(|require| !is_metric(require));
    enumerate(&free)
}

#[test]
fn paths_of_edge_are_drawn_written_and_read_back() {
    let files = Timed {
        text: EDGE.to_owned(),
        table: EDGE_TIMES.to_owned(),
    };
    let (ir, times) = (files.lower(&Overrides::default()), files.times());
    let plan = planned(&ir).expect("a path is inside");
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Decisions);
    let sampler = sampler.expect("paths are inside");
    assert!(sampler.acceptance() > 0.3, "{}", sampler.acceptance());
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut sides = BTreeSet::new();
    for _ in 0..40 {
        let path = sampler.draw(&mut random);
        sides.insert(path.resolution);
        assert_eq!(plan.cost(&path), exact(&plan, &path));
        let found = plan.cost(&path).get(Metric::Table(0));
        assert_eq!(found, time(&times, &ir, &path, plan.side(&path)));
        assert!(found <= 8_000_000, "{found}");
        let arch = Arch::of_plan("best", path, &plan);
        let text = format!("cream 1\n{}", arch::write(&arch, &ir));
        let (file, problems) = creamc_lang::syntax::parse(Default::default(), &text);
        assert_eq!(problems, []);
        let creamc_lang::syntax::ast::FileItem::Arch(written) = &file.items[0] else {
            panic!("an arch was written");
        };
        let (read, found) = arch::read(written, &ir);
        assert_eq!((read, found), (Some(arch.clone()), Vec::new()), "{text}");
        assert_eq!(arch.choices(&ir), None);
    }
    assert_eq!(sides.len(), 3);
}
