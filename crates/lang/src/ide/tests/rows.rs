//! Completion in blocks of rows.

use super::*;

/// What may stand at the mark among the rows of a block.
fn in_rows(rows: &str) -> Vec<String> {
    words(&with_rows(rows))
}

/// A file whose block `a` has these rows.
fn with_rows(rows: &str) -> String {
    format!(
        "cream 1\nlet half = 0.5\nlet soft = gelu\n\
         block inner(kind, act) {{\n    act(kind)\n    act\n}}\n\
         block ghost(kernel, ratio, act, kind) {{\n    conv(kernel = kernel)\n    \
         squeeze(ratio = ratio)\n    inner(kind = kind)\n}}\n\
         block a(kernel, expand, act) {{\n{rows}\n}}\n"
    )
}

const NUMBERS: [&str; 7] = [
    "kernel",
    "expand",
    "in_channels",
    "out_channels",
    "stride",
    "round8",
    "half",
];

const ACTS: [&str; 10] = [
    "relu", "relu6", "swish", "hswish", "gelu", "sigmoid", "hsigmoid", "none", "act", "soft",
];

#[test]
fn arithmetic_is_completed_with_numbers_also_in_its_parentheses() {
    for rows in [
        "wide: conv(kernel = 1) channels = |",
        "wide: conv(kernel = 1) channels = round8(|)",
        "wide: conv(kernel = 1) channels = 2 * (|)",
        "wide: conv(kernel = 1) channels = round8((|",
        "wide: conv(kernel = 1) channels = round8(2 * |)",
        "wide: conv(kernel = |)",
        "wide: conv(kernel = 1, groups = round8(|))",
        "ghost(ratio = |)",
        "ir(expand = |)",
    ] {
        assert_eq!(in_rows(rows), NUMBERS, "{rows}");
    }
    for rows in [
        "conv(kernel = 1) channels = round8(expand |",
        "conv(kernel = 1) channels = round8(expand, |",
        "conv(kernel in {|",
        "conv(kernel = 1)\n(|",
    ] {
        assert_eq!(in_rows(rows), [""; 0], "{rows}");
    }
}

#[test]
fn rows_with_a_word_are_completed_with_its_words() {
    let norms = ["batch", "layer", "none", "input"];
    assert_eq!(in_rows("norm(|)"), norms);
    assert_eq!(in_rows("norm(la|)"), norms);
    assert_eq!(in_rows("shortcut(|)"), norms[..3]);
    assert_eq!(in_rows("act(|)"), [&ACTS[..], &["input"]].concat());
    let after = "wide: conv(kernel = 1)\n";
    assert_eq!(
        in_rows(&format!("{after}norm(layer, |)")),
        ["wide", "input"]
    );
    assert_eq!(in_rows(&format!("{after}norm(wide, |)")), norms[..3]);
    assert_eq!(in_rows(&format!("{after}norm(wide, layer, |)")), [""; 0]);
}

#[test]
fn attributes_in_rows_are_completed_with_what_they_can_hold() {
    let rules = ["symmetric", "same"];
    assert_eq!(in_rows("conv(kernel = 1, padding = |)"), rules);
    assert_eq!(in_rows("conv(kernel = 1, padding = s|)"), rules);
    assert_eq!(in_rows("conv(kernel = 1, padding = (|"), [""; 0]);
    assert_eq!(in_rows("conv(kernel = 1, padding = same * |"), [""; 0]);
    assert_eq!(in_rows("ir(kernel = 3, act = |)"), ACTS);
    assert_eq!(in_rows("ghost(act = |)"), ACTS);
    // What a parameter of another name is follows from the rows it is handed on to.
    assert_eq!(in_rows("ghost(kind = |)"), ACTS);
    assert_eq!(in_rows("inner(kind = |)"), ACTS);
    assert_eq!(in_rows("dwconv(kernel = kernel, padding = |)"), rules);
}

