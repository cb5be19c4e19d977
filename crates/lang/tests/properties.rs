//! What holds for every text, and for every space.

mod common;

use std::path::Path;

use common::One;
use creamc_lang::compile::{self, Overrides};
use creamc_lang::diagnostic::{Code, Diagnostic, Severity, json, render};
use creamc_lang::source::{FileId, Sources, Span};
use creamc_lang::syntax::{self, ast};
use creamc_lang::testing::small_space;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const MOBILE: &str = include_str!("fixtures/mobile.cream");
const EDGE: &str = include_str!("fixtures/edge.cream");
const BEST: &str = include_str!("fixtures/best.cream");
const PHONE: &str = include_str!("../../../spaces/phone.cream");
const GHOST: &str = include_str!("../../../examples/blocks/ghost.cream");

/// Compiles a text, draws all messages, and checks where they point to.
fn survive(text: &str) {
    let unit = compile::load(
        &One(text.to_owned()),
        Path::new("x.cream"),
        &Overrides::default(),
    )
    .expect("the file can be read");
    for diagnostic in &unit.diagnostics {
        for span in spans(diagnostic) {
            let source = &unit.sources.get(span.file).text;
            assert!(source.get(span.range()).is_some(), "{diagnostic:?}");
        }
        assert!(!render(diagnostic, &unit.sources, true).is_empty());
        let value = serde_json::to_value(json(diagnostic, &unit.sources));
        assert!(value.unwrap().is_object());
    }
    let (file, diagnostics) = syntax::parse(FileId(0), text);
    assert!(text.get(file.span.range()).is_some());
    let formatted = syntax::format(text, &file);
    if diagnostics.is_empty() {
        reads_back_equal(text, &file, &formatted);
    }
}

fn spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let labels = diagnostic.labels.iter().map(|label| label.span);
    let edits = diagnostic.help.iter().flat_map(|help| &help.edits);
    labels.chain(edits.map(|edit| edit.span))
}

/// `parse ∘ format` changes nothing but places, and formatting twice changes nothing more.
fn reads_back_equal(text: &str, file: &ast::File, formatted: &str) {
    let (again, diagnostics) = syntax::parse(FileId(0), formatted);
    assert_eq!(diagnostics, [], "{formatted}");
    assert_eq!(
        without_places(&again),
        without_places(file),
        "{text}\n{formatted}"
    );
    assert_eq!(syntax::format(formatted, &again), formatted);
}

/// A tree as text, its spans made equal.
fn without_places(file: &ast::File) -> String {
    let text = format!("{file:?}");
    let mut parts = text.split("Span { file: FileId(0), start: ");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let (_, rest) = part.split_once(" }").expect("a span is closed");
        plain.push_str("span");
        plain.push_str(rest);
    }
    plain
}

/// Valid texts to begin with.
fn valid() -> impl Strategy<Value = String> {
    let written =
        prop::sample::select(vec![MOBILE, EDGE, BEST, PHONE, GHOST]).prop_map(str::to_owned);
    prop_oneof![written, generated()]
}

fn generated() -> impl Strategy<Value = String> {
    any::<u64>().prop_map(|seed| small_space(&mut ChaCha8Rng::seed_from_u64(seed)))
}

/// Pieces that mean something, to be put where they do not.
fn piece() -> impl Strategy<Value = String> {
    let known = vec![
        "{",
        "}",
        "(",
        ")",
        "=",
        ",",
        ".",
        "..",
        "<=",
        "\"",
        "#",
        "\n",
        " ",
        "in",
        "fit",
        "or",
        "then",
        "of",
        "step",
        "stage",
        "layer",
        "space",
        "arch",
        "use",
        "cream 1",
        "1..6",
        "0",
        "600M",
        "22ms",
        "1e-5",
        "999999999999G",
        "99999999999999999999",
        "1e99",
        "é",
        "\u{feff}",
        "[",
        "]",
        ";",
        "-",
        "//",
        "skip",
        "sum(",
        "mb",
        "s1.depth",
        "depth in 1..2000",
        "channels = 0",
    ];
    prop_oneof![
        prop::sample::select(known).prop_map(str::to_owned),
        any::<char>().prop_map(|c| c.to_string()),
    ]
}

/// A valid text with a few places overwritten, cut or doubled.
fn mutated() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0..30_usize, piece());
    (valid(), prop::collection::vec(change, 1..5)).prop_map(|(text, changes)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, cut, piece) in changes {
            let start = at.index(chars.len() + 1);
            let end = (start + cut).min(chars.len());
            chars.splice(start..end, piece.chars());
        }
        chars.into_iter().collect()
    })
}

