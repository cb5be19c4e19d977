//! Texts far larger than people write: they end in messages or a plan, with memory to spare.

mod common;

use std::fmt::Write;
use std::path::Path;

use common::{One, lower};
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::cost;
use creamc_lang::count::{Measure, Sampler};
use creamc_lang::diagnostic::{Certainty, Code, Diagnostic};
use creamc_lang::ir;
use creamc_lang::plan::{self, NoSpread, Plan, Request};
use creamc_lang::source::Texts;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

fn compiled(text: String) -> Unit {
    let unit = compile::load(&One(text), Path::new("x.cream"), &Overrides::default());
    unit.expect("the file can be read")
}

/// A file of these items and a small space with these rows and bounds.
fn file(items: &str, rows: &str) -> String {
    format!(
        "cream 1\n{items}space big {{\n    input image(channels = 1, resolution = 8)\n    output classes(10)\n\
         layer stem conv(kernel = 3) channels = 8\n{rows}    layer pool avgpool\n    \
         layer logits linear channels = classes\n}}\n"
    )
}

/// The plan of a space that is right and has paths, and nothing is said about its bounds.
fn planned(text: &str) -> Plan {
    let (plan, warnings) = plan::plan(&lower(text), &Request::default()).expect("there are paths");
    assert!(warnings.is_empty(), "{warnings:?}");
    plan
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        writeln!(text, "{}", line(at)).expect("a string takes everything");
        text
    })
}

#[test]
fn as_many_rows_as_there_may_be_are_planned() {
    // Each with a depth of its own to remember, some of them tied to another.
    let stages = lines(9_000, |at| {
        format!("stage s{at} conv(kernel = 1) channels = 8")
    });
    let deep = lines(100, |at| {
        format!("stage d{at} conv(kernel in {{1, 3}}) channels = 8 depth in 1..3")
    });
    let bounds = "require d1.depth >= d0.depth\nrequire d99.depth <= 2\n";
    let plan = planned(&file("", &(stages + &deep + bounds)));
    // Depths d0, d1: (1..3, up to it), then 2 + 4 + 8 networks a stage, 2 + 4 in the last.
    let tied = 2_u32 * (2 + 4 + 8) + 4 * (4 + 8) + 8 * 8;
    let expected = num_bigint::BigUint::from(14_u32).pow(97) * tied * 6_u32;
    assert_eq!(plan.bounded_graph.count(), expected);
}

#[test]
fn a_hundred_thousand_lines_of_names_each_resting_on_the_next_are_read() {
    let items = lines(50_000, |at| format!("let a{at} = a{}", at + 1))
        + "let a50000 = 3\n"
        + &lines(49_000, |at| format!("block b{at} = b{}", at + 1))
        + "block b49000 = conv(kernel = a0)\n";
    let unit = compiled(file(&items, "layer last b0 channels = 16\n"));
    assert!(unit.diagnostics.is_empty(), "{:?}", unit.diagnostics);
    assert!(unit.ir.is_some());
}

#[test]
fn a_text_full_of_unknown_names_has_a_message_for_each_and_suggestions_for_the_first() {
    let rows = lines(3_000, |at| {
        format!("stage s{at} konv{at}(kernel = 3) channels = 8")
    });
    let items = lines(3_000, |at| format!("block conv{at} = conv(kernel = 3)"));
    let unit = compiled(file(&items, &rows));
    let unknown = unit.diagnostics.iter();
    let unknown: Vec<_> = unknown
        .filter(|found| found.code == Code::UnknownOperator)
        .collect();
    assert_eq!(unknown.len(), 3_000);
    let is_guess = |at: usize| {
        let help = unknown[at].help.as_ref();
        help.is_some_and(|help| help.certainty == Certainty::Guess)
    };
    assert!(is_guess(0) && !is_guess(2_999));
}

#[test]
fn values_of_a_block_with_a_thousand_parameters_of_one_value_are_looked_at() {
    let params: String = (0..998).map(|at| format!("p{at} = 1, ")).collect();
    let block = format!("block b({params}k) {{ conv(kernel = 1) channels = out_channels }}\n");
    let stage = "stage s1 b(k in 1..900) channels = 8 depth = 500\nrequire flops >= 1\n";
    let unit = compiled(file(&block, stage));
    let ir = unit.ir.expect("only parameters are unused");
    let (plan, _) = plan::plan(&ir, &Request::default()).expect("there are paths");
    let values = plan.value_shares();
    assert_eq!(values.len(), 900);
}

#[test]
fn a_base_with_tens_of_thousands_of_attributes_is_narrowed() {
    let block = |at: usize| {
        let params = (0..1_000).map(|param| format!("p{at}x{param} = 1"));
        let params: Vec<String> = params.collect();
        let params = params.join(", ");
        format!("block b{at}({params}) {{ conv(kernel = 1) channels = out_channels }}")
    };
    let all: Vec<String> = (0..40).map(|at| format!("b{at}")).collect();
    let row = format!("layer s1 {} channels = 8\n", all.join(" or "));
    let derived = "cream 1\nuse \"base.cream\"\nspace small of big {\n    s1.p39x999 = 1\n}\n";
    let base = file(&lines(40, block), &row);
    let files = Texts(&[("small.cream", derived), ("base.cream", &base)]);
    let unit = compile::load(&files, Path::new("small.cream"), &Overrides::default());
    let unit = unit.expect("both files can be read");
    let codes: Vec<Code> = unit.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::NarrowsNothing]);
}

