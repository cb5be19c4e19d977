//! Texts beyond what a space may be: each is refused with a message, at once.

use std::fmt::Write;
use std::path::Path;

use creamc_lang::compile::{Overrides, Unit, load};
use creamc_lang::source::Texts;

fn loaded(text: &str, overrides: &Overrides) -> Unit {
    let files = Texts(&[("text.cream", text)]);
    load(&files, Path::new("text.cream"), overrides).expect("in memory")
}

/// The messages of a file, each as `code: message`.
fn messages(text: &str) -> Vec<String> {
    let found = loaded(text, &Overrides::default()).diagnostics;
    let told = found.iter();
    told.map(|one| format!("{}: {}", one.code.as_str(), one.message))
        .collect()
}

/// The last message of a file with the piece of text it points at, what is said of that, and the help.
fn last_in_full(text: &str) -> [String; 4] {
    let unit = loaded(text, &Overrides::default());
    let one = unit.diagnostics.last().expect("something is wrong");
    let label = &one.labels[0];
    [
        one.message.clone(),
        unit.sources.text(label.span).to_owned(),
        label.message.clone(),
        one.help
            .as_ref()
            .map_or(String::new(), |help| help.message.clone()),
    ]
}

#[test]
fn what_is_too_large_is_pointed_at_with_how_much_there_is() {
    let choices: String = (0..10_002)
        .map(|at| format!("choice c{at} in {{3, 5}}\n"))
        .collect();
    let choices = format!("cream 1\n{}", space(&choices));
    let message = [
        "a space has at most 10,000 choices",
        "c10000",
        "one more; there are 10,002",
        "",
    ];
    assert_eq!(last_in_full(&choices), message);

    let params: Vec<String> = (0..1_002).map(|at| format!("p{at} = 1")).collect();
    let params = format!("cream 1\nblock b({}) {{ act }}\n", params.join(", "));
    let message = [
        "a block has at most 1,000 parameters",
        "p1000",
        "one more; there are 1,002",
        "",
    ];
    assert_eq!(last_in_full(&params), message);

    let message = [
        "at most 64 blocks of rows stand inside of each other",
        "b65",
        "names a block that is 64 deep",
        "",
    ];
    assert_eq!(last_in_full(&nested(65)), message);

    let sum = format!("sum({}skip)", "conv(kernel = 3), ".repeat(400));
    let sums = format!(
        "cream 1\n{}",
        space(&format!("layer s1 {sum} channels = 4"))
    );
    let [message, place, label, help] = last_in_full(&sums);
    assert_eq!(
        [message.as_str(), &place],
        ["a block has at most 1,000 primitives", &sum]
    );
    assert_eq!(
        [label.as_str(), &help],
        ["up to 1,626, those of all branches", ""]
    );

    let block = format!(
        "cream 1\nblock b(k) {{\n{}}}\n",
        "conv(kernel = 1) channels = out_channels\n".repeat(900)
    );
    let kept = block + &space("layer s1 b(k in 1..500)\nlayer s2 b(k in 1..2000)");
    let [message, place, label, help] = last_in_full(&kept);
    assert_eq!(format!("space-too-large: {message}"), TOO_MUCH_KEPT);
    assert_eq!(
        [place.as_str(), &help],
        ["s2", "search less in one place, or take smaller blocks"]
    );
    assert!(label.ends_with(" up to here"), "{label}");

    let network = long_names() + &space("layer s1 b64\nstage s2 b64 depth = 100");
    let [message, place, label, help] = last_in_full(&network);
    assert_eq!(format!("space-too-large: {message}"), NETWORK_TOO_LARGE);
    assert_eq!(
        [place.as_str(), &help],
        ["s2", "take fewer blocks, or smaller ones"]
    );
    assert!(label.ends_with(" up to here"), "{label}");
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
    assert_eq!(messages(&text), [TOO_MUCH_KEPT]);
}

