//! Texts beyond what a space may be: each is refused with a message, at once.

use std::fmt::Write;
use std::path::Path;

use creamc_lang::compile::{Overrides, load};
use creamc_lang::source::{Files, ReadError};

/// One file, whatever it is called.
struct Text<'t>(&'t str);

impl Files for Text<'_> {
    fn read(&self, _: &Path) -> Result<String, ReadError> {
        Ok(self.0.to_owned())
    }
}

/// The messages of a file, each as `code: message`.
fn messages(text: &str) -> Vec<String> {
    let unit = load(&Text(text), Path::new("text.cream"), &Overrides::default());
    let found = unit.expect("in memory").diagnostics;
    let told = found.iter();
    told.map(|one| format!("{}: {}", one.code.as_str(), one.message))
        .collect()
}

/// `rows` between an image and its classes.
fn space(rows: &str) -> String {
    format!(
        "space s {{
    input  image(channels = 3, resolution = 32)
    output classes(10)
    {rows}
    layer pool    avgpool
    layer logits  linear    channels = classes
}}
"
    )
}

/// Blocks of rows, each inside of the next.
fn nested(blocks: usize) -> String {
    let mut text = String::from("cream 1\nblock b1(act) { act }\n");
    for at in 2..=blocks {
        let _ = writeln!(text, "block b{at}(act) {{ b{} }}", at - 1);
    }
    text
}

#[test]
fn blocks_of_rows_stand_64_deep_and_no_deeper() {
    let used = |blocks: usize| {
        let rows = format!("layer s1 b{blocks}");
        nested(blocks) + &space(&rows)
    };
    assert_eq!(messages(&used(64)), [""; 0]);
    let too_deep = "space-too-large: at most 64 blocks of rows stand inside of each other";
    assert_eq!(messages(&used(65)), [too_deep]);
    assert_eq!(messages(&nested(20_000)), [too_deep]);
}

#[test]
fn sums_that_double_or_nest_without_end_are_stopped_at_once() {
    for branch in ["b{}", "skip"] {
        let mut text = String::from("cream 1\nblock b0 = conv(kernel = 3)\n");
        for at in 0..20_000 {
            let branch = branch.replace("{}", &at.to_string());
            let _ = writeln!(text, "block b{} = sum(b{at}, {branch})", at + 1);
        }
        assert_eq!(
            messages(&text),
            ["space-too-large: a block has at most 1,000 primitives"]
        );
    }
}

/// The message about a row whose blocks, with those before it, have more candidates than there may be.
const TOO_MANY_IN_ALL: &str =
    "space-too-large: the blocks of all rows have at most 500,000 candidates together";

#[test]
fn blocks_are_many_or_have_many_candidates_but_not_both() {
    let text = |last: u32| {
        let stage = |name: &str, most: u32, depth: u32| {
            format!(
                "stage {name} ir(kernel = 3, expand in 1..{most}) channels = 16 depth = {depth}\n"
            )
        };
        let rows: String = (0..10)
            .map(|at| stage(&format!("s{at}"), 50, 999))
            .collect();
        format!("cream 1\n{}", space(&(rows + &stage("more", last, 1))))
    };
    // 10 · 999 · 50 and the two layers at the end leave room for 498.
    assert_eq!(messages(&text(498)), [""; 0]);
    assert_eq!(messages(&text(499)), [TOO_MANY_IN_ALL]);
}

#[test]
fn candidates_are_counted_at_every_resolution_there_is_to_choose_from() {
    for word in ["in", "fit"] {
        let text = |step: u32| {
            let rows =
                "stage s1 ir(kernel in {3, 5}, expand in 1..100) channels = 16 depth in 1..50";
            let sides = format!("resolution {word} 32..2016 step {step}");
            format!("cream 1\n{}", space(rows)).replace("resolution = 32", &sides)
        };
        // 32 sizes and 63 of 50 · 200 + 2 candidates.
        assert_eq!(messages(&text(64)), [""; 0]);
        assert_eq!(messages(&text(32)), [TOO_MANY_IN_ALL]);
    }
}

#[test]
fn candidates_are_many_or_large_but_not_both() {
    let mut rows = String::new();
    for at in 0..200 {
        let search = "kernel in 1..63 step 2, expand in 1..32";
        let _ = writeln!(rows, "stage s{at} ir({search}) channels = 16");
    }
    let text = format!("cream 1\n{}", space(&rows));
    assert_eq!(
        messages(&text),
        ["space-too-large: the candidates of all rows have at most 2,000,000 primitives together"]
    );
}

#[test]
fn a_space_has_so_many_choices_and_no_more() {
    let mut rows = String::new();
    for at in 0..10_001 {
        let _ = writeln!(rows, "choice c{at} in {{3, 5}}");
    }
    let text = format!("cream 1\n{}", space(&rows));
    assert_eq!(
        messages(&text),
        ["space-too-large: a space has at most 10,000 choices"]
    );
}
