mod rows;
mod small;

use std::path::Path;

use proptest::prelude::*;
use rand::SeedableRng;

use super::*;
use crate::compile::Overrides;
use crate::cost;
use crate::count::Graph;
use crate::diagnostic::Edit;
use crate::plan::{self, Request};
use crate::source::Texts;
use crate::space::{Activation, Metric, Setting};
use crate::syntax::{FILE_ITEMS, ITEMS};
use crate::testing::small_space;

/// Compiles the first of some files.
fn unit(files: &[(&str, &str)]) -> Unit {
    let root = Path::new(files[0].0);
    compile::load(&Texts(files), root, &Overrides::default()).expect("it is there")
}

fn settled(unit: &Unit) -> Plan {
    let ir = unit.ir.as_ref().expect("the space is right");
    plan::plan(ir, &Request::default())
        .expect("paths meet the bounds")
        .0
}

const SPACE: &str = "\
cream 1
let wide = 24
block mb = ir(kernel in {3, 5}, expand in {4, 6})

# Ü
space tiny {
    input image(channels = 3, resolution fit {32, 64})
    output classes(10)
    default act = swish
    let kernels = {3, 5, 7}
    layer stem conv(kernel = 3) channels = 8 stride = 2
    stage s1 mb channels = wide depth in 1..3
    stage s2 mb or skip depth = 2
    layer pool avgpool
    layer logits linear channels = classes
    require s1.depth <= s2.depth
}

arch best of tiny {
    s1 = mb(kernel = 3, expand = 4)
    s2 = skip, skip
}
";

/// The offset of a mark in a text, and the text without it.
fn marked(text: &str) -> (String, usize) {
    let at = text.find('|').expect("a mark");
    (text.replacen('|', "", 1), at)
}

fn words(text: &str) -> Vec<String> {
    let (text, at) = marked(text);
    let unit = unit(&[("a.cream", &text)]);
    let all = Project::new(&unit, None).complete(at);
    all.into_iter().map(|one| one.word).collect()
}

/// What may stand at the mark in a space with these items.
fn in_space(items: &str) -> Vec<String> {
    words(&format!(
        "cream 1\nlet half = 0.5\nlet kernels = {{3, 5}}\nblock mb = ir(kernel = 3, expand = 4)\n\
         space a {{\n    stage s1 mb\n    layer last conv(kernel = 1)\n{items}\n}}\n"
    ))
}

#[test]
fn items_are_proposed_where_they_begin() {
    assert_eq!(words("|"), ["cream 1"]);
    assert_eq!(words("cream 1\n|"), FILE_ITEMS);
    assert_eq!(words("cream 1\nsp|"), FILE_ITEMS);
    assert_eq!(
        in_space("    |"),
        with_row_words(&["channels", "stride", "or"])
    );
    assert!(words("cream 1\nspace a { | }").contains(&"stage".to_owned()));
    assert_eq!(words("cream 1\nspace a { }\n|"), FILE_ITEMS);
}

/// Behind a row the next line may go on with it.
fn with_row_words(words: &[&str]) -> Vec<String> {
    words
        .iter()
        .chain(&ITEMS)
        .map(|word| (*word).to_owned())
        .collect()
}

#[test]
fn operators_and_blocks_are_proposed_for_rows_and_blocks() {
    for items in [
        "layer x |",
        "stage x co|",
        "stage x mb then |",
        "stage x (mb or |",
        "block b = |",
        "block b = mb or |",
        "layer x sum(|",
        "layer x sum(mb, |",
    ] {
        let found = in_space(items);
        assert_eq!(found[..2], ["mb", "conv"], "{items}");
        assert!(found.contains(&"zero".to_owned()), "{items}");
    }
    assert_eq!(in_space("layer |"), [""; 0]);
}

#[test]
fn attributes_of_the_operator_are_proposed_and_none_twice() {
    assert_eq!(
        in_space("layer x ir(|"),
        ["kernel", "expand", "se", "act", "norm", "padding"]
    );
    assert_eq!(
        in_space("layer x ir(kernel in {3, 5}, se = 0, |"),
        ["expand", "act", "norm", "padding"]
    );
    assert_eq!(in_space("stage x mb channels = 3 |"), ["stride", "depth"]);
    assert_eq!(in_space("stage x mb channels |"), ["in"]);
    assert_eq!(in_space("stage x mb depth |"), ["in", "fit"]);
    assert_eq!(in_space("stage x mb stride |"), [""; 0]);
    assert_eq!(in_space("input image(resolution |"), ["in", "fit"]);
    assert_eq!(in_space("stage x ir(kernel |"), ["in"]);
    assert_eq!(
        in_space("stage x mb |"),
        ["channels", "stride", "depth", "or", "then"]
    );
    assert_eq!(in_space("input image(channels = 3, |"), ["resolution"]);
    assert!(in_space("default act = relu, |").contains(&"eps".to_owned()));
}

#[test]
fn values_belong_to_their_attribute() {
    assert_eq!(
        in_space("layer x conv(norm = |"),
        ["batch", "layer", "none", "half"]
    );
    assert_eq!(
        in_space("layer x conv(padding in {|"),
        ["symmetric", "same", "half"]
    );
    assert_eq!(in_space("layer x linear channels = |"), ["classes", "half"]);
    assert_eq!(in_space("layer x conv(kernel in |"), ["kernels"]);
    assert!(in_space("let a = |").contains(&"swish".to_owned()));
}