/// A valid text with its blanks and line ends moved.
fn relaid() -> impl Strategy<Value = String> {
    (valid(), prop::collection::vec(0..6_usize, 64)).prop_map(|(text, blanks)| {
        let mut blanks = blanks.iter().cycle();
        text.lines()
            .filter(|line| !line.contains('#'))
            .flat_map(|line| line.split(' ').filter(|word| !word.is_empty()))
            .map(|word| {
                let blank = [" ", "\n", "  ", "\n\n\n", "\t", " # note\n"]
                    [*blanks.next().expect("it cycles")];
                format!("{word}{blank}")
            })
            .collect()
    })
}

/// A failure prints its input; nothing is written beside the test.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// An operator with domains, and every candidate of it in words.
fn operator() -> impl Strategy<Value = (String, Vec<String>)> {
    let kernels = prop::sample::subsequence(vec!["1", "3", "5"], 1..3);
    let acts = prop::sample::subsequence(vec!["relu", "gelu", "none"], 1..3);
    let operator = prop::sample::select(vec!["conv", "dw"]);
    (operator, kernels, acts).prop_map(|(operator, kernels, acts)| {
        let (in_kernels, in_acts) = (kernels.join(", "), acts.join(", "));
        let text = format!("{operator}(kernel in {{{in_kernels}}}, act in {{{in_acts}}})");
        let each = kernels.iter().flat_map(|kernel| {
            let act = acts.iter();
            act.map(move |act| format!("{operator} {kernel} {act}"))
        });
        (text, each.collect())
    })
}

/// An operator or a sum of two branches, the first of up to two operators.
fn prim() -> impl Strategy<Value = (String, Vec<String>)> {
    let sum = (operator(), operator(), operator(), any::<bool>());
    let sum = sum.prop_map(|(one, other, last, is_one)| {
        let (first, firsts) = match is_one || one.1.iter().any(|each| other.1.contains(each)) {
            true => one,
            false => (
                format!("{} or {}", one.0, other.0),
                [one.1, other.1].concat(),
            ),
        };
        let pairs = firsts.iter().flat_map(|first| {
            let lasts = last.1.iter();
            lasts.map(move |last| format!("{first} + {last}"))
        });
        (format!("sum({first}, {})", last.0), pairs.collect())
    });
    prop_oneof![operator(), sum]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn alternatives_share_a_candidate_where_their_lists_do(prims in prop::collection::vec(prim(), 2..5)) {
        let texts: Vec<&str> = prims.iter().map(|(text, _)| text.as_str()).collect();
        let text = format!("cream 1\nblock b = {}\n", texts.join(" or "));
        let unit = compile::load(&One(text.clone()), Path::new("x.cream"), &Overrides::default());
        let found = unit.expect("the file can be read").diagnostics;
        let is_shared = found.iter().any(|one| one.code == Code::SharedCandidate);
        let mut all: Vec<&String> = prims.iter().flat_map(|(_, candidates)| candidates).collect();
        all.sort_unstable();
        let is_twice = all.windows(2).any(|pair| pair[0] == pair[1]);
        prop_assert_eq!(is_shared, is_twice, "{}", text);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_pieces_are_survived(pieces in prop::collection::vec(piece(), 0..60)) {
        survive(&pieces.concat());
        survive(&format!("cream 1\nspace s {{\n{}", pieces.join(" ")));
    }

    #[test]
    fn valid_texts_with_faults_are_survived(text in mutated()) {
        survive(&text);
    }

    #[test]
    fn a_text_laid_out_anyhow_is_formatted_without_loss(text in relaid()) {
        let (file, diagnostics) = syntax::parse(FileId(0), &text);
        prop_assert_eq!(diagnostics, []);
        reads_back_equal(&text, &file, &syntax::format(&text, &file));
    }

    #[test]
    fn generated_spaces_have_no_errors(text in generated()) {
        let unit = compile::load(&One(text.clone()), Path::new("x.cream"), &Overrides::default())
            .expect("the file can be read");
        let errors: Vec<_> = unit
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .collect();
        prop_assert!(errors.is_empty(), "{}\n{:#?}", text, errors);
        prop_assert!(unit.ir.is_some());
    }

    #[test]
    fn every_edit_of_a_message_can_be_made(text in mutated()) {
        let mut sources = Sources::default();
        let file = sources.add("x.cream", text.as_str());
        let (_, diagnostics) = syntax::parse(file, &text);
        for edit in diagnostics.iter().flat_map(|one| &one.help).flat_map(|help| &help.edits) {
            let mut edited = text.clone();
            edited.replace_range(edit.span.range(), &edit.replacement);
            prop_assert_ne!(&edited, &text);
        }
    }
}
