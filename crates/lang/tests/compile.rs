//! From files to units: `use`, overrides, bounds from outside.

use std::collections::BTreeMap;
use std::path::Path;

use creamc_lang::compile::{Overrides, Unit, load, parse_require};
use creamc_lang::source::{Files, ReadError};
use creamc_lang::space::{Metric, Relation, Width};

/// Files in memory.
struct Memory(BTreeMap<&'static str, String>);

impl Memory {
    fn new<const N: usize>(files: [(&'static str, &str); N]) -> Memory {
        Memory(files.map(|(path, text)| (path, text.to_owned())).into())
    }

    fn load(&self, path: &str) -> Unit {
        load(self, Path::new(path), &Overrides::default()).expect("the root file is there")
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        let path = path.to_str().expect("test paths are UTF-8");
        let text = self.0.get(path).cloned();
        text.ok_or_else(|| ReadError("no such file".to_owned()))
    }
}

const SPACE: &str = "
space s {
    input  image(channels = 3, resolution = 32)
    output classes(10)
    stage s1      mb         channels = 16    stride = 2    depth in 1..3
    layer pool    avgpool
    layer logits  linear     channels = classes
}
";

const MB: &str = "block mb = ir(kernel in {3, 5}, expand = ratio_of_all)\n";

fn codes(unit: &Unit) -> Vec<&'static str> {
    let codes = unit.diagnostics.iter().map(|found| found.code.as_str());
    codes.collect()
}

#[test]
fn a_root_file_that_cannot_be_read_is_an_error_of_the_world() {
    let files = Memory::new([]);
    let error = load(&files, Path::new("a/s.cream"), &Overrides::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `a/s.cream`: no such file");
}

#[test]
fn a_file_without_a_name_is_not_looked_for_and_a_folder_is_named() {
    let said = |name: &str| {
        let table = format!("output classes(10)\n    table t = latency(\"{name}\")");
        let space = SPACE.replacen("output classes(10)", &table, 1);
        let files = Memory::new([
            ("user.cream", &format!("cream 1\nuse \"{name}\"\n")),
            (
                "table.cream",
                &format!("cream 1\n{}{space}", MB.replace("ratio_of_all", "4")),
            ),
        ]);
        let of = |path: &str, code: &str| {
            let unit = files.load(path);
            let mut found = unit.diagnostics.iter();
            let found = found.find(|one| one.code.as_str() == code).expect(code);
            (found.labels[0].message.clone(), found.notes.clone())
        };
        [
            of("user.cream", "unreadable-use"),
            of("table.cream", "unreadable-table"),
        ]
    };
    for (label, notes) in said("") {
        assert_eq!(label, "the name is empty");
        assert!(notes.is_empty(), "{notes:?}");
    }
    for (_, notes) in said(".") {
        assert!(notes[0].starts_with("looked for at `.`;"), "{notes:?}");
    }
}

#[test]
fn names_of_used_files_are_seen_through_other_files_and_over_folders() {
    let files = Memory::new([
        (
            "a/s.cream",
            &format!("cream 1\nuse \"lib/blocks.cream\"\n{SPACE}"),
        ),
        (
            "a/lib/blocks.cream",
            &format!("cream 1\nuse \"../numbers.cream\"\n{MB}"),
        ),
        ("a/numbers.cream", "cream 1\nlet ratio_of_all = 4\n"),
    ]);
    let unit = files.load("a/s.cream");
    assert_eq!(codes(&unit), [""; 0]);
    let space = unit.space.expect("the space is right");
    assert_eq!(
        space.rows[0].blocks[0].alternatives[0].block.as_deref(),
        Some("mb")
    );
    assert!(unit.ir.is_some());
}

#[test]
fn a_file_used_on_two_ways_is_read_once() {
    let files = Memory::new([
        (
            "s.cream",
            &format!("cream 1\nuse \"b.cream\"\nuse \"./n.cream\"\n{SPACE}"),
        ),
        ("b.cream", &format!("cream 1\nuse \"x/../n.cream\"\n{MB}")),
        ("n.cream", "cream 1\nlet ratio_of_all = 4\n"),
    ]);
    let unit = files.load("s.cream");
    assert_eq!(codes(&unit), [""; 0]);
    assert_eq!(unit.sources.iter().count(), 3);
}

#[test]
fn files_that_use_each_other_are_one_mistake() {
    let files = Memory::new([
        ("s.cream", &format!("cream 1\nuse \"b.cream\"\n{SPACE}")),
        ("b.cream", "cream 1\nuse \"c.cream\"\n"),
        ("c.cream", "cream 1\nuse \"b.cream\"\n"),
    ]);
    let unit = files.load("s.cream");
    assert_eq!(codes(&unit), ["circular-use"]);
    let label = &unit.diagnostics[0].labels[0];
    assert_eq!(unit.sources.get(label.span.file).name, "c.cream");
    assert_eq!(unit.sources.text(label.span), "\"b.cream\"");
    assert!(unit.space.is_none());
}

#[test]
fn a_missing_file_silences_what_rests_on_it() {
    let files = Memory::new([("s.cream", &format!("cream 1\nuse \"b.cream\"\n{SPACE}"))]);
    assert_eq!(codes(&files.load("s.cream")), ["unreadable-use"]);
}

#[test]
fn a_mistake_in_a_used_file_is_reported_there_and_once() {
    let files = Memory::new([
        ("s.cream", &format!("cream 1\nuse \"b.cream\"\n{SPACE}")),
        (
            "b.cream",
            "cream 1\nblock mb = ir(kernel = 4, expand = 4)\n",
        ),
    ]);
    let unit = files.load("s.cream");
    assert_eq!(codes(&unit), ["out-of-range"]);
    let file = unit.diagnostics[0].labels[0].span.file;
    assert_eq!(unit.sources.get(file).name, "b.cream");
}

#[test]
fn archs_are_of_the_space_in_a_used_file_and_hear_no_warnings_about_it() {
    let space = format!("cream 1\nblock mb = ir(kernel in {{3}}, expand = 4)\n{SPACE}");
    let files = Memory::new([
        (
            "a.cream",
            "cream 1\nuse \"s.cream\"\narch best of s {\n    s1 = mb\n}\n",
        ),
        ("s.cream", &space),
    ]);
    let unit = files.load("a.cream");
    assert_eq!(codes(&unit), [""; 0]);
    assert_eq!(unit.space.expect("the space is right").name.value, "s");
    assert_eq!(unit.archs.len(), 1);
    assert_eq!(codes(&files.load("s.cream")), ["searches-nothing"]);
}

#[test]
fn a_file_of_names_only_is_checked_too() {
    let files = Memory::new([(
        "b.cream",
        "cream 1\nblock mb = ir(kernal = 3, expand = 4)\n",
    )]);
    let unit = files.load("b.cream");
    assert_eq!(codes(&unit), ["unknown-attribute"]);
    assert!(unit.space.is_none());
}

fn small() -> Memory {
    let text = format!("cream 1\nlet ratio_of_all = 4\n{MB}{SPACE}");
    Memory::new([("s.cream", &text)])
}

#[test]
fn the_number_of_classes_can_be_set_from_outside() {
    let overrides = Overrides {
        classes: Some(37),
        ..Overrides::default()
    };
    let unit = load(&small(), Path::new("s.cream"), &overrides).expect("the file is there");
    let space = unit.space.expect("the space is right");
    assert_eq!(space.classes.value, 37);
    assert_eq!(
        space
            .rows
            .last()
            .expect("there are rows")
            .out_channels
            .value,
        Width::fixed(37)
    );
}

#[test]
fn a_bound_from_outside_is_read_against_the_space() {
    let mut unit = small().load("s.cream");
    let space = unit.space.expect("the space is right");
    let mut read = |text: &str| parse_require(&mut unit.sources, text, &space);
    let flops = read("flops in 200K..3M").expect("a bound");
    let expected = Relation::Metric {
        metric: Metric::Flops,
        low: 200_000,
        high: 3_000_000,
    };
    assert_eq!(flops.relation, expected);
    let depth = read("s1.depth >= 2").expect("a bound");
    let expected = Relation::Depth {
        row: 0,
        low: 2,
        high: u32::MAX,
    };
    assert_eq!(depth.relation, expected);
    let problem = read("flop in 0..3M").unwrap_err();
    assert_eq!(problem[0].code.as_str(), "unknown-metric");
    let label = problem[0].labels[0].span;
    assert_eq!(unit.sources.get(label.file).name, "--require");
    assert_eq!(unit.sources.text(label), "flop");
}

#[test]
fn a_long_chain_of_names_does_not_exhaust_the_stack() {
    let mut text = String::from("cream 1\nlet ratio_of_all = n0\n");
    for at in 0..20_000 {
        text += &format!("let n{at} = n{}\n", at + 1);
    }
    text += &format!("let n20000 = 4\n{MB}{SPACE}");
    let unit = Memory::new([("s.cream", &text)]).load("s.cream");
    assert_eq!(codes(&unit), [""; 0]);
}

#[test]
fn blocks_that_double_at_each_step_are_stopped_at_once() {
    let mut text = String::from("cream 1\nblock b0 = conv(kernel in 1..99 step 2)\n");
    for at in 0..64 {
        text += &format!("block b{} = b{at} or b{at}\n", at + 1);
    }
    let unit = Memory::new([("b.cream", &text)]).load("b.cream");
    assert!(unit.has_errors());
}
