//! What a test over files cannot reach: noise, size and depth.

use super::{parse, parse_require};
use crate::diagnostic::Code;
use crate::source::FileId;
use crate::syntax::ast::{FileItem, Item};
use crate::syntax::reports::MOST;

fn codes(text: &str) -> Vec<&'static str> {
    let (_, diagnostics) = parse(FileId(0), text);
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.as_str())
        .collect()
}

/// The codes of a space with these items.
fn codes_in_space(items: &str) -> Vec<&'static str> {
    codes(&format!("cream 1\nspace s {{\n{items}\n}}\n"))
}

#[test]
fn one_typo_gives_one_message() {
    let rows = "stage a mb channels = 16\nlayer b skip\n";
    for (typo, code) in [
        ("stgae s mb channels = 24 stride = 2", "unknown-item"),
        ("stage s mb channels 24 stride = 2", "binding-word"),
        ("stage s mb channels = 24 depth 1..6", "binding-word"),
        ("stage s mb channels = 24; stride = 2", "stray-character"),
        ("stage s mb channels: 24", "stray-character"),
        ("stage s mb, channels = 24", "syntax"),
        ("stage in mb channels = 24", "reserved-word"),
        ("stage s channels = 24", "syntax"),
        ("stage s", "syntax"),
        ("stage", "syntax"),
        ("layer s conv(kernel = {3, 5})", "binding-word"),
        ("layer s conv(kernel in 3)", "binding-word"),
        (
            "layer s conv(kernel in 3, 5, 7, expand = 4)",
            "binding-word",
        ),
        ("layer s conv(kernel in [3, 5, 7])", "stray-character"),
        ("layer s conv(kernel {3, 5, 7})", "binding-word"),
        ("layer s conv(kernel = in {3, 5, 7})", "binding-word"),
        ("layer s conv(kernel in {3, 5, 7)", "unclosed-bracket"),
        ("layer s conv(kernel in {3 5, 7})", "syntax"),
        ("layer s conv(kernel = 3 expand = 4)", "syntax"),
        ("layer s conv(kernel = 3", "unclosed-bracket"),
        ("layer s conv(kernel = 3))", "syntax"),
        ("layer s conv(kernel = )", "syntax"),
        ("layer s conv(kernel = 3 + 5)", "stray-character"),
        ("layer s conv(kernel = -3)", "stray-character"),
        ("layer s conv(kernel = 3x)", "malformed-number"),
        ("layer s conv(se = .25)", "malformed-number"),
        ("require flops in 0..600m", "malformed-number"),
        ("require flops in 0..600 M", "malformed-number"),
        ("require flops in 600M", "syntax"),
        ("require flops < 600M", "stray-character"),
        ("require flops = 600M", "syntax"),
        ("require flops in 0..1e99", "number-too-large"),
        ("require", "syntax"),
        ("table t = latency(\"x.yaml)", "unclosed-string"),
        ("table t = latency(x.yaml)", "syntax"),
        ("let x in {3, 5}", "binding-word"),
        ("choice x = {3, 5}", "binding-word"),
        ("let größe = 3", "stray-character"),
        ("// a comment", "stray-character"),
        ("use \"x.cream\"", "misplaced-item"),
        ("input picture(channels = 3)", "syntax"),
        ("output classes(1.5)", "syntax"),
        ("output classes", "syntax"),
        ("fit", "syntax"),
    ] {
        assert_eq!(
            codes_in_space(&format!("{rows}{typo}\n{rows}")),
            [code],
            "{typo}"
        );
        assert_eq!(
            codes_in_space(&format!("{rows}{typo}")),
            [code],
            "{typo}, at the end"
        );
    }
}

#[test]
fn one_typo_at_file_level_gives_one_message() {
    for (text, code) in [
        ("", "missing-version"),
        ("space s {\n}\n", "missing-version"),
        ("craem 1\nlet a = 3\n", "missing-version"),
        ("cream\nlet a = 3\n", "missing-version"),
        ("cream 9\nmodule x\n", "unknown-version"),
        ("cream 1.5\n", "unknown-version"),
        ("cream\0 16\n}\n", "stray-character"),
        ("cream 1\nspace a {\n}\nspace b {\n}\n", "second-space"),
        ("cream 1\nspace a {\nlayer b skip\n", "unclosed-bracket"),
        (
            "cream 1\nspace a {\nlayer b skip\narch c of a {\n}\n",
            "unclosed-bracket",
        ),
        (
            "cream 1\nspace a {\n}\nlayer b skip\nlayer c skip\n}\n",
            "misplaced-item",
        ),
        ("cream 1\nspace a {\n}\n}\n", "unopened-bracket"),
        ("cream 1\nlet a = 3\nuse \"b\"\n", "misplaced-item"),
        ("cream 1\nspcae a {\nlayer b skip\n}\n", "unknown-item"),
        ("cream 1\nspace a\nlayer b skip\n}\n", "syntax"),
        ("cream 1\narch a of {\n}\n", "syntax"),
        ("cream 1\narch a of b {\ns1 = \ns2 = skip\n}\n", "syntax"),
        ("cream 1\narch a of b {\ns1 skip\ns2 = skip\n}\n", "syntax"),
    ] {
        assert_eq!(codes(text), [code], "{text}");
    }
}

