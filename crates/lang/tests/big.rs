//! Texts far larger than people write: they end in messages or a plan, with memory to spare.

mod common;

use std::fmt::Write;
use std::path::Path;

use common::{One, lower};
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::diagnostic::{Certainty, Code};
use creamc_lang::plan::{self, Request};

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
    let ir = lower(&file("", &(stages + &deep + bounds)));
    let (plan, warnings) = plan::plan(&ir, &Request::default()).expect("there are paths");
    assert!(warnings.is_empty(), "{warnings:?}");
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
fn a_bound_written_a_thousand_times_is_one() {
    let stage = "stage s1 conv(kernel in {1, 3}) channels = 8 depth in 1..3\n".to_owned();
    let bounds = lines(1_000, |_| "require s1.depth <= 2".to_owned());
    let ir = lower(&file("", &(stage + &bounds)));
    let (plan, warnings) = plan::plan(&ir, &Request::default()).expect("there are paths");
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(plan.bounded_graph.count(), (2_u32 + 4).into());
}
