//! Plans of the shipped space, and of small ones that show a rule each.

use std::path::Path as FilePath;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Bounded, Plan, Request, bounds, plan, report};
use crate::compile::{self, Overrides};
use crate::cost;
use crate::count::Graph;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Ir;
use crate::source::{FileId, Sources, Span, Spanned, Texts};
use crate::space::{Metric, Relation, Require};
use crate::testing::small_space;

const MOBILE: &str = include_str!("../../../../spaces/mobile.cream");

fn lowered(text: &str) -> Ir {
    let unit = compile::load(
        &Texts(&[("t.cream", text)]),
        FilePath::new("t.cream"),
        &Overrides::default(),
    )
    .expect("the text can be read");
    assert!(!unit.has_errors(), "{:?}", unit.diagnostics);
    unit.ir.expect("a space without errors is lowered")
}

fn bound(metric: Metric, low: u64, high: u64) -> Require {
    Require {
        relation: Relation::Metric { metric, low, high },
        span: Span::default(),
        value_span: Span::default(),
        comparison: None,
        is_inherited: false,
    }
}

fn within(low: u64, high: u64) -> Request {
    Request {
        requires: vec![bound(Metric::Flops, low, high)],
        ..Request::default()
    }
}

fn planned(ir: &Ir, request: &Request) -> Plan {
    plan(ir, request).expect("the bounds can be met").0
}

fn codes(result: Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>>) -> Vec<Code> {
    let found = match result {
        Ok((_, warnings)) => warnings,
        Err(errors) => errors,
    };
    found.iter().map(|diagnostic| diagnostic.code).collect()
}

fn small(input: &str, requires: &str) -> Ir {
    lowered(&format!(
        "cream 1
space small {{
    input  image(channels = 3, {input})
    output classes(10)
    block mb = ir(kernel in {{3, 5}}, expand in {{4, 6}})
    layer stem    conv(kernel = 3)    channels = 16    stride = 2
    stage s1      mb                  channels = 24    stride = 2    depth in 1..3
    stage s2      mb                  channels = 40    stride = 2    depth in 1..3
    layer pool    avgpool
    layer logits  linear              channels = classes
    {requires}
}}
"
    ))
}

#[test]
fn the_resolution_settles_on_the_sizes_the_authors_published() {
    let ir = lowered(MOBILE);
    let published = [
        (14, 64),
        (43, 96),
        (114, 160),
        (287, 224),
        (481, 224),
        (604, 224),
    ];
    for (high, resolution) in published {
        let mut open = ir.clone();
        open.requires.clear(); // the 604M network is 4.3M over the file's own bound
        let plan = planned(&open, &within(0, high * 1_000_000));
        assert_eq!(plan.resolution, resolution, "0..{high}M");
        assert!(plan.cost(&plan.witness).flops <= high * 1_000_000);
    }
}

#[test]
fn raising_an_upper_bound_never_lowers_the_resolution() {
    let ir = small("resolution fit {32, 48, 64, 80, 96}", "");
    let mut last = 0;
    for high in (2..80).map(|step| step * 250_000) {
        if let Ok((plan, _)) = plan(&ir, &within(0, high)) {
            assert!(plan.resolution >= last, "0..{high}");
            last = plan.resolution;
        }
    }
    assert_eq!(last, 96);
}

#[test]
fn a_pinned_resolution_is_taken_and_must_be_listed() {
    let ir = small("resolution fit {32, 64, 96}", "require flops in 0..100M");
    let pin = |value| Request {
        resolution: Some(Spanned::new(value, Span::new(FileId(0), 0, 0))),
        ..Request::default()
    };
    assert_eq!(planned(&ir, &pin(64)).resolution, 64);
    assert_eq!(codes(plan(&ir, &pin(65))), [Code::OutOfRange]);
}

