//! The blocks of the prelude against their primitives as they were written out by hand before there
//! was a prelude: names of weights, shapes, order.

use std::path::Path;

use creamc_lang::compile::{Overrides, load};
use creamc_lang::source::Texts;

#[test]
fn the_page_on_blocks_shows_a_space_that_is_right_and_the_prelude_as_it_is() {
    let page = include_str!("../../../docs/blocks.md");
    let example = page
        .split("```cream\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let text = example.expect("it has an example");
    let files = Texts(&[("page.cream", text)]);
    let unit = load(&files, Path::new("page.cream"), &Overrides::default()).expect("in memory");
    assert_eq!(unit.diagnostics, []);
    assert_eq!(creamc_lang::syntax::format(text, &unit.ast), text);
    let prelude = include_str!("../src/space/recipe/prelude.cream");
    let (_, shown) = page
        .split_once("```cream part\n")
        .expect("it shows a block");
    let (shown, _) = shown.split_once("```").expect("the block ends");
    assert!(prelude.contains(shown), "{shown}");
}

#[test]
fn blocks_become_the_primitives_that_they_always_were() {
    let text = include_str!("fixtures/prelude.cream");
    let files = Texts(&[("prelude.cream", text)]);
    let unit = load(&files, Path::new("prelude.cream"), &Overrides::default()).expect("in memory");
    let ir = unit.ir.unwrap_or_else(|| panic!("{:?}", unit.diagnostics));
    let recorded = include_str!("fixtures/prelude.ir");
    for (line, (now, then)) in ir.print().lines().zip(recorded.lines()).enumerate() {
        assert_eq!(now, then, "line {}", line + 1);
    }
    assert_eq!(ir.print().lines().count(), recorded.lines().count());
}