/// The message about what the candidates of a row keep, with those before it.
const TOO_MUCH_KEPT: &str = "space-too-large: the candidates of all rows keep at most 2,000,000 primitives, numbers and \
                             names together";

/// A block `b64` whose primitives have names of 64 parts of up to 255 letters: 16,000 letters for each of 1,000.
fn long_names() -> String {
    let name = "n".repeat(255);
    let mut text = format!("cream 1\nblock b1(act) {{ {} }}\n", "act\n".repeat(1_000));
    for at in 2..=64 {
        let _ = writeln!(text, "block b{at}(act) {{ {name}: b{} }}", at - 1);
    }
    text
}

#[test]
fn names_that_nested_blocks_lengthen_are_short_or_of_few_candidates() {
    let used = |layers: usize| {
        let rows = (0..layers).map(|at| format!("layer s{at} b64\n"));
        messages(&(long_names() + &space(&rows.collect::<String>())))
    };
    assert_eq!(used(7), [""; 0]);
    assert_eq!(used(8), [TOO_MUCH_KEPT]);
}

/// The message about a row whose blocks, with those before it, make a network too large to be written out.
const NETWORK_TOO_LARGE: &str =
    "space-too-large: a network keeps at most 2,000,000 primitives, numbers and names";

#[test]
fn names_that_nested_blocks_lengthen_are_short_or_of_few_blocks_of_a_network() {
    // All blocks of a stage share their candidates; a network has each of them.
    let used = |stage: &str| messages(&(long_names() + &space(&format!("stage s1 {stage}"))));
    assert_eq!(used("b64 depth = 7"), [""; 0]);
    assert_eq!(used("b64 depth = 8"), [NETWORK_TOO_LARGE]);
    assert_eq!(
        used("conv(kernel = 1) then b64 or conv(kernel = 1) depth in 1..8"),
        [""; 0]
    );
    assert_eq!(
        used("conv(kernel = 1) then b64 or conv(kernel = 1) depth in 1..9"),
        [NETWORK_TOO_LARGE]
    );
}

/// The message about what stands in blocks and rows, with all before it.
const TOO_BULKY: &str =
    "space-too-large: all blocks and rows have at most 3,000,000 candidates and values together";

#[test]
fn a_block_of_many_alternatives_is_named_so_often_and_no_more() {
    // 1,000 alternatives, each a candidate with five values.
    let alternatives: Vec<String> = (0..1_000)
        .map(|at| {
            format!(
                "ds(kernel = {}, se = 0.{})",
                2 * (at % 250) + 1,
                at / 250 + 1
            )
        })
        .collect();
    let block = format!("block b0 = {}\n", alternatives.join(" or "));
    let aliases = |count: usize| {
        let alias = |at: usize| format!("block b{} = b{at}\n", at + 1);
        let aliases: String = (0..count).map(alias).collect();
        format!(
            "cream 1\n{block}{aliases}{}",
            space("layer s1 conv(kernel = 3)")
        )
    };
    // 499 blocks of 6,000 leave some room, 500 leave none for the rows.
    assert_eq!(messages(&aliases(498)), [""; 0]);
    assert_eq!(messages(&aliases(499)), [TOO_BULKY]);
    assert_eq!(messages(&aliases(5_000)), [TOO_BULKY]);
    let rows: String = (0..1_000).map(|at| format!("layer s{at} b0\n")).collect();
    let rows = format!("cream 1\n{block}{}", space(&rows));
    assert!(messages(&rows).iter().any(|one| one == TOO_BULKY));
}