#[test]
fn several_faults_of_one_file_are_told_together() {
    let items = "stage a mb channels 16\nstgae b mb\nlayer c conv(kernel = )\nlayer d skip";
    assert_eq!(
        codes_in_space(items),
        ["binding-word", "unknown-item", "syntax"]
    );
}

#[test]
fn a_fit_behind_a_row_is_an_item() {
    assert_eq!(codes_in_space("layer a skip\nfit b, c"), [""; 0]);
    assert_eq!(codes_in_space("layer a skip fit b, c"), [""; 0]);
    assert_eq!(codes_in_space("stage a skip depth\nfit 1..3"), [""; 0]);
}

#[test]
fn what_follows_a_fault_is_read() {
    let text = "cream 1\nspace s {\nlayer a conv(\nlayer b skip\n}\narch c of s {\n}\n";
    let (file, _) = parse(FileId(0), text);
    let [FileItem::Space(space), FileItem::Arch(_)] = &file.items[..] else {
        panic!("{file:#?}");
    };
    assert!(matches!(&space.items[..], [Item::Error(_), Item::Row(_)]));
}

#[test]
fn two_points_behind_digits_are_always_the_range_mark() {
    for range in [
        "1..6",
        "1 .. 6",
        "0.5..1.5",
        "1K..2M",
        "1e-5..1",
        "a..b",
        "1..6 step 2",
    ] {
        assert_eq!(
            codes(&format!("cream 1\nlet x = {range}\n")),
            [""; 0],
            "{range}"
        );
    }
}

#[test]
fn deep_nesting_ends_in_a_message() {
    for (open, close, code) in [
        ("(", ")", Code::NestedTooDeep),
        ("sum(", ")", Code::NestedTooDeep),
        ("(", "", Code::NestedTooDeep),
    ] {
        let text = format!(
            "cream 1\nblock b = {}skip{}\n",
            open.repeat(20_000),
            close.repeat(20_000)
        );
        assert_eq!(codes(&text), [code.as_str()]);
    }
    let text = format!(
        "cream 1\nblock b = {}skip{}\n",
        "(".repeat(64),
        ")".repeat(64)
    );
    assert_eq!(codes(&text), [""; 0]);
}

#[test]
fn noise_gives_few_messages_and_says_how_many_more_there_were() {
    for noise in [
        ";a",
        "layer ",
        "{",
        "}",
        "\"\n",
        "fit\n",
        "stage s (\n",
        "1..",
        "= = ",
        "\u{7f}é ",
        "1e99 ",
    ] {
        let text = format!("cream 1\nspace s {{\n{}", noise.repeat(1 << 14));
        let (_, diagnostics) = parse(FileId(0), &text);
        assert!(
            (1..=MOST).contains(&diagnostics.len()),
            "{noise}: {}",
            diagnostics.len()
        );
        let tells = diagnostics[diagnostics.len() - 1]
            .notes
            .iter()
            .any(|note| note.ends_with("of this file are left out"));
        assert_eq!(tells, diagnostics.len() == MOST, "{noise}");
    }
}

#[test]
fn a_bound_is_read_with_and_without_its_word() {
    for text in [
        "flops in 200M..300M",
        "require flops in 200M..300M",
        "s1.depth >= s2.depth",
    ] {
        let (require, diagnostics) = parse_require(FileId(0), text);
        assert!(
            require.is_some() && diagnostics.is_empty(),
            "{diagnostics:#?}"
        );
    }
    for text in [
        "",
        "flops",
        "flops in 3",
        "flops in 1..2 params in 1..2",
        "require",
    ] {
        let (require, diagnostics) = parse_require(FileId(0), text);
        assert!(
            require.is_none() && diagnostics.len() == 1,
            "{text}: {diagnostics:#?}"
        );
    }
}