#[test]
fn bounds_from_everywhere_are_merged_and_only_tighten() {
    let ir = small(
        "resolution = 64",
        "require flops in 0..8M require params in 0..60K",
    );
    let plan = planned(&ir, &within(5_000_000, 20_000_000));
    let ends: Vec<_> = plan
        .windows
        .iter()
        .map(|w| (w.metric, w.low, w.high))
        .collect();
    let expected = [
        (Metric::Flops, 5_000_000, 8_000_000),
        (Metric::Params, 0, 60_000),
    ];
    assert_eq!(ends, expected);
    let cost = plan.cost(&plan.witness);
    assert!(plan.windows.iter().all(|window| window.holds(cost)));
}

#[test]
fn bounds_on_depths_bind_the_witness_and_the_counts() {
    let ir = small(
        "resolution = 64",
        "require s1.depth >= s2.depth require s2.depth >= 2",
    );
    let plan = planned(&ir, &Request::default());
    assert!(plan.bounded_graph.count() < plan.graph.count());
    let depths = [1, 2].map(|row: usize| plan.witness.rows[row].len());
    assert!(depths[0] >= depths[1] && depths[1] >= 2);
}

#[test]
fn a_window_of_one_path_has_that_path_as_witness() {
    let ir = small("resolution = 64", "");
    let all = planned(&ir, &Request::default());
    let path = all.graph.largest(Metric::Macs).expect("paths");
    let cost = all.cost(&path);
    let request = Request {
        requires: vec![
            bound(Metric::Flops, cost.flops, cost.flops),
            bound(Metric::Params, cost.params, cost.params),
        ],
        ..Request::default()
    };
    assert_eq!(all.cost(&planned(&ir, &request).witness), cost);
}

#[test]
fn weights_depend_on_the_structure_alone() {
    let plain = small("resolution = 64", "");
    let same = [
        small("resolution = 96", ""),
        small("resolution fit {32, 64}", "require flops in 0..8M"),
    ];
    let weights = planned(&plain, &Request::default()).weights;
    assert_eq!(weights.len(), 16);
    for ir in &same {
        let other = planned(ir, &Request::default());
        assert_eq!(other.weights, weights);
        assert_ne!(
            other.fingerprint,
            planned(&plain, &Request::default()).fingerprint
        );
    }
    let mut wider = plain.clone();
    wider.classes = 11;
    assert_ne!(planned(&wider, &Request::default()).weights, weights);
}

#[test]
fn fingerprints_stay_what_they_are() {
    let plan = planned(&lowered(MOBILE), &Request::default());
    // Checkpoints hold these: a change makes every old one unusable.
    assert_eq!(
        (plan.weights.as_str(), plan.fingerprint.as_str()),
        ("fe1bfd8007ee6961", "067d56cf2e62d55a")
    );
}

/// Two stages of one candidate a block; every block after a first costs the same.
fn fitted(order: &str, requires: &str) -> Ir {
    lowered(&format!(
        "cream 1
space t {{
    input  image(channels = 3, resolution = 32)
    output classes(10)
    stage s1      ir(kernel = 3, expand = 4)    channels = 16    depth fit 1..4
    stage s2      ir(kernel = 3, expand = 4)    channels = 16    depth fit {{2, 4}}
    layer pool    avgpool
    layer logits  linear                        channels = classes
    {order}
    {requires}
}}
"
    ))
}

fn depths(plan: &Plan) -> Vec<u32> {
    plan.ir.rows[..2].iter().map(|row| row.depths[0]).collect()
}

#[test]
fn stages_are_deepened_in_turn_until_an_upper_bound_is_reached() {
    let ir = fitted("", "");
    let all = planned(&ir, &Request::default());
    assert_eq!(depths(&all), [4, 4]);
    let cost = |depths: Vec<u32>| {
        let request = Request {
            depths: Some([depths, vec![1, 1]].concat()),
            ..Request::default()
        };
        let plan = planned(&ir, &request);
        plan.cost(&plan.witness).flops
    };
    // s1 grows by one, s2 by two, s1 by one again.
    let steps = [[1, 2], [2, 2], [2, 4], [3, 4], [4, 4]];
    for step in steps {
        let plan = planned(&ir, &within(0, cost(step.to_vec())));
        assert_eq!(depths(&plan), step);
    }
    // The first step that breaks the bound is the last one tried: s1 alone could still grow.
    let plan = planned(&ir, &within(0, cost(vec![2, 4]) - 1));
    assert_eq!(depths(&plan), [2, 2]);
}