#[test]
fn bounds_speak_of_metrics_and_stages() {
    assert_eq!(
        in_space("require |"),
        ["flops", "macs", "params", "activations", "s1", "last"]
    );
    assert_eq!(in_space("require s1.|"), ["depth", "channels"]);
    assert_eq!(in_space("require last.|"), ["channels"]);
    assert_eq!(in_space("require s1.depth <= |"), ["s1", "half"]);
    assert_eq!(in_space("require s1.channels <= |"), ["s1", "last", "half"]);
    assert_eq!(in_space("require s1.depth <= s1.|"), ["depth"]);
    assert_eq!(in_space("require s1.channels <= s1.|"), ["channels"]);
    assert_eq!(in_space("require flops |"), ["in"]);
    assert_eq!(in_space("require flops in |"), ["half"]);
    assert_eq!(in_space("require flops in 0..|"), ["half"]);
    assert_eq!(in_space("require s1.depth in |"), ["half"]);
    assert_eq!(in_space("require flops <= |"), ["half"]);
}

#[test]
fn choices_and_the_number_of_classes_are_proposed_where_they_can_stand() {
    let found = |items: &str| in_space(&format!("choice early in {{3, 5}}\n{items}"));
    assert!(found("layer x conv(kernel = |").contains(&"early".to_owned()));
    assert_eq!(found("layer x conv(kernel in {|"), ["half"]);
    assert_eq!(found("layer x linear channels in {|"), ["half"]);
    assert_eq!(found("layer x linear channels = |"), ["classes", "half"]);
    assert_eq!(found("input image(channels = |"), ["half"]);
    assert_eq!(found("stage x mb depth = |"), ["half"]);
    assert_eq!(found("default kernel = |"), ["half"]);
}

#[test]
fn an_arch_is_filled_with_rows_and_blocks() {
    let text = |rest: &str| SPACE.to_owned() + rest;
    assert_eq!(words(&text("arch b of |")), ["tiny"]);
    assert_eq!(words(&text("arch b |")), ["of"]);
    let fixes = words(&text("arch b of tiny {\n    |"));
    assert_eq!(fixes, ["stem", "s1", "s2", "pool", "logits", "resolution"]);
    let found = words(&text("arch b of tiny {\n    s1 = |"));
    assert!(found.contains(&"mb".to_owned()), "{found:?}");
    let found = words(&text("arch b of tiny {\n    s2 = skip, |"));
    assert!(found.contains(&"mb".to_owned()), "{found:?}");
}

#[test]
fn an_arch_has_values_where_no_blocks_can_stand() {
    let text = SPACE
        .replace(
            "let kernels",
            "choice early in {relu, swish}\n    let kernels",
        )
        .replace("channels = wide", "channels in {16, wide}")
        .replace(
            "stage s2 mb or skip",
            "stage s2 conv(kernel = 3, act = early)",
        );
    let found = |rest: &str| words(&format!("{text}arch b of tiny {{\n    {rest}"));
    assert_eq!(found("resolution = |"), ["32", "64"]);
    assert_eq!(found("s1.channels = |"), ["16", "24"]);
    assert_eq!(found("stem.channels = |"), ["8"]);
    assert_eq!(found("early = |"), ["relu", "swish"]);
    assert_eq!(found("early = relu, |"), [""; 0]);
    assert_eq!(found("s1.|"), ["channels"]);
    assert_eq!(found("early.|"), [""; 0]);
    assert_eq!(found("s1 = ir(kernel |"), [""; 0]);
    let broken = text.replace("channels = 8", "channels = banana");
    let found = |rest: &str| words(&format!("{broken}arch b of tiny {{\n    {rest}"));
    assert_eq!(found("early = |"), ["relu", "swish"]);
    assert_eq!(found("s1 = ir(act = |").len(), Activation::ALL.len());
    assert!(found("s1 = |").contains(&"mb".to_owned()));
}

#[test]
fn in_an_arch_a_row_has_what_its_candidates_have() {
    let text = SPACE
        .replace(
            "mb or skip",
            "sum(ir(kernel = 3, expand in {1, 2}), mb or skip)",
        )
        .replace(
            "stage s1 mb",
            "stage s1 (mb or ir(kernel = 7, expand = 2, se = 0.25)) then skip or mb",
        );
    let found = |rest: &str| words(&format!("{text}arch b of tiny {{\n    {rest}"));
    for (place, expected) in [
        ("s1 = |", vec!["mb", "ir"]),
        ("s1 = i|", vec!["mb", "ir"]),
        (
            "s1 = mb(kernel = 3, expand = 4), |",
            vec!["mb", "ir", "skip"],
        ),
        ("s1 = skip, skip, skip, |", vec![]),
        ("pool = |", vec!["avgpool"]),
        ("zero = |", vec![]),
        // Searched ones first; the kernel of a pool over the whole map is never written.
        (
            "s1 = mb(|",
            vec!["kernel", "expand", "se", "act", "norm", "padding"],
        ),
        (
            "s1 = mb(|)",
            vec!["kernel", "expand", "se", "act", "norm", "padding"],
        ),
        (
            "s1 = mb(se = 0, expand = 4, |",
            vec!["kernel", "act", "norm", "padding"],
        ),
        ("pool = avgpool(|", vec![]),
        ("s1 = conv(|", vec![]),
        ("s1 = mb(kernel = |", vec!["3", "5"]),
        ("s1 = ir(kernel = |", vec!["3", "5", "7"]),
        ("s1 = ir(expand = 2, kernel = |", vec!["7"]),
        ("s1 = ir(act = |", vec!["swish"]),
        ("s1 = ir(groups = |", vec![]),
        // Branch by branch.
        ("s2 = |", vec!["sum"]),
        ("s2 = sum(|", vec!["ir"]),
        ("s2 = sum(ir(expand = |", vec!["1", "2"]),
        ("s2 = sum(ir(expand = 1), |", vec!["mb", "ir", "skip"]),
        ("s2 = sum(ir(expand = 1), mb(kernel = |", vec!["3", "5"]),
        ("s2 = sum((|", vec!["ir"]),
    ] {
        assert_eq!(found(place), expected, "{place}");
    }
}

