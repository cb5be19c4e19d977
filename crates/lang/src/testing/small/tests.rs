//! That small spaces keep what they promise, and that nothing of the language drops out of them.

use std::collections::BTreeSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::op::MOST;
use super::{changed_space, small_space};
use crate::checked::Checked;
use crate::source::FileId;
use crate::space::{Activation, AttributeName, Norm, Operator, Padding, Verb};
use crate::syntax::{self, ast};

fn texts() -> Vec<String> {
    let seeds = 0..500;
    let text = |seed| small_space(&mut ChaCha8Rng::seed_from_u64(seed));
    seeds.map(text).collect()
}

/// The pieces that stand in none of some texts; in a text one blank stands between words.
fn missing<'p>(texts: &[String], pieces: impl IntoIterator<Item = &'p str>) -> Vec<&'p str> {
    let texts: Vec<String> = texts
        .iter()
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let is_missing = |piece: &&str| !texts.iter().any(|text| text.contains(piece));
    pieces.into_iter().filter(is_missing).collect()
}

#[test]
fn a_small_space_has_no_errors_and_few_candidates() {
    for text in texts() {
        let space = Checked::from_text("small.cream", &text);
        let space = space.unwrap_or_else(|wrong| panic!("{text}\n{wrong}"));
        let slots = space.ir.rows.iter().flat_map(|row| &row.slots);
        let most = slots.map(crate::ir::Slot::structures).max();
        assert!(most <= Some(MOST as usize), "{most:?} candidates\n{text}");
        assert_eq!(space.ir.verify(), Ok(()));
    }
}