#[test]
fn the_order_of_deepening_is_that_of_the_fit_item() {
    let ir = fitted("fit s2, s1", "");
    let first = planned(&fitted("", ""), &Request::default());
    let block = first.costs[0][1][0].flops;
    let least = first.cost(&first.witness).flops - 5 * block;
    assert_eq!(depths(&planned(&ir, &within(0, least + 2 * block))), [1, 4]);
}

#[test]
fn a_bound_on_depths_keeps_a_stage_from_growing() {
    let ir = fitted("", "require s1.depth <= 2");
    assert_eq!(depths(&planned(&ir, &Request::default())), [2, 4]);
    let ir = fitted("", "require s1.depth <= s2.depth require s2.depth in 2..3");
    assert_eq!(depths(&planned(&ir, &Request::default())), [2, 2]);
}

#[test]
fn weights_belong_to_the_settled_depths() {
    let ir = fitted("", "");
    let free = planned(&ir, &Request::default());
    let bound = planned(&ir, &within(0, free.cost(&free.witness).flops - 1));
    assert_ne!(free.weights, bound.weights);
    let pinned = Request {
        depths: Some(vec![3, 4, 1, 1]),
        ..Request::default()
    };
    assert_eq!(planned(&ir, &pinned).weights, bound.weights);
}

/// Small spaces that bounds leave a path or not; the graph of each bound alone counts what it leaves.
#[test]
fn a_bound_on_rows_excludes_nothing_where_as_many_paths_are_counted_without_it() {
    let mut said = [0, 0];
    for seed in 0..3_000 {
        let text = small_space(&mut ChaCha8Rng::seed_from_u64(seed));
        let ir = lowered(&text);
        let side = ir.resolution.value.values()[0];
        let costs = cost::table(&ir, side);
        let count = |requires: &[Require]| {
            let graph = Graph::build(&ir, &costs, requires);
            graph.expect("a small space").count()
        };
        for require in &ir.requires {
            let excludes_nothing = bounds::excludes_nothing(&ir, &require.relation);
            let is_all = count(std::slice::from_ref(require)) == count(&[]);
            assert_eq!(excludes_nothing, is_all, "{:?}\n{text}", require.relation);
            said[usize::from(is_all)] += 1;
        }
    }
    assert!(said.iter().all(|&often| often > 100), "{said:?}");
}

#[test]
fn a_bound_at_one_number_is_told_as_that_number() {
    let said = |bound: &str| {
        let ir = fitted("", bound);
        let problems = plan(&ir, &Request::default()).expect_err("no depth is 0");
        problems[0].labels[0].message.clone()
    };
    assert_eq!(said("require s1.depth == 0"), "`s1.depth == 0`");
    assert_eq!(said("require s1.channels == 0"), "`s1.channels == 0`");
}

#[test]
fn a_bound_on_one_side_is_told_with_its_sign() {
    let ir = small("resolution = 64", "");
    let said = |ends: [Option<u64>; 2]| {
        let place = ("settings.yaml", "FLOPS_MAXIMUM: 0.001");
        let request = Request {
            requires: vec![compile::flops_bound(&mut Sources::default(), place, ends)],
            ..Request::default()
        };
        let problems = plan(&ir, &request).expect_err("every path costs more or less");
        problems[0].message.clone()
    };
    let least = said([None, Some(1_000)]);
    assert_eq!(least, "no path of `small` fits `flops <= 1K`");
    let most = said([Some(10_000_000_000), None]);
    assert_eq!(most, "no path of `small` fits `flops >= 10G`");
    let both = said([Some(0), Some(1_000)]);
    assert_eq!(both, "no path of `small` fits `flops in 0..1K`");
}

