//! Blocks of one's own: what their rows hand on to the blocks they name.

use std::path::Path;

use creamc_lang::compile::{Overrides, Unit, load};
use creamc_lang::ir::Primitive;
use creamc_lang::source::Texts;

fn compiled(text: &str) -> Unit {
    let files = Texts(&[("text.cream", text)]);
    load(&files, Path::new("text.cream"), &Overrides::default()).expect("in memory")
}

/// A space of one block in the middle, between `items` and the head.
fn space(blocks: &str, defaults: &str, block: &str) -> String {
    format!(
        "cream 1

{blocks}

space s {{
    input  image(channels = 3, resolution = 32)
    output classes(10)
    {defaults}
    layer stem    conv(kernel = 3, act = relu)    channels = 16
    layer s1      {block}    channels = 24    stride = 2
    layer pool    avgpool
    layer logits  linear    channels = classes
}}
"
    )
}

/// The primitives of the block in the middle, and the codes of what is said about it.
fn made(text: &str) -> (Vec<Primitive>, Vec<&'static str>) {
    let unit = compiled(text);
    let codes = unit.diagnostics.iter().map(|found| found.code.as_str());
    let codes = codes.collect();
    let Some(ir) = unit.ir else {
        return (Vec::new(), codes);
    };
    let ops = &ir.rows[1].slots[0].candidates[0].ops;
    (ops.iter().map(|op| op.primitive.clone()).collect(), codes)
}

/// Both texts are right and build the same.
#[track_caller]
fn same(one: &str, other: &str) {
    let (one, other) = (made(one), made(other));
    assert!(!other.0.is_empty(), "{:?}", other.1);
    assert_eq!(one, other);
}

const PLACE: &str = "channels = out_channels stride = stride";

#[test]
fn a_word_that_only_a_named_block_takes_is_handed_on_to_it() {
    for (word, value) in [("act", "gelu"), ("norm", "layer"), ("padding", "same")] {
        let blocks = format!("block mine({word}) {{ ir(kernel = 3, expand = 4) {PLACE} }}");
        let given = format!("{word} = {value}");
        same(
            &space(&blocks, "", &format!("mine({given})")),
            &space("", "", &format!("ir(kernel = 3, expand = 4, {given})")),
        );
    }
}

#[test]
fn a_word_goes_through_two_blocks_and_keeps_its_default() {
    let blocks = format!(
        "block inner(kernel, act = gelu) {{ er(kernel = kernel, expand = 2) {PLACE} }}
block outer(act = gelu) {{ inner(kernel = 5) {PLACE} }}"
    );
    same(
        &space(&blocks, "", "outer"),
        &space("", "", "er(kernel = 5, expand = 2, act = gelu)"),
    );
}

#[test]
fn a_word_that_is_written_in_the_row_is_not_taken_from_the_block() {
    let blocks = format!("block mine(act) {{ ir(kernel = 3, expand = 4, act = gelu) {PLACE} }}");
    let (_, codes) = made(&space(&blocks, "", "mine(act = relu)"));
    assert_eq!(codes, ["unused-parameter"]);
    let blocks =
        format!("block mine(norm) {{ conv(kernel = norm) {PLACE} norm(batch) act(relu) }}");
    same(
        &space(&blocks, "", "mine(norm = 3)"),
        &space("", "", "conv(kernel = 3)"),
    );
}

#[test]
fn a_default_reaches_the_blocks_that_rows_name_words_and_numbers() {
    let defaults = "default se = 0.25, kernel = 5, act = swish";
    let blocks = format!("block mine(expand) {{ ir(expand = expand) {PLACE} }}");
    same(
        &space(&blocks, defaults, "mine(expand = 4)"),
        &space("", defaults, "ir(expand = 4)"),
    );
    let blocks = format!("block mine(expand) {{ ir(expand = expand, se = 0) {PLACE} }}");
    same(
        &space(&blocks, defaults, "mine(expand = 4)"),
        &space("", defaults, "ir(expand = 4, se = 0)"),
    );
}