#[test]
fn every_word_of_the_language_stands_in_some_small_space() {
    let texts = texts();
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for text in &texts {
        let is_letter = |c: char| c == '_' || c.is_ascii_alphanumeric();
        words.extend(text.split(|c| !is_letter(c)));
    }
    let operators = Operator::ALL.iter().map(|one| one.as_str());
    let attributes = AttributeName::ALL.iter().map(|one| one.as_str());
    let acts = Activation::ALL.iter().map(|one| one.as_str());
    let norms = Norm::ALL.iter().map(|one| one.as_str());
    let paddings = Padding::ALL.iter().map(|one| one.as_str());
    // All that are reserved but `use` and `of`, for more than one file, `arch`, and `table`, for one of another kind.
    let reserved = [
        "input", "output", "default", "let", "choice", "block", "layer", "stage", "fit", "require",
        "space", "in", "then", "or", "step",
    ];
    let all = operators.chain(attributes).chain(acts).chain(norms);
    let all = all.chain(paddings).chain(reserved);
    let missing: Vec<&str> = all.filter(|word| !words.contains(word)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_row_of_blocks_stands_in_some_small_space() {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for text in texts() {
        let (tree, _) = syntax::parse(FileId(0), &text);
        let parts = recipes(&tree).into_iter().flat_map(|recipe| &recipe.parts);
        found.extend(parts.map(|part| part.primitive.value.clone()));
    }
    let verbs = Verb::ALL.iter().map(|verb| verb.as_str());
    // Blocks of the language, and others of the space.
    let blocks = ["dw", "ds", "ir", "er", "bottleneck", "own", "thin"];
    let missing: Vec<&str> = verbs
        .chain(blocks)
        .filter(|row| !found.contains(*row))
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// Blocks of rows in a file's space and beside it.
fn recipes(file: &ast::File) -> Vec<&ast::Recipe> {
    let mut found = Vec::new();
    for item in &file.items {
        match item {
            ast::FileItem::Recipe(recipe) => found.push(recipe),
            ast::FileItem::Space(space) => found.extend(space.items.iter().filter_map(|item| {
                let ast::Item::Recipe(recipe) = item else {
                    return None;
                };
                Some(recipe)
            })),
            _ => {}
        }
    }
    found
}

#[test]
fn attributes_are_fixed_searched_followed_and_have_defaults_in_some_small_space() {
    let texts = texts();
    let mut pieces: Vec<String> = Vec::new();
    for name in AttributeName::ALL {
        pieces.extend([format!("{name} = "), format!("{name} in ")]);
        pieces.push(format!("default {name} = "));
    }
    pieces.extend(["default eps = ", "default momentum = "].map(str::to_owned));
    for followed in [
        "kernel = early",
        "expand = wide",
        "act = bend",
        "se = squeezed",
        "ratio = squeezed",
        "norm = normed",
        "groups = few",
        "share = parts",
    ] {
        pieces.push(followed.to_owned());
    }
    let missing = missing(&texts, pieces.iter().map(String::as_str));
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_form_of_a_space_stands_in_some_small_space() {
    let pieces = [
        // Beside the space, above it and below.
        "cream 1 let ",
        "cream 1 block ",
        "} let ",
        "} block ",
        // Items behind the rows.
        "channels = classes input ",
        "channels = classes let ",
        // Domains: sets, ranges, names of others, numbers of others, a comma at the end.
        "kernel in {1, 3}",
        "kernel in 1..3 step 2",
        "kernel in dots",
        "let dots = kernels",
        "= {1, three}",
        "{relu, swish,}",
        // What a `let` stands for: words, numbers, other names.
        "let kind = layer",
        "act = bent",
        "= 2.5e-1",
        "let most = three",
        // Several defaults in one item.
        "default act = relu, ",
        // Blocks by name, alternatives in parentheses, and sums with some or in some.
        "block both = (mb or ",
        " maybe ",
        " unit ",
        " (conv(",
        ") or zero)",
        ", sum(",
        ", skip)",
        ",)",
        // Ports.
        "resolution in {",
        "resolution in sides",
        "resolution fit {",
        "resolution fit 16..32 step 16",
        "resolution = edge",
        // Rows.
        "layer s2 ",
        "layer mid1 ",
        "layer pool maxpool",
        "layer head conv",
        "layer hidden linear",
        "stage s1 shuffle",
        "channels in {8, 12}",
        "channels in widths",
        "channels = broad",
        "stride = 3",
        "depth = 3",
        "depth in 1..3",
        "depth in 1..most",
        "depth in {1, 3}",
        "depth fit 1..2",
        "depth in 1..2 channels",
        // Bounds.
        "fit s2, s1",
        "s1.depth in 2..3",
        "s1.depth in 1..most",
        "s1.depth <= 2",
        "s1.depth >= 2",
        "s1.depth == 2",
        "s1.depth <= most",
        "s1.depth <= s2.depth",
        "s1.depth >= s2.depth",
        "s1.depth == s2.depth",
        "channels in 8..12",
        "channels in 8..broad",
        "channels <= 12",
        "channels >= 12",
        "channels == 8",
        "channels == broad",
        "stem.channels <= s1.channels",
        "stem.channels >= s1.channels",
        "stem.channels == s1.channels",
        // Blocks of rows where they are used.
        "own(kernel",
        "share in {2, 4}",
        "thin(kernel",
        "ratio in {0, 0.25}",
        "apart(kernel",
        "nest(kernel",
        "side in {0, 1}",
    ];
    assert_eq!(missing(&texts(), pieces), [""; 0]);
}

#[test]
fn every_edit_fits_some_small_space() {
    let texts = texts();
    let edits = super::changed::EDITS.iter();
    let missing = missing(&texts, edits.map(|[piece, _]| piece.trim()));
    assert_eq!(missing, [""; 0]);
}

#[test]
fn changed_spaces_are_mostly_right_and_mostly_others() {
    let (mut right, mut others) = (0, 0);
    for (seed, text) in (0..).zip(texts()) {
        let changed = changed_space(&text, &mut ChaCha8Rng::seed_from_u64(seed));
        right += usize::from(Checked::from_text("changed.cream", &changed).is_ok());
        others += usize::from(changed != text);
    }
    assert!(
        right > 250 && others > 250,
        "{right} right, {others} others"
    );
}