#[test]
#[should_panic(expected = "a path of this space")]
fn a_path_with_too_few_rows_has_no_cost() {
    let plan = planned(&small("resolution = 64", ""), &Request::default());
    let mut path = plan.witness.clone();
    path.rows.pop();
    plan.cost(&path);
}

#[test]
#[should_panic(expected = "a path of this space")]
fn a_path_with_more_blocks_than_the_deepest_has_no_cost() {
    let plan = planned(&small("resolution = 64", ""), &Request::default());
    let mut path = plan.witness.clone();
    path.rows[1] = vec![0; plan.costs[1].len() + 1];
    plan.cost(&path);
}

/// A space that says it has its bounds from a base; with `has_lines` it has lines of its own.
fn inheriting(mut ir: Ir, has_lines: bool) -> Ir {
    ir.is_derived = true;
    for require in &mut ir.requires {
        require.is_inherited = true;
    }
    if !has_lines {
        ir.file = FileId(7);
    }
    ir
}

/// What is proposed where no path meets the bounds.
fn help(ir: &Ir, requires: Vec<Require>) -> Option<String> {
    let request = Request {
        requires,
        ..Request::default()
    };
    let problems = plan(ir, &request).expect_err("no path meets the bounds");
    let [problem] = problems.as_slice() else {
        panic!("one bound is missed: {problems:?}");
    };
    problem.help.as_ref().map(|help| help.message.clone())
}

const LEAVE_MORE: Option<&str> = Some("leave more open in `small`");

#[test]
fn no_change_of_a_bound_of_the_base_is_proposed_where_every_path_misses_it() {
    let missed = |end: &str| small("resolution = 64", &format!("require params {end}"));
    for (end, cure) in [("<= 1K", "allow "), (">= 1000M", "ask for ")] {
        let own = help(&missed(end), Vec::new()).expect("it can be changed");
        assert!(own.starts_with(cure), "{own}");
        let lines = help(&inheriting(missed(end), true), Vec::new());
        assert_eq!(lines.as_deref(), LEAVE_MORE);
        assert_eq!(help(&inheriting(missed(end), false), Vec::new()), None);
    }
}

#[test]
fn no_change_of_bounds_of_the_base_is_proposed_where_paths_lie_on_both_sides() {
    let between = || small("resolution = 64", "require params in 20001..20002");
    let own = help(&between(), Vec::new());
    assert_eq!(own.as_deref(), Some("widen a bound"));
    let lines = help(&inheriting(between(), true), Vec::new());
    assert_eq!(lines.as_deref(), LEAVE_MORE);
    assert_eq!(help(&inheriting(between(), false), Vec::new()), None);
    let more = vec![bound(Metric::Flops, 0, 1_000_000_000)];
    let both = help(&inheriting(between(), false), more);
    assert_eq!(both.as_deref(), Some("widen a bound other than the base's"));
}

#[test]
fn no_change_of_bounds_of_the_base_is_proposed_where_no_path_was_found() {
    let help = |ir: &Ir, requires: &[Require]| {
        let space = Bounded {
            ir,
            requires,
            windows: &[],
        };
        report::undecided(&space).help.map(|help| help.message)
    };
    let widen = |bound| {
        Some(format!(
            "widen {bound} a little: then a path is mostly found at once"
        ))
    };
    let own = small("resolution = 64", "require params <= 8M");
    assert_eq!(help(&own, &own.requires), widen("a bound"));
    let lines = inheriting(own.clone(), true);
    assert_eq!(help(&lines, &lines.requires).as_deref(), LEAVE_MORE);
    let none = inheriting(own, false);
    assert_eq!(help(&none, &none.requires), None);
    let both = [
        none.requires[0].clone(),
        bound(Metric::Flops, 0, 1_000_000_000),
    ];
    assert_eq!(help(&none, &both), widen("a bound other than the base's"));
}
