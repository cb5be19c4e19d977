//! Reading files and writing them again.

use creamc_lang::source::FileId;
use creamc_lang::syntax;

const MOBILE: &str = include_str!("fixtures/mobile.cream");
const EDGE: &str = include_str!("fixtures/edge.cream");
const BEST: &str = include_str!("fixtures/best.cream");

fn formatted(text: &str) -> String {
    let (file, diagnostics) = syntax::parse(FileId(0), text);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    syntax::format(text, &file)
}

#[test]
fn the_examples_are_formatted_already() {
    for text in [MOBILE, EDGE, BEST] {
        assert_eq!(formatted(text), text);
    }
}

#[test]
fn a_file_without_layout_gets_the_layout_of_the_examples() {
    for text in [MOBILE, EDGE, BEST] {
        let squeezed: String = text
            .lines()
            .map(|line| match line.split_once('#') {
                Some(_) => line.to_owned(),
                None => line.split_whitespace().collect::<Vec<_>>().join(" "),
            })
            .map(|line| line + "\n")
            .collect();
        assert_eq!(formatted(&squeezed), text);
    }
}

#[test]
fn an_item_broken_over_lines_comes_back_on_one() {
    let text = "cream 1\n\n\n\nlet k = { 3,\n  5, # why\n  7, } # tail\n\n\n# end";
    let expected = "cream 1\n\n# why\nlet k = {3, 5, 7}  # tail\n\n# end\n";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected);
}

#[test]
fn comments_stay_where_they_are() {
    let text = "# first\ncream 1 # version\n\nspace s { # head\n\n    # inside\n    layer a  skip\n    # between\n    layer bcdefg skip channels = 3 # tail\n\n    # last\n\n} # behind\n# end\n";
    let expected = "# first\ncream 1  # version\n\nspace s {  # head\n    # inside\n    layer a       skip\n    # between\n    layer bcdefg  skip     channels = 3  # tail\n\n    # last\n}  # behind\n# end\n";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected);
}

#[test]
fn every_form_of_the_grammar_is_written() {
    let text = "cream 1\nuse \"a b.cream\"\n\nlet a = 3\nlet long = 16..64 step 8\nblock b = (conv(kernel = 3) or skip) or sum(dw(kernel in a..7), zero)\n\nspace s {\n    default act = relu, norm = none\n    choice c in {relu, swish}\n    table  t = latency(\"t.yaml\")\n    layer l   b    stride = 2    channels fit long\n    fit l, m\n    require flops in 0..1.5G\n    require l.depth <= 3\n    require l.depth == m.depth\n}\n";
    assert_eq!(formatted(text), text.replace("let a = 3", "let a    = 3"));
}

#[test]
fn rows_of_a_block_line_up_and_keep_their_comments() {
    let text = "cream 1\nblock b ( kernel=3 , act ) { # head\na : conv( kernel = kernel,groups=2 ) channels = ( in_channels+1 )*2/3 stride=stride # tail\n\n\n# between\nnorm( layer )\n add ( a ,input )\nresidual\n # last\n}\nspace s { block c { act } }";
    let expected = "cream 1\nblock b(kernel = 3, act) {   # head\n    a:  conv(kernel = kernel, groups = 2)   channels = (in_channels + 1) * 2 / 3    stride = stride  # tail\n\n    # between\n    norm(layer)\n    add(a, input)\n    residual\n    # last\n}\nspace s {\n    block c {\n        act\n    }\n}\n";
    assert_eq!(formatted(text), expected);
    assert_eq!(formatted(expected), expected);
}

#[test]
fn a_file_without_a_final_line_end_or_with_foreign_ones_is_evened_out() {
    assert_eq!(formatted("cream 1"), "cream 1\n");
    assert_eq!(
        formatted("\u{feff}cream 1\r\n\r\nlet a = 3\r\n"),
        "cream 1\n\nlet a = 3\n"
    );
    assert_eq!(formatted("\n\ncream 1\n\n\n"), "cream 1\n");
}
