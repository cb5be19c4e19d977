//! Latency tables: which row a block has, what paths take, bounds on that, and where files are looked for.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::lower_timed;
use creamc_lang::compile::{Overrides, Unit, load, parse_require};
use creamc_lang::cost;
use creamc_lang::count::Limits;
use creamc_lang::ir::{Ir, Path as Walk, UNKNOWN};
use creamc_lang::plan::{Plan, Request, plan};
use creamc_lang::source::{Spanned, Texts};
use creamc_lang::space::Metric;
use creamc_lang::testing::small_space;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const TIMES: Metric = Metric::Table(0);

/// Two candidates in the first block, four in the later ones.
const SPACE: &str = "cream 1
space s {
    input  image(channels = 3, resolution fit {32, 64})
    output classes(10)
    table phone = latency(\"tables/phone.yaml\")
    block mb = ir(kernel in {3, 5}, expand = 2, se = 0.25)
    layer stem    conv(kernel = 3)                channels = 8    stride = 2
    stage s1      mb then (mb or skip or dw(kernel in {3, 5}))    channels = 8    depth in 1..2
    layer pool    avgpool
    layer logits  linear                          channels = classes
    require phone in 0..1s
}
";

/// Every row with its time at both resolutions, as a person would write them.
const ROWS: [(&str, [(&str, u64); 2]); 7] = [
    (
        "conv(kernel = 3, groups = 1, act = relu, norm = batch, padding = symmetric) {} stride 2",
        [("3x32x32 -> 8x16x16", 100), ("3x64x64 -> 8x32x32", 400)],
    ),
    (
        "ir(kernel = 3, expand = 2, se = 0.25, act = relu, norm = batch, padding = symmetric) {} stride 1",
        [("8x16x16 -> 8x16x16", 30), ("8x32x32 -> 8x32x32", 120)],
    ),
    (
        "ir(kernel = 5, expand = 2, se = 0.25, act = relu, norm = batch, padding = symmetric) {} stride 1",
        [("8x16x16 -> 8x16x16", 50), ("8x32x32 -> 8x32x32", 200)],
    ),
    (
        "dw(kernel = 3, act = relu, norm = batch, padding = symmetric) {} stride 1",
        [("8x16x16 -> 8x16x16", 7), ("8x32x32 -> 8x32x32", 28)],
    ),
    (
        "dw(kernel = 5, act = relu, norm = batch, padding = symmetric) {} stride 1",
        [("8x16x16 -> 8x16x16", 9), ("8x32x32 -> 8x32x32", 36)],
    ),
    (
        "avgpool {} stride 1",
        [("8x16x16 -> 8x1x1", 2), ("8x32x32 -> 8x1x1", 8)],
    ),
    (
        "linear {} stride 1",
        [("8x1x1 -> 10x1x1", 1), ("8x1x1 -> 10x1x1", 1)],
    ),
];

fn table() -> String {
    let rows = ROWS.iter().flat_map(|(block, maps)| {
        let row = |(map, time): &(&str, u64)| (block.replace("{}", map), *time);
        maps.iter().map(row)
    });
    let rows: BTreeMap<String, u64> = rows.collect();
    let lines = rows.iter().map(|(row, time)| format!("{row}: {time}us\n"));
    lines.collect()
}

fn unit(text: &str, table: &str, overrides: &Overrides) -> Unit {
    let files = Texts(&[("a/s.cream", text), ("a/tables/phone.yaml", table)]);
    load(&files, Path::new("a/s.cream"), overrides).expect("the root file is there")
}

fn lowered(text: &str, table: &str) -> Ir {
    let unit = unit(text, table, &Overrides::default());
    unit.ir.unwrap_or_else(|| panic!("{:?}", unit.diagnostics))
}

fn planned(text: &str, table: &str) -> Plan {
    let (plan, _) = plan(&lowered(text, table), &Request::default()).expect("there is a path");
    plan
}

#[test]
fn a_path_takes_the_sum_of_its_rows_at_its_resolution() {
    let ir = lowered(SPACE, &table());
    let walk = |s1: &[u16]| Walk::new(vec![vec![0], s1.to_vec(), vec![0], vec![0]]);
    for (resolution, paths) in [
        (
            32,
            [
                (walk(&[0]), 133_000),
                (walk(&[1, 2]), 153_000),
                (walk(&[0, 4]), 142_000),
            ],
        ),
        (
            64,
            [
                (walk(&[0]), 529_000),
                (walk(&[1, 2]), 609_000),
                (walk(&[0, 4]), 565_000),
            ],
        ),
    ] {
        let request = Request {
            resolution: Some(Spanned::new(resolution, ir.resolution.span)),
            ..Request::default()
        };
        let (plan, _) = plan(&ir, &request).expect("every path meets the bound");
        for (path, time) in paths {
            assert_eq!(
                plan.cost(&path).get(TIMES),
                time,
                "{path:?} at {resolution}"
            );
            let network = ir.network(&path, resolution);
            assert_eq!(cost::of_network(&network).get(TIMES), time);
        }
    }
}

#[test]
fn equal_blocks_share_a_row_and_skip_needs_none() {
    let open = Overrides {
        open_tables: true,
        ..Overrides::default()
    };
    let unit = unit(SPACE, "", &open);
    assert!(!unit.has_errors());
    let blocks = unit.ir.expect("rows are not asked for").timed_blocks();
    let mut signatures: Vec<String> = blocks.into_iter().map(|(one, _)| one).collect();
    signatures.sort();
    let table = table();
    let rows: Vec<&str> = table
        .lines()
        .filter_map(|row| Some(row.split_once(": ")?.0))
        .collect();
    assert_eq!(signatures, rows);
}

#[test]
fn at_a_resolution_that_the_space_does_not_list_a_time_is_not_known() {
    let ir = lowered(SPACE, &table());
    let path = Walk::new(vec![vec![0], vec![0], vec![0], vec![0]]);
    let cost = cost::of_network(&ir.network(&path, 48));
    assert_eq!(cost.get(TIMES), UNKNOWN);
    assert!(cost.flops > 0 && cost.flops < UNKNOWN);
}

#[test]
fn the_path_of_a_table_is_relative_to_the_file_that_names_it() {
    let arch =
        "cream 1\nuse \"a/s.cream\"\narch best of s { resolution = 32  s1 = mb(kernel = 5) }\n";
    let table = table();
    let files = Texts(&[
        ("best.cream", arch),
        ("a/s.cream", SPACE),
        ("a/tables/phone.yaml", &table),
    ]);
    let unit = load(&files, Path::new("best.cream"), &Overrides::default()).expect("it is there");
    assert!(!unit.has_errors(), "{:?}", unit.diagnostics);
    let tables: Vec<&str> = unit
        .tables
        .iter()
        .map(|&id| unit.sources.get(id).name.as_str())
        .collect();
    assert_eq!(tables, ["a/tables/phone.yaml"]);
}

#[test]
fn a_missing_row_is_an_error_and_a_row_too_many_is_none() {
    let table = table();
    let more = format!("{table}of another space: 3us\n");
    assert!(!unit(SPACE, &more, &Overrides::default()).has_errors());
    for row in table.lines() {
        let fewer = table.replace(&format!("{row}\n"), "");
        let unit = unit(SPACE, &fewer, &Overrides::default());
        let codes: Vec<&str> = unit
            .diagnostics
            .iter()
            .map(|one| one.code.as_str())
            .collect();
        assert!(codes.contains(&"missing-rows"), "without {row}: {codes:?}");
        assert!(unit.ir.is_none());
    }
}

#[test]
fn a_bound_on_a_table_keeps_a_missed_one_from_trying_sizes_the_table_does_not_know() {
    let text = SPACE.replace(
        "require phone in 0..1s",
        "require flops <= 1    require phone in 1us..1s",
    );
    let missed =
        plan(&lowered(&text, &table()), &Request::default()).expect_err("nothing is so small");
    let helps: Vec<&str> = missed
        .iter()
        .filter_map(|one| Some(one.help.as_ref()?.message.as_str()))
        .collect();
    let [help] = helps[..] else {
        panic!("{missed:?}")
    };
    assert!(help.starts_with("allow "), "{help}");
}

#[test]
fn depths_are_fitted_to_the_slowest_resolution_which_need_not_be_the_largest() {
    let text = SPACE
        .replace("resolution fit", "resolution in")
        .replace("depth in 1..2", "depth fit 1..2")
        .replace("0..1s", "0..1200us");
    // 809 µs at the most in either size, two blocks deep.
    let plan = planned(&text, &table());
    assert_eq!(plan.ir.rows[1].depths, [2]);
    // A kernel of 5 is slow on small maps: 1,003 µs one block deep, 1,903 two.
    let slow = table().replace(
        "8x16x16 -> 8x16x16 stride 1: 50us",
        "8x16x16 -> 8x16x16 stride 1: 900us",
    );
    assert_ne!(slow, table());
    let plan = planned(&text, &slow);
    assert_eq!(plan.ir.rows[1].depths, [1]);
}

#[test]
fn a_bound_of_the_command_line_may_be_on_a_table() {
    let mut unit = unit(SPACE, &table(), &Overrides::default());
    let space = unit.space.clone().expect("the text is right");
    let require = parse_require(&mut unit.sources, "phone <= 140us", &space).expect("it is right");
    let request = Request {
        requires: vec![require],
        ..Request::default()
    };
    let (plan, _) = plan(&unit.ir.expect("the text is right"), &request).expect("there are paths");
    // At 32 pixels 103us go to the rows around: s1 alone with 30, or 30 and skip or dw with 7.
    assert_eq!(plan.resolution, 32);
    let count = plan
        .bounded_graph
        .count_exact(&plan.windows, Limits::default());
    assert_eq!(count, Ok(3_u32.into()));
    let wrong = parse_require(&mut unit.sources, "phne <= 140us", &space).unwrap_err();
    assert!(
        wrong[0]
            .help
            .as_ref()
            .is_some_and(|help| help.message.contains("`phone`")),
        "{wrong:?}"
    );
}

#[test]
fn the_identity_of_a_plan_covers_the_numbers_that_a_bound_uses() {
    let table = table();
    let other = table.replace(": 28us", ": 29us");
    assert_ne!(table, other);
    let bounded = [&table, &other].map(|table| planned(SPACE, table));
    assert_ne!(bounded[0].fingerprint, bounded[1].fingerprint);
    assert_eq!(bounded[0].weights, bounded[1].weights);
    let renamed = planned(
        &SPACE
            .replace("phone in", "fone in")
            .replace("table phone", "table fone"),
        &table,
    );
    assert_eq!(renamed.fingerprint, bounded[0].fingerprint);
    let free = SPACE.replace("require phone in 0..1s", "");
    let free = [&table, &other].map(|table| planned(&free, table).fingerprint);
    assert_eq!(free[0], free[1]);
    let none = SPACE.replace("require phone in 0..1s", "");
    let none = none.replace("table phone = latency(\"tables/phone.yaml\")", "");
    assert_eq!(planned(&none, "").fingerprint, free[0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The graph adds up candidates, the network its blocks.
    #[test]
    fn a_path_takes_as_long_in_the_graph_as_written_out(seed in any::<u64>()) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let text = small_space(&mut random);
        let ir = lower_timed(&text, &mut random);
        let Ok((plan, _)) = plan(&ir, &Request::default()) else { return Ok(()) };
        for path in [plan.graph.smallest(TIMES), plan.graph.largest(TIMES), Some(plan.witness.clone())] {
            let path = path.expect("a plan has paths");
            let network = plan.ir.network(&path, plan.resolution);
            prop_assert_eq!(cost::of_network(&network), plan.cost(&path));
            prop_assert_eq!(plan.graph.cost(&path), Some(plan.cost(&path)));
        }
    }
}