#[test]
fn candidates_of_sums_with_hundreds_of_branches_are_compared_one_by_one() {
    let branches = "one, ".repeat(488);
    let sum = |kernel: usize, groups: usize| {
        format!("sum({branches}conv(kernel = {kernel}, groups = {groups}))")
    };
    let text = |last: String| {
        let sums = (0..1_000).map(|at| sum(2 * (at / 2) + 1, 1 + at % 2));
        let sums: Vec<String> = sums.chain([last]).collect();
        let row = format!("layer s1 {} channels = 4 stride = 1\n", sums.join(" or "));
        let one = "cream 1\nblock one { conv(kernel = 1) channels = out_channels }\n";
        let text = format!("{one}{}", space(&row));
        text.replace(
            "channels = 3, resolution = 32",
            "channels = 4, resolution = 600",
        )
    };
    let is_other = messages(&text(sum(1, 4)));
    assert!(
        is_other.is_empty() || is_other == [TOO_MUCH_KEPT],
        "{is_other:?}"
    );
    let shared = "shared-candidate: two alternatives share the candidate `sum`";
    assert_eq!(messages(&text(sum(999, 2)))[0], shared);
}

#[test]
fn what_blocks_of_rows_compute_beside_primitives_counts_like_them() {
    let candidates_in = |most: u32, rows: &str| {
        let block = format!("cream 1\nblock b(k) {{\n{rows}\n}}\n");
        let layer = format!("layer s1 b(k in 1..{most}) channels = 4096\n");
        messages(&(block + &space(&layer)))
    };
    let joined = format!(
        "a: conv(kernel = 1) channels = 1\nconcat({}a)",
        "a, ".repeat(4_095)
    );
    let terms = format!(
        "conv(kernel = 1) channels = out_channels{}",
        " + k - k".repeat(2_000)
    );
    for rows in [&joined, &terms] {
        let found = candidates_in(400, rows);
        assert!(
            found.iter().all(|one| one.starts_with("unused")),
            "{found:?}"
        );
        assert_eq!(candidates_in(600, rows), [TOO_MUCH_KEPT]);
    }
}

#[test]
fn a_block_has_so_many_parameters_and_no_more() {
    let block = |count: usize| {
        let params: Vec<String> = (0..count).map(|at| format!("p{at} = 1")).collect();
        let product: String = (0..count).map(|at| format!(" * p{at}")).collect();
        let params = params.join(", ");
        format!(
            "cream 1\nblock b({params}) {{ conv(kernel = 1) channels = out_channels{product} }}\n"
        )
    };
    assert_eq!(messages(&(block(1_000) + &space("layer s1 b"))), [""; 0]);
    let too_many = "space-too-large: a block has at most 1,000 parameters";
    assert_eq!(messages(&block(1_001)), [too_many]);
}

#[test]
fn classes_that_are_given_are_as_many_as_a_file_may_say() {
    let text = format!("cream 1\n{}", space("layer s1 conv(kernel = 3)"));
    let with = |classes: u32| {
        let overrides = Overrides {
            classes: Some(classes),
            ..Overrides::default()
        };
        let unit = loaded(&text, &overrides);
        let classes = unit.ir.map(|ir| ir.classes);
        let told = unit.diagnostics.into_iter().map(|one| one.message);
        (classes, told.collect::<Vec<_>>())
    };
    let message = "`classes` lies between 1 and 1,000,000".to_owned();
    assert_eq!(with(1_000_000), (Some(1_000_000), vec![]));
    for wrong in [0, 1_000_001, u32::MAX] {
        assert_eq!(with(wrong), (None, vec![message.clone()]));
    }
}

#[test]
fn bounds_on_unknown_rows_list_what_there_is_for_the_first_of_them() {
    let rows: String = (0..5_000).map(|at| format!("layer s{at} skip\n")).collect();
    let bounds: String = (0..5_000)
        .map(|at| format!("require t{at}.channels <= 2\n"))
        .collect();
    let text = format!("cream 1\n{}", space(&(rows + &bounds)));
    let found = loaded(&text, &Overrides::default()).diagnostics;
    assert_eq!(found.len(), 5_000);
    let suggests = |at: usize| found[at].help.is_some() || !found[at].notes.is_empty();
    assert!(suggests(0) && !suggests(4_999));
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