#[test]
fn a_bound_written_a_thousand_times_is_one() {
    let stage = "stage s1 conv(kernel in {1, 3}) channels = 8 depth in 1..3\n".to_owned();
    let bounds = lines(1_000, |_| "require s1.depth <= 2".to_owned());
    let plan = planned(&file("", &(stage + &bounds)));
    assert_eq!(plan.bounded_graph.count(), (2_u32 + 4).into());
}

#[test]
fn two_thousand_stages_each_as_deep_as_the_one_before_at_least_are_counted() {
    let stages = lines(2_000, |at| {
        format!("stage s{at} conv(kernel = 1) channels = 8 depth in 1..4")
    });
    let bounds = lines(1_999, |at| {
        format!("require s{at}.depth <= s{}.depth", at + 1)
    });
    let plan = planned(&file("", &(stages + &bounds)));
    // Three steps up, each before one of 2,000 stages or behind the last.
    let expected = 2_003_u64 * 2_002 * 2_001 / 6;
    assert_eq!(plan.bounded_graph.count(), expected.into());
}

#[test]
fn of_thousands_of_bounds_on_depths_those_that_exclude_nothing_are_told() {
    let stages = lines(3_000, |at| {
        let depths = ["1..2", "2..3"][at % 2];
        format!("stage s{at} conv(kernel = 1) channels = 8 depth in {depths}")
    });
    // Every fourth one compares a stage of one to two blocks with one of two to three.
    let bounds = lines(2_998, |at| {
        let after = at + if at % 4 == 0 { 1 } else { 2 };
        format!("require s{at}.depth <= s{after}.depth")
    });
    let ir = lower(&file("", &(stages + &bounds)));
    let (_, warnings) = plan::plan(&ir, &Request::default()).expect("there are paths");
    let never_binding = |one: &&Diagnostic| one.code == Code::BoundNeverBinds;
    assert_eq!(warnings.iter().filter(never_binding).count(), 750);
}

#[test]
fn thousands_of_steps_settle_depths_that_a_bound_compares() {
    let stages = lines(9, |at| {
        format!("stage s{at} conv(kernel = 1) channels = 8 depth fit 1..200")
    });
    let bounds = "require s0.depth <= s1.depth\nrequire s1.depth <= 150\n\
                  require s8.depth <= s7.depth\nrequire s7.depth <= 170\n";
    let ir = lower(&file("", &(stages + bounds)));
    let (plan, _) = plan::plan(&ir, &Request::default()).expect("there are paths");
    let depths: Vec<u32> = plan.ir.rows.iter().map(|row| row.depths[0]).collect();
    // The stem, the stages, pool and logits.
    assert_eq!(
        depths,
        [1, 150, 150, 200, 200, 200, 200, 200, 170, 170, 1, 1]
    );
}

#[test]
fn thousands_of_stages_each_to_be_as_deep_as_the_next_at_most_are_settled() {
    let stages = lines(2_000, |at| {
        format!("stage s{at} conv(kernel = 1) channels = 8 depth fit 1..2")
    });
    let bounds = lines(1_999, |at| {
        format!("require s{at}.depth <= s{}.depth", at + 1)
    });
    let ir = lower(&file("", &(stages + &bounds)));
    let (plan, _) = plan::plan(&ir, &Request::default()).expect("there are paths");
    // The stem, the stages, pool and logits.
    let depths: Vec<u32> = plan.ir.rows.iter().map(|row| row.depths[0]).collect();
    assert_eq!(depths, [vec![1], vec![2; 2_000], vec![1; 2]].concat());
}

#[test]
fn among_thousands_of_resolutions_that_with_most_paths_is_settled() {
    let rows = "layer s1 conv(kernel in 1..99 step 2) channels = 8\n";
    let bound = "require flops in 100M..101M\n";
    let text = file("", &format!("{rows}{bound}"));
    let ir = lower(&text.replace("resolution = 8", "resolution fit 100..4000"));
    let (plan, _) = plan::plan(&ir, &Request::default()).expect("there are paths");
    let inside = |side: u32| {
        let ir = ir.at(side);
        let inputs = ir.shapes(side);
        let flops = |row: usize, at: usize| {
            let candidate = &ir.rows[row].slots[0].candidates[at];
            cost::candidate(candidate, inputs[row][0]).flops
        };
        let others: u64 = [0, 2, 3].iter().map(|&row| flops(row, 0)).sum();
        let all = (0..50).map(|at| others + flops(1, at));
        all.filter(|sum| (100_000_000..=101_000_000).contains(sum))
            .count()
    };
    let counts = || (100..=4_000).map(|side| (inside(side), side));
    let (most, largest) = counts().max().expect("there are sizes");
    assert!(most > 0 && most < 5, "none has a tenth of all: {most}");
    assert_eq!(plan.resolution, largest);
    assert_eq!(plan.graph.count(), 50_u32.into());
}