#[test]
fn rows_of_an_arch_begin_and_end_where_its_grammar_says() {
    let found = |rest: &str| words(&format!("{SPACE}arch b of tiny {{{rest}"));
    let fixes = ["stem", "s1", "s2", "pool", "logits", "resolution"];
    assert_eq!(found(" s1 = |"), ["mb", "ir"]);
    assert_eq!(found(" resolution = 32 s2 = |"), ["mb", "ir", "skip"]);
    assert_eq!(
        found(" s2 = skip, mb(kernel = 3, expand = 4) s1 = |"),
        ["mb", "ir"]
    );
    assert_eq!(found("\n    s2 = skip,\n        |"), ["mb", "ir", "skip"]);
    assert_eq!(
        found("\n    s2 = skip,\n        skip\n    s1 = |"),
        ["mb", "ir"]
    );
    assert_eq!(found("\n    s2 =\n    s1 = |"), ["mb", "ir"]);
    assert_eq!(found(" s2 = skip |"), fixes);
    assert_eq!(found("\n    s2 = skip\n    |"), fixes);
    assert_eq!(found("\n    s2 = mb(kernel = 3, expand = 4)\n    |"), fixes);
    // In a file of its own, too.
    let text = "cream 1\nuse \"tiny.cream\"\narch b of tiny {\n    s2 = |";
    let (text, at) = marked(text);
    let unit = unit(&[("b.cream", &text), ("tiny.cream", SPACE)]);
    let found = Project::new(&unit, None).complete(at).into_iter();
    let found: Vec<String> = found.map(|one| one.word).collect();
    assert_eq!(found, ["mb", "ir", "skip"]);
}

#[test]
fn nothing_is_proposed_in_comments_strings_and_numbers() {
    assert_eq!(words("cream 1 # us|"), [""; 0]);
    assert_eq!(words("cream 1\nuse \"a|\""), [""; 0]);
    assert_eq!(words("cream 1\nuse \"a|"), [""; 0]);
    assert_eq!(in_space("layer x conv(kernel = 1|1)"), [""; 0]);
}

fn offset(text: &str, part: &str) -> usize {
    text.find(part).unwrap_or_else(|| panic!("no `{part}`"))
}

