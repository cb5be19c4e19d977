//! What the feature `testing` gives to the tests of other programs.

use creamc_lang::checked::Checked;
use creamc_lang::cost;
use creamc_lang::space::Metric;
use creamc_lang::testing::{any_path, any_space, assert_cost, table};
use creamc_lang::{assert_flops, ir::Path};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

const TINY: &str = include_str!("../../../spaces/tiny.cream");

fn tiny() -> Checked {
    Checked::from_text("tiny.cream", TINY).expect("the space is right")
}

/// What a failed assertion says.
fn panic_of(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let cause = std::panic::catch_unwind(run).expect_err("it fails");
    let text = cause.downcast_ref::<String>();
    text.expect("the message is put together").clone()
}

#[test]
fn a_path_of_the_paper_s_demo_costs_what_the_readme_says() {
    let plan = tiny().plan().expect("its bounds can be met");
    let path = Path::new(vec![
        vec![0],
        vec![0],
        vec![2, 0, 2],
        vec![2, 2, 0],
        vec![0],
        vec![0],
        vec![0],
        vec![0],
    ]);
    assert_flops!(plan, path, 320_120);
    assert_flops!(plan, path, 320_000..=321_000);
    assert_cost(&plan, &path, Metric::Params, 15_938);
    let said = panic_of(|| assert_flops!(plan, path, 0..=320_119));
    insta::assert_snapshot!("message", said);
    assert!(panic_of(|| assert_flops!(plan, path, 7)).contains("are 320120, not 7\n"));
}

#[test]
fn any_space_holds_every_operator_now_and_then() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut texts = String::new();
    for _ in 0..100 {
        let space = any_space().new_tree(&mut runner).expect("spaces abound");
        texts += &space.current().space.print();
    }
    for word in [
        "ir(",
        "conv(",
        "ds(",
        "er(",
        "bottleneck(",
        "sum(",
        "shuffle(",
        "skip",
        "maxpool(",
    ] {
        assert!(texts.contains(word), "{word}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_path_is_inside_the_bounds_and_its_table_ends_with_its_cost(
        (plan, path) in any_space().prop_flat_map(|space| {
            let plan = space.plan().expect("a path is inside its bounds");
            let paths = any_path(&plan);
            (Just(plan), paths)
        })
    ) {
        prop_assert!(plan.bounded_graph.cost(&path).is_some(), "it is no path of the graph");
        let exact = cost::of_network(&plan.ir.network(&path, plan.resolution));
        let table = table(&plan, &path);
        let numbers: Vec<&str> = table.lines().next_back().unwrap().split_whitespace().collect();
        let expected = Metric::ALL.iter().map(|&metric| exact.get(metric).to_string());
        prop_assert_eq!(&numbers[1..], &expected.collect::<Vec<_>>()[..]);
    }
}