#[test]
fn of_all_sizes_below_a_large_image_the_largest_that_bounds_leave_is_proposed() {
    let rows = "layer s1 conv(kernel = 3) channels = 8 stride = 2\n";
    let bounds = "require flops <= 500M\nrequire activations <= 20M\n";
    let text = file("", &format!("{rows}{bounds}"));
    let ir = lower(&text.replace("resolution = 8", "resolution = 65536"));
    let found = plan::plan(&ir, &Request::default()).expect_err("it is too dear");
    let is_inside = |side: &u32| {
        let path = ir::Path::new(vec![vec![0]; ir.rows.len()]);
        let cost = cost::of_network(&ir.network(&path, *side));
        cost.flops <= 500_000_000 && cost.activations <= 20_000_000
    };
    let sizes = (1..2_048).map(|step| 32 * step);
    let largest = sizes
        .filter(is_inside)
        .max()
        .expect("some size is small enough");
    assert_eq!(found.len(), 2);
    for one in found {
        let help = one.help.expect("a size is proposed").edits;
        assert_eq!(help[0].replacement, format!("resolution = {largest}"));
    }
}

/// A space of about 10^300 paths, 9.9M to 588.9M flops each, with a bound.
fn deep(bound: &str) -> Plan {
    let stages = lines(16, |at| {
        let channels = 16 + 8 * (at / 4);
        let stride = if at == 0 || at == 5 { 2 } else { 1 };
        format!(
            "stage s{at} ir(kernel in {{3, 5, 7}}, expand in {{3, 4, 6}}) channels = {channels} \
             stride = {stride} depth in 1..20"
        )
    });
    let text = format!(
        "cream 1\nspace deep {{\n    input image(channels = 3, resolution = 32)\n    output classes(10)\n\
         layer stem conv(kernel = 3) channels = 16\n{stages}    layer pool avgpool\n    \
         layer logits linear channels = classes\n{bound}}}\n"
    );
    let (plan, _) = plan::plan(&lower(&text), &Request::default()).expect("there are paths");
    assert!(plan.graph.count().to_string().len() > 300);
    plan
}

#[test]
fn of_a_deep_space_with_a_narrow_bound_as_many_paths_are_drawn_as_limited_work_finds() {
    let plan = deep("require flops in 338M..338010K\n");
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths);
    let sampler = sampler.expect("some walks end inside");
    assert!(sampler.acceptance() < 0.05, "{}", sampler.acceptance());
    let drawn = sampler.draw_up_to(1_000_000, &mut ChaCha8Rng::seed_from_u64(0));
    // At most 16 · 20 blocks and 16 ends of stages a walk, and three ends of layers beside their blocks.
    assert_eq!(drawn.walks, (1 << 21) / (16 * 21 + 3 * 2));
    let share = drawn.paths.len() as f64 / drawn.walks as f64;
    assert!(
        (0.2..5.0).contains(&(share / sampler.acceptance())),
        "{share}"
    );
    let inside = |path| plan.windows[0].holds(plan.cost(path));
    assert!(drawn.paths.iter().all(inside));

    let spreads = plan.spreads(2_000, 8, &mut ChaCha8Rng::seed_from_u64(0));
    match drawn.paths.len() {
        few @ ..100 => {
            let (drawn, walks) = (few, drawn.walks);
            assert_eq!(spreads, Err(NoSpread::TooFew { drawn, walks }));
        }
        enough => {
            let spreads = spreads.expect("enough are found");
            assert_eq!(spreads.drawn, enough.min(2_000));
            let in_bins = |spread: &plan::Spread| spread.bins.iter().map(|bin| bin.count).sum();
            let counts: Vec<usize> = spreads.metrics.iter().map(in_bins).collect();
            assert!(
                counts.iter().all(|&count| count == spreads.drawn),
                "{counts:?}"
            );
        }
    }
}

#[test]
fn of_a_deep_space_bounded_near_its_cheapest_path_as_many_paths_are_drawn_as_asked_for() {
    let plan = deep("require flops in 10M..30M\n");
    let spreads = plan.spreads(2_000, 8, &mut ChaCha8Rng::seed_from_u64(0));
    let spreads = spreads.expect("most walks end inside");
    assert_eq!(spreads.drawn, 2_000);
    let flops = &spreads.metrics[0].bins;
    assert!(
        flops[0].low >= 10_000_000 && flops[7].high <= 30_000_000,
        "{flops:?}"
    );
}

#[test]
fn with_limited_work_the_same_paths_are_drawn_as_without() {
    let plan = deep("");
    let sampler = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths);
    let sampler = sampler.expect("no bound is in the way");
    let [mut one, mut other] = [1, 1].map(ChaCha8Rng::seed_from_u64);
    let drawn = sampler.draw_up_to(20, &mut one);
    assert_eq!(drawn.walks, 20);
    let without: Vec<_> = (0..20).map(|_| sampler.draw(&mut other)).collect();
    assert_eq!(drawn.paths, without);
}