#[test]
fn a_row_is_told_with_its_shapes_costs_and_choices() {
    let unit = unit(&[("a.cream", SPACE)]);
    assert!(unit.ir.is_some(), "{:?}", unit.diagnostics);
    let plan = settled(&unit);
    let project = Project::new(&unit, Some(&plan));
    let hover = project.hover(offset(SPACE, "s1 mb")).expect("a row");
    assert_eq!(&SPACE[hover.span.range()], "s1");
    insta::assert_snapshot!(hover.text, @r"
    ```cream
    stage s1 mb channels = wide depth in 1..3
    ```

    - `[8, 32, 32]` → `[24, 32, 32]` at resolution 64
    - flops 1.5M to 25.9M
    - macs 1.3M to 24.3M
    - params 1.5K to 25.2K
    - activations 90.1K to 761.9K
    - 4 candidates a block, depth 1 to 3: 84 choices
    ");
    let keyword = project.hover(offset(SPACE, "stage s1")).expect("a row");
    assert_eq!(keyword.text, hover.text);
    let fixed = project.hover(offset(SPACE, "s1 = mb")).expect("a row");
    assert_eq!(fixed.text, hover.text);
}

#[test]
fn searched_widths_and_resolutions_are_told_and_proposed() {
    let text = SPACE
        .replace("fit {32, 64}", "in {32, 64}")
        .replace("channels = 8", "channels in {8, 16}")
        .replace("channels = wide", "channels in {16, 24}");
    let unit = unit(&[("a.cream", &text)]);
    let plan = settled(&unit);
    let project = Project::new(&unit, Some(&plan));
    let told = |part: &str| project.hover(offset(&text, part)).expect(part).text;
    let row = told("s1 mb");
    // 2 widths, and 4 + 16 + 64 ways to fill the blocks, behind a stem of either width.
    for line in [
        "- `[8 or 16, 32, 32]` → `[16 or 24, 32, 32]` at resolution 64\n",
        "- 4 candidates a block, depth 1 to 3: 168 choices",
    ] {
        assert!(row.contains(line), "{row}");
    }
    let space = told("tiny {");
    assert!(space.contains("- resolution 32 or 64"), "{space}");
    // 2 resolutions, 2 widths of the stem, 168 ways of the first stage, 25 of the second.
    assert!(space.contains(" 16,800 paths"), "{space}");
    let fixes = words(&(text + "arch c of tiny {\n    |"));
    for word in ["stem.channels", "s1.channels", "resolution"] {
        assert!(fixes.iter().any(|fix| fix == word), "{fixes:?}");
    }
}

#[test]
fn a_block_is_told_with_as_many_candidates_as_rows_have_of_it() {
    let text = SPACE
        .replace("channels = 8", "channels in {8, 16}")
        .replace("channels = wide", "channels in {16, 24}");
    let told = |files: &[(&str, &str)], text: &str, part: &str| {
        let unit = unit(files);
        assert!(unit.ir.is_some(), "{:?}", unit.diagnostics);
        let hover = Project::new(&unit, None).hover(offset(text, part));
        hover.expect(part).text
    };
    let row = told(&[("a.cream", &text)], &text, "s1 mb");
    assert!(row.contains("- 4 candidates a block"), "{row}");
    let block = told(&[("a.cream", &text)], &text, "mb = ir");
    assert!(block.ends_with("- 4 candidates"), "{block}");
    // Of its first row a line leaves fewer.
    let derived = "cream 1\nuse \"a.cream\"\nspace few of tiny {\n    s1.kernel = 3\n}\n\
                   arch a of few {\n    s1 = mb(kernel = 3, expand = 4)\n}\n";
    let block = told(&[("b.cream", derived), ("a.cream", &text)], derived, "mb(");
    assert!(block.contains("- 2 to 4 candidates"), "{block}");
}

#[test]
fn a_fitted_depth_is_told_as_it_is_settled() {
    let text = SPACE.replace("depth in 1..3", "depth fit 1..3");
    let text = text.replace("s1.depth <= s2.depth", "macs <= 14M");
    let unit = unit(&[("a.cream", &text)]);
    let plan = settled(&unit);
    let depths = &plan.ir.rows[1].depths;
    assert_eq!(depths.len(), 1);
    let hover = Project::new(&unit, Some(&plan)).hover(offset(&text, "s1 mb"));
    let told = hover.expect("a row").text;
    assert!(told.contains(&format!("depth {}:", depths[0])), "{told}");
}

#[test]
fn a_space_an_arch_a_block_and_words_are_told() {
    let unit = unit(&[("a.cream", SPACE)]);
    let plan = settled(&unit);
    let project = Project::new(&unit, Some(&plan));
    let parts = [
        "tiny {",
        "best",
        "mb = ir",
        "wide = 24",
        "ir(kernel",
        "swish",
        "fit",
        "depth in",
    ];
    let all: Vec<String> = parts
        .iter()
        .map(|part| project.hover(offset(SPACE, part)).expect(part).text)
        .collect();
    insta::assert_snapshot!(all.join("\n----\n"), @r"
    ```cream
    space tiny
    ```

    - 5 rows, 2,100 paths, bounds left aside
    - resolution 64
    ----
    ```cream
    arch best of tiny
    ```

    - resolution 64
    - flops 1.8M
    - macs 1.6M
    - params 2K
    - activations 98.3K
    ----
    ```cream
    block mb = ir(kernel in {3, 5}, expand in {4, 6})
    ```

    - 4 candidates
    ----
    ```cream
    let wide = 24
    ```
    ----
    ```cream
    ir(kernel, expand, se = 0, act, norm, padding)
    ```

    Inverted residual (MBConv): a 1×1 convolution to `expand` times the width (rounded to a multiple
    of 8), norm, activation; a depthwise convolution with the row's stride, norm, activation;
    squeeze-and-excitation; a 1×1 convolution to the row's width, norm. Its input is added exactly on
    the paths where the stride is 1 and both widths are equal. `expand = 1` keeps its 1×1 convolution.
    ----
    x · sigmoid(x)
    ----
    Lets the compiler settle a value once, before the search.
    ----
    Number of blocks of a stage; 1 without it.
    ");
    assert_eq!(project.hover(offset(SPACE, "# Ü")), None);
    assert_eq!(project.hover(offset(SPACE, "24")), None);
}

#[test]
fn names_lead_to_their_declarations_also_in_other_files() {
    let user =
        "cream 1\nuse \"lib/a.cream\"\narch b of tiny {\n    s1 = mb(kernel = 3, expand = 4)\n}\n";
    let unit = unit(&[("b.cream", user), ("lib/a.cream", SPACE)]);
    let project = Project::new(&unit, None);
    for (at, declared) in [("tiny {", "tiny {"), ("s1 =", "s1 mb"), ("mb(", "mb = ir")] {
        let found = project.definition(offset(user, at)).expect(at);
        assert_eq!(found.file, FileId(1));
        assert_eq!(found.start as usize, offset(SPACE, declared), "{at}");
    }
    let file = project.definition(offset(user, "lib/a"));
    assert_eq!(file, Some(Span::new(FileId(1), 0, 0)));
    assert_eq!(project.definition(0), None);
}

fn renamed(text: &str, part: &str, new: &str) -> Result<String, String> {
    let unit = unit(&[("a.cream", text)]);
    let edits = Project::new(&unit, None).rename(offset(text, part), new)?;
    Ok(crate::cure::edited(text, &edits).expect("edits do not overlap"))
}

#[test]
fn a_name_is_renamed_everywhere_and_back() {
    for (part, old, new) in [
        ("wide = 24", "wide", "broad"),
        ("mb = ir", "mb", "mx"),
        ("s1.depth", "s1", "first"),
        ("stem", "stem", "_1"),
        ("of tiny", "tiny", "other"),
        ("best", "best", "better"),
    ] {
        let at = offset(SPACE, part) + part.find(old).unwrap();
        let new_text = renamed(SPACE, &SPACE[at..at + old.len() + 3], new).expect(part);
        assert_ne!(new_text, SPACE);
        let unit = unit(&[("a.cream", &new_text)]);
        assert!(!unit.has_errors(), "{part}: {:?}", unit.diagnostics);
        let first = new_text.find(&format!("{new} ")).expect("it is written");
        let back = Project::new(&unit, None).rename(first, old);
        let back = crate::cure::edited(&new_text, &back.expect("it can be renamed"));
        assert_eq!(back.as_deref(), Some(SPACE), "{part}");
    }
}

#[test]
fn a_name_is_refused_that_is_none_or_taken() {
    for (new, part) in [
        ("1a", "no name"),
        ("ü", "no name"),
        ("", "no name"),
        ("a b", "no name"),
        ("in", "a word of the language"),
        ("step", "a word of the language"),
        ("relu", "it is an activation"),
        ("kernel", "it is an attribute"),
        ("stem", "declared already"),
        ("kernels", "declared already"),
        ("n".repeat(256).as_str(), "at most 255 letters"),
    ] {
        let refused = renamed(SPACE, "s1 mb", new).expect_err(new);
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(renamed(SPACE, "s1 mb", "s1").as_deref(), Ok(SPACE));
    // Architectures and spaces have namespaces of their own.
    assert!(renamed(SPACE, "best", "tiny").is_ok());
    let words = renamed(SPACE, "conv(", "c").expect_err("an operator");
    assert!(words.contains("declared nowhere"), "{words}");
    let keyword = renamed(SPACE, "require", "c").expect_err("a keyword");
    assert!(keyword.contains("only a name"), "{keyword}");
}

#[test]
fn a_name_of_another_file_and_one_of_a_broken_file_are_left_alone() {
    let user = "cream 1\nuse \"a.cream\"\nblock c = mb or skip\n";
    let files = [("b.cream", user), ("a.cream", SPACE)];
    let project = unit(&files);
    let refused = Project::new(&project, None).rename(offset(user, "mb"), "x");
    assert!(refused.is_err_and(|text| text.contains("declared in `a.cream`")));
    let broken = SPACE.replace("mb or skip", "mb or or");
    let refused = renamed(&broken, "s1 mb", "x").expect_err("a broken file");
    assert!(refused.contains("syntax errors"), "{refused}");
}

const SHARED: &str = "\
cream 1
space s {
    input image(channels = 3, resolution = 32)
    output classes(10)
    choice early in {3, 5}
    stage s1 ir(kernel = early, expand = 4) channels = 8 depth in 1..2
    stage s2 ir(kernel = early, expand in {1, 4}) channels = 8
    layer pool avgpool
    layer logits linear channels = classes
}

arch a of s {
    early = 5
    s1 = ir(kernel = 5, expand = 4)
    s2 = ir(kernel = 5, expand = 1)
}
";

#[test]
fn a_choice_is_told_proposed_found_and_renamed() {
    let unit = unit(&[("a.cream", SHARED)]);
    assert!(!unit.has_errors(), "{:?}", unit.diagnostics);
    let project = Project::new(&unit, None);
    let told = project
        .hover(offset(SHARED, "early, expand = 4"))
        .expect("a choice")
        .text;
    assert!(told.contains("choice early in {3, 5}"), "{told}");
    assert!(told.contains("one decision for `s1`, `s2`"), "{told}");
    // Two kernels; depths 1 and 2; two expansions in `s2`.
    let told = project.hover(offset(SHARED, "s {")).expect("a space").text;
    assert!(told.contains("4 rows, 8 paths"), "{told}");
    let declared = project
        .definition(offset(SHARED, "early = 5"))
        .expect("a choice");
    assert_eq!(declared.start as usize, offset(SHARED, "early in"));
    let new_text = renamed(SHARED, "early in", "first").expect("it can be renamed");
    assert_eq!(new_text, SHARED.replace("early", "first"));
    let found = words(&SHARED.replace("kernel = early, expand = 4", "kernel = |"));
    assert!(found.contains(&"early".to_owned()), "{found:?}");
    let found = words(&SHARED.replace("    early = 5\n", "    |\n"));
    assert!(found.contains(&"early".to_owned()), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Hover adds up what a plan computes by walking its graph.
    #[test]
    fn rows_together_cost_and_count_what_the_whole_space_does(seed in any::<u64>()) {
        let text = small_space(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let unit = unit(&[("a.cream", &text)]);
        let ir = unit.ir.as_ref().expect("small spaces are right");
        let resolution = *ir.resolution.value.values().last().unwrap();
        let rows: Vec<_> = (0..ir.rows.len()).map(|at| facts::facts(ir, at, resolution)).collect();
        let Ok(graph) = Graph::build(ir, &cost::table(ir, resolution), &[]) else {
            panic!("bounds are left aside");
        };
        let sides = match ir.resolution.value {
            Setting::Searched(_) => ir.resolution.value.values().len(),
            _ => 1,
        };
        for (at, &metric) in Metric::COUNTED.iter().enumerate() {
            let (least, most) = graph.extremes(metric).expect("there are paths");
            let sum = |end: fn(&facts::RowCost) -> u64| -> u64 {
                rows.iter().map(|row| end(&row.costs[at])).sum()
            };
            let sums = (sum(|ends| ends.least), sum(|ends| ends.most));
            match ir.choices.is_empty() {
                true => prop_assert_eq!(sums, (least, most)),
                // What rows share ties them together.
                false => prop_assert!(sums.0 <= least && sums.1 >= most),
            }
        }
        let paths: u128 = rows.iter().map(|row| row.choices.unwrap()).product();
        match ir.choices.is_empty() {
            true => prop_assert_eq!(paths.to_string(), graph.count().to_string()),
            false => prop_assert!(graph.count() <= paths.into()),
        }
        prop_assert_eq!(facts::paths(ir).unwrap().to_string(), (graph.count() * sides).to_string());
        for pair in rows.windows(2) {
            prop_assert_eq!(&pair[0].output, &pair[1].input);
        }
    }

    /// Whatever is typed, nothing panics, and edits fit the text.
    #[test]
    fn any_text_and_any_place_have_answers(
        at in 0_usize..700,
        gone in 0_usize..40,
        noise in "[a-z0-9{}()=,.\"#\n ü😀-]{0,12}",
        place in 0_usize..760,
    ) {
        let mut text = SPACE.to_owned();
        let boundary = |text: &str, at: usize| {
            (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap()
        };
        let (start, end) = (boundary(&text, at), boundary(&text, at + gone));
        text.replace_range(start..end, &noise);
        let place = boundary(&text, place);
        let unit = unit(&[("a.cream", &text)]);
        let project = Project::new(&unit, None);
        project.complete(place);
        if let Some(hover) = project.hover(place) {
            prop_assert!(text.get(hover.span.range()).is_some());
        }
        if let Ok(edits) = project.rename(place, "fresh") {
            prop_assert!(crate::cure::edited(&text, &edits).is_some());
        }
        project.definition(place);
    }
}

const ROWS: &str = "\
cream 1
block ghost(kernel = 3, ratio) {
    primary: conv(kernel = 1) channels = out_channels / ratio
    cheap: dwconv(kernel = kernel) channels = out_channels - out_channels / ratio
    concat(primary, cheap)
}
block unit = ghost(kernel in {3, 5}, ratio = 2)
space s {
    input image(channels = 3, resolution = 32)
    output classes(10)
    layer stem ghost(ratio = 3) channels = 9
    layer s1 unit channels = 16
    layer pool avgpool
    layer logits linear channels = classes
}
";

#[test]
fn a_parameter_is_renamed_in_its_rows_and_where_its_block_is_used() {
    let text = renamed(ROWS, "ratio)", "parts").expect("it can be renamed");
    assert_eq!(text, ROWS.replace("ratio", "parts"));
}

#[test]
fn a_row_of_a_block_is_renamed_where_others_read_it() {
    let text = renamed(ROWS, "primary", "first").expect("it can be renamed");
    assert_eq!(text, ROWS.replace("primary", "first"));
    assert!(
        renamed(ROWS, "kernel = 1", "side").is_err(),
        "no file declares it"
    );
    assert!(
        renamed(ROWS, "kernel = 3", "stride").is_err(),
        "it has a meaning"
    );
}

#[test]
fn an_attribute_of_a_block_of_rows_is_declared_in_its_head() {
    let unit = unit(&[("a.cream", ROWS)]);
    let at = |mark: &str| ROWS.find(mark).expect("it is there");
    let declared = Project::new(&unit, None).definition(at("kernel in"));
    let declared = declared.expect("the block declares it");
    assert_eq!(declared.start as usize, at("kernel = 3"));
}

#[test]
fn rows_of_a_block_are_completed() {
    let found = words(&ROWS.replace("concat(primary, cheap)", "con|"));
    assert!(found.contains(&"concat".to_owned()) && found.contains(&"ghost".to_owned()));
    assert!(!found.contains(&"skip".to_owned()), "{found:?}");
    let found = words(&ROWS.replace("concat(primary, cheap)", "concat(pr|"));
    assert_eq!(found, ["primary", "cheap", "input"]);
    let found = words(&ROWS.replace("dwconv(kernel = kernel)", "dwconv(|)"));
    assert_eq!(found, ["kernel", "padding", "primary", "input"]);
    let found = words(&ROWS.replace("out_channels - out_channels / ratio", "out_channels - |"));
    let expected = [
        "kernel",
        "ratio",
        "in_channels",
        "out_channels",
        "stride",
        "round8",
    ];
    assert_eq!(found, expected);
    let found = words(&ROWS.replace("ghost(ratio = 3)", "ghost(|)"));
    assert_eq!(found, ["kernel", "ratio"]);
}

#[test]
fn the_default_of_a_parameter_is_a_fixed_value() {
    let head =
        "let half = 4\nblock g(k = |) { conv(kernel = k) channels = out_channels }\nspace tiny";
    let choice = "choice early in {3, 5}\n    let kernels";
    let text = SPACE.replace("space tiny", head);
    let found = words(&text.replace("let kernels", choice));
    assert!(found.contains(&"half".to_owned()), "{found:?}");
    assert!(!found.contains(&"early".to_owned()), "{found:?}");
    let choice = "choice early in {3, 5}\n";
    for head in [
        "block own(k, n = |",
        "block own(k, n = e|) { act }",
        "block own(k,\n    n = |",
    ] {
        assert_eq!(in_space(&format!("{choice}{head}")), ["half"], "{head}");
    }
}

#[test]
fn words_of_rows_are_told() {
    let unit = unit(&[("a.cream", ROWS)]);
    let told = |mark: &str| {
        let at = ROWS.find(mark).expect("it is there");
        let hover = Project::new(&unit, None).hover(at);
        hover.expect("something is told").text
    };
    assert!(told("conv(kernel = 1)").contains("nothing else"));
    assert!(told("out_channels").contains("goes out"));
    assert!(told("ratio\n").contains("ratio"));
    assert!(told("unit channels").contains("ghost(kernel in {3, 5}"));
    assert!(told("ghost(ratio").contains("primary: conv"));
}

const SCOPES: &str = "\
cream 1
let half = 0.5
block gate(by, act) {
    first: conv(kernel = 1) channels = out_channels
    act(gelu)
    gelu: scale(first, first)
    act
    act(swish)
    squeeze(ratio = by * half)
}
space s {
    input image(channels = 3, resolution = 32)
    output classes(10)
    layer stem gate(by = 1, act = relu) channels = 8
    layer pool avgpool
    layer logits linear channels = classes
}
";

#[test]
fn a_parameter_may_be_called_like_one_that_its_rows_set() {
    let outer = "block outer(side) { ghost(kernel = side, ratio = 2) channels = out_channels }";
    let text = ROWS.replace("space s {", &format!("{outer}\nspace s {{"));
    let alike = text.replace("side", "kernel");
    assert_eq!(renamed(&text, "side)", "kernel"), Ok(alike));
    // And the one that is set like one of the block that sets it.
    let alike = text.replace("kernel", "side");
    let alike = alike.replace("conv(side", "conv(kernel");
    assert_eq!(renamed(&text, "kernel = 3", "side"), Ok(alike));
}

#[test]
fn a_name_that_rows_would_read_as_another_is_refused() {
    let beside = "means something else";
    for (old, new, why) in [
        // A parameter, a row and a `let`, each as another of them.
        ("by,", "half", beside),
        ("half = 0.5", "by", beside),
        ("half = 0.5", "first", beside),
        ("by,", "first", beside),
        ("first:", "by", beside),
        ("first:", "half", beside),
        // A word that a row above would catch.
        ("first:", "swish", beside),
        // What rows take without a word.
        ("act)", "kind", "would mean something else"),
        ("by,", "padding", "would mean something else"),
    ] {
        let refused = renamed(SCOPES, old, new).expect_err(new);
        assert!(refused.contains(why), "{old} {new}: {refused}");
    }
    let text = renamed(SCOPES, "first:", "made").expect("nothing is called so");
    assert_eq!(text, SCOPES.replace("first", "made"));
}

/// A block with a parameter beside a default.
const DEFAULTS: &str = "\
cream 1
space s {
    input image(channels = 3, resolution = 32)
    output classes(10)
    default se = 0.25
    block mine(squeeze = 0) { ir(kernel = 3, expand = 4, se = squeeze) }
    layer stem mine channels = 8
    layer pool avgpool
    layer logits linear channels = classes
}
";

#[test]
fn a_parameter_does_not_come_or_go_under_a_default() {
    let refused = renamed(DEFAULTS, "squeeze = 0", "se").expect_err("the default would apply");
    assert!(refused.contains("`default se = …`"), "{refused}");
    let under = DEFAULTS.replace("squeeze", "se");
    let refused = renamed(&under, "se = 0)", "squeeze").expect_err("the default applies");
    assert!(refused.contains("`default se = …`"), "{refused}");
    assert!(renamed(DEFAULTS, "squeeze = 0", "ratio").is_ok());
    let without = DEFAULTS.replace("    default se = 0.25\n", "");
    assert!(renamed(&without, "squeeze = 0", "se").is_ok());
}

#[test]
fn the_ends_of_a_bound_are_names() {
    let text = SPACE.replace("require s1.depth <= s2.depth", "require flops in low..cap");
    let text = text.replace("let wide", "let low = 0\nlet cap = 60M\nlet wide");
    let new_text = renamed(&text, "cap = 60M", "most").expect("it can be renamed");
    assert_eq!(new_text, text.replace("cap", "most"));
    let new_text = renamed(&text, "low..", "least").expect("it can be renamed");
    assert_eq!(new_text, text.replace("low", "least"));
}

#[test]
fn a_line_of_a_derived_space_leads_to_a_parameter() {
    let base = ROWS.replace("layer s1 unit", "stage s1 (unit or skip)");
    let text = "cream 1\nuse \"base.cream\"\nspace t of s {\n    s1.kernel = 3\n}\n";
    let unit = unit(&[("derived.cream", text), ("base.cream", &base)]);
    let found = Project::new(&unit, None).definition(offset(text, "kernel"));
    let found = found.expect("it is a parameter of `ghost`");
    assert_eq!(
        (found.file, found.start as usize),
        (FileId(1), offset(&base, "kernel = 3"))
    );
}

#[test]
fn a_line_of_a_derived_space_leads_to_the_row_of_its_base_and_not_of_another_used_space() {
    let base = ROWS.replace("layer s1 unit", "stage s1 (unit or skip)");
    let other = base.replace("space s ", "space other ");
    let other = other.replace("ghost", "phantom").replace("unit", "part");
    let text =
        "cream 1\nuse \"other.cream\"\nuse \"base.cream\"\nspace t of s {\n    s1.kernel = 3\n}\n";
    let archs =
        "cream 1\nuse \"other.cream\"\nuse \"base.cream\"\narch a of s {\n    s1 = skip\n}\n";
    for (text, mention, declared) in [
        (text, "kernel", "kernel = 3"),
        (text, "s1.", "s1 (unit"),
        (archs, "s1 =", "s1 (unit"),
    ] {
        let files = [
            ("at.cream", text),
            ("other.cream", &other),
            ("base.cream", &base),
        ];
        let unit = unit(&files);
        let found = Project::new(&unit, None).definition(offset(text, mention));
        let found = found.expect("the base declares it");
        let name = &unit.sources.get(found.file).name;
        let place = (name.as_str(), found.start as usize);
        assert_eq!(place, ("base.cream", offset(&base, declared)), "{mention}");
    }
}

#[test]
fn a_word_above_the_row_of_its_name_is_no_mention_of_that_row() {
    let text = renamed(SCOPES, "gelu: ", "gated").expect("nothing is called so");
    assert_eq!(text, SCOPES.replace("gelu:", "gated:"));
}

/// A space derived from that of [`SPACE`].
const DERIVED: &str = "\
cream 1
use \"tiny.cream\"

space phone of tiny {
    resolution = 32
    s1.kernel = 3
    s2 = mb(kernel = 3, expand = 4), skip
    require s1.depth <= 2
}
";

#[test]
fn a_derived_space_leads_to_the_rows_of_its_base() {
    let unit = unit(&[("phone.cream", DERIVED), ("tiny.cream", SPACE)]);
    assert!(!unit.has_errors(), "{:?}", unit.diagnostics);
    let project = Project::new(&unit, None);
    let at = |text: &str| DERIVED.find(text).expect("it stands there");
    for (mention, declared) in [
        ("tiny {", "tiny {"),
        ("s1.kernel", "s1 mb"),
        ("s2 = ", "s2 mb"),
        ("mb(", "mb = "),
    ] {
        let found = project.definition(at(mention)).expect("it is declared");
        let expected = SPACE.find(declared).expect("it is declared there");
        assert_eq!(
            (found.file, found.range().start),
            (FileId(1), expected),
            "{mention}"
        );
    }
    let row = project.hover(at("s1.kernel")).expect("the row").text;
    assert!(row.contains("2 candidates a block"), "narrowed: {row}");
    assert!(row.contains("Declared in `tiny.cream`"), "{row}");
    let space = project.hover(at("phone of")).expect("the space").text;
    assert!(space.contains("space phone of tiny"), "{space}");
}

#[test]
fn a_row_of_the_base_is_renamed_in_both_files() {
    let files = [("phone.cream", DERIVED), ("tiny.cream", SPACE)];
    let old = unit(&files);
    let project = Project::new(&old, None);
    let at = |text: &str| DERIVED.find(text).expect("it stands there");
    let edits = project.rename(at("s1.kernel"), "t1").expect("it may be");
    let renamed = |file: usize| {
        let own = edits
            .iter()
            .filter(|edit| edit.span.file == FileId(file as u32));
        let mut own: Vec<&Edit> = own.collect();
        own.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        own.into_iter()
            .fold(files[file].1.to_owned(), |mut text, edit| {
                text.replace_range(edit.span.range(), &edit.replacement);
                text
            })
    };
    let texts = [renamed(0), renamed(1)];
    assert_eq!(texts[0], DERIVED.replace("s1.", "t1."));
    assert_eq!(texts[1], SPACE.replace("s1", "t1"));
    let new = unit(&[("phone.cream", &texts[0]), ("tiny.cream", &texts[1])]);
    assert!(!new.has_errors(), "{:?}", new.diagnostics);

    let taken = project
        .rename(at("s1.kernel"), "s2")
        .expect_err("it is another row");
    assert!(taken.contains("declared already"), "{taken}");
    let block = project
        .rename(at("mb("), "other")
        .expect_err("it is no row");
    assert!(block.contains("rename it there"), "{block}");
}

#[test]
fn in_a_derived_space_the_decisions_of_its_base_are_proposed() {
    let words = |lines: &str| -> Vec<String> {
        let text = format!("cream 1\nuse \"tiny.cream\"\nspace phone of {lines}");
        let unit = unit(&[("phone.cream", text.as_str()), ("tiny.cream", SPACE)]);
        let project = Project::new(&unit, None);
        let all = project.complete(text.len()).into_iter();
        all.map(|one| one.word).collect()
    };
    assert_eq!(words(""), ["tiny"]);
    assert_eq!(
        words("tiny {\n    "),
        [
            "stem",
            "s1",
            "s2",
            "pool",
            "logits",
            "resolution",
            "require"
        ]
    );
    assert_eq!(words("tiny {\n    s1."), ["depth", "kernel", "expand"]);
    assert_eq!(words("tiny {\n    s1.depth "), ["in", "fit"]);
    assert!(words("tiny {\n    s2 = ").contains(&"mb".to_owned()));
    assert_eq!(words("tiny {\n    resolution = "), ["wide"]);
    assert_eq!(words("tiny {\n    s1.channels = "), ["wide"]);
    assert!(words("tiny {\n    s1.act = ").contains(&"swish".to_owned()));
    assert!(words("tiny {\n    s1.depth in 1..2\n    require ").contains(&"flops".to_owned()));
}