#[test]
fn parameters_are_proposed_as_what_other_rows_use_them_as() {
    let found = |params: &str, rows: &str| {
        let text = with_rows(rows).replace("kernel, expand, act)", params);
        words(&text)
    };
    // Nothing tells yet, then another row, then the row itself but for the word that is being written.
    assert!(found("kind)", "act(|)").contains(&"kind".to_owned()));
    let number = "conv(kernel = 1) channels = kind";
    assert!(!found("kind)", &format!("act(|)\n{number}")).contains(&"kind".to_owned()));
    assert!(found("kind)", "act(ki|nd)").contains(&"kind".to_owned()));
    assert!(found("kind)", "conv(kernel = kind|)").contains(&"kind".to_owned()));
    for word in [
        "act(kind)",
        "ghost(kind = kind)",
        "ir(act = kind)",
        "conv(kernel = 1, padding = kind)",
    ] {
        let rows = format!("conv(kernel = |)\n{word}");
        assert!(
            !found("kind)", &rows).contains(&"kind".to_owned()),
            "{word}"
        );
    }
    let rows = "act(|)\nnorm(kind)";
    assert!(!found("kind)", rows).contains(&"kind".to_owned()));
    // The head tells where no row does.
    assert!(!found("kind = 3)", "act(|)").contains(&"kind".to_owned()));
    assert!(!found("kind = relu)", "conv(kernel = |)").contains(&"kind".to_owned()));
    // Blocks in a circle are wrong, and looked into once.
    let circle = "a(kind = kind)\nconv(kernel = |)";
    assert!(found("kind)", circle).contains(&"kind".to_owned()));
}

#[test]
fn rows_read_as_many_rows_above_as_they_can_and_never_themselves() {
    let above = "wide: conv(kernel = 1)\ndeep: act\n";
    let found = |row: &str| in_rows(&format!("{above}{row}"));
    assert_eq!(
        found("a: split(|"),
        ["part", "parts", "wide", "deep", "input"]
    );
    assert_eq!(found("a: split(part = 1, wide, |"), ["parts"]);
    assert_eq!(
        found("a: scale(wide, |"),
        ["start", "wide", "deep", "input"]
    );
    assert_eq!(found("a: scale(wide, deep, |"), ["start"]);
    assert_eq!(found("a: concat(wide, deep, |"), ["wide", "deep", "input"]);
    assert_eq!(found("ghost(kernel = 3, wide, |"), ["ratio", "act", "kind"]);
    assert_eq!(in_rows("a: split(part = 1, |"), ["parts", "input"]);
}

#[test]
fn behind_a_row_stands_what_can_be_set_there() {
    for (row, expected) in [
        ("conv(kernel = 1) |", vec!["channels", "stride"]),
        (
            "wide: conv(kernel = 1) channels = round8(wide) |",
            vec!["stride"],
        ),
        ("pool(kernel = 3) |", vec!["stride"]),
        ("linear channels = half |", vec![]),
        ("norm |", vec![]),
        ("ghost(ratio = 2) |", vec!["channels", "stride"]),
        ("ir(kernel = 3, expand = 1) |", vec!["channels", "stride"]),
        ("banana |", vec![]),
    ] {
        assert_eq!(in_rows(row), expected, "{row}");
    }
    let next = in_rows("conv(kernel = 1) stride = stride\n    |");
    assert!(next.contains(&"norm".to_owned()) && next.contains(&"channels".to_owned()));
    assert!(!next.contains(&"stride".to_owned()), "{next:?}");
}

/// Every word that is proposed in a block can be taken.
#[test]
fn what_is_proposed_in_rows_is_accepted() {
    let rest = "deep: act(wide)\nconcat(deep, input)";
    for row in [
        "wide: norm(|)",
        "wide: act(|)",
        "wide: shortcut(|)",
        "wide: conv(kernel = |)",
        "wide: conv(kernel = 1, padding = |)",
        "wide: conv(kernel = 1) channels = round8(|)",
        "wide: split(part = 1, parts = 2, |)",
        "wide: scale(input, |)",
        "wide: ir(kernel = 3, expand = 1, act = |)",
        "wide: inner(kind = |)",
        "wide: ghost(kernel = 3, ratio = 1, kind = |)",
        "wide: ghost(kernel = 3, ratio = |, kind = relu)",
    ] {
        let text = with_rows(&format!("{row}\n{rest}"));
        let found = words(&text);
        assert!(!found.is_empty(), "{row}");
        // A function and attributes want more behind them.
        let whole = found
            .iter()
            .filter(|word| !["round8", "start"].contains(&word.as_str()));
        for word in whole {
            let text = text.replacen('|', word, 1);
            let unit = unit(&[("a.cream", &text)]);
            assert!(!unit.has_errors(), "{row} {word}: {:?}", unit.diagnostics);
        }
    }
}
