//! The tree of tree-sitter against the syntax tree of the compiler.

use creamc_lang::diagnostic::Code;
use creamc_lang::source::{FileId, Span};
use creamc_lang::syntax::{self, ast};
use creamc_lang::testing::small_space;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tree_sitter::{Language, Node, Parser, Query, QueryCursor, StreamingIterator, Tree};

use crate::files::{cream_files, reserved, root};

/// Every folder with files of the language.
const FOLDERS: [&str; 4] = ["spaces", "examples", "crates/lang/tests/fixtures", "tests"];

/// What no grammar can say.
const BEYOND_GRAMMAR: [Code; 3] = [Code::UnknownVersion, Code::SecondSpace, Code::NestedTooDeep];

fn language() -> Language {
    tree_sitter_cream::LANGUAGE.into()
}

fn tree(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&language()).expect("the versions fit");
    parser.parse(text, None).expect("nothing stops it")
}

/// A kind and the bytes it covers.
type Piece = (String, usize, usize);

fn piece(kind: &str, span: Span) -> Piece {
    (kind.to_owned(), span.range().start, span.range().end)
}

#[test]
fn every_right_file_has_a_tree_without_errors() {
    let mut right = 0;
    for (path, text) in cream_files(&FOLDERS) {
        let (_, found) = syntax::parse(FileId(0), &text);
        if found.is_empty() {
            let tree = tree(&text);
            let sexp = tree.root_node().to_sexp();
            assert!(!tree.root_node().has_error(), "{}: {sexp}", path.display());
            right += 1;
        }
    }
    assert!(right > 60, "only {right} right files");
}

#[test]
fn items_rows_and_attributes_lie_where_the_compiler_sees_them() {
    let mut compared = 0;
    for (path, text) in cream_files(&FOLDERS) {
        let (file, found) = syntax::parse(FileId(0), &text);
        if found.is_empty() {
            let expected = pieces(&file);
            let wanted = [
                "use", "let", "block", "space", "arch", "fix", "input", "output", "default",
                "choice", "table", "layer", "stage", "fit", "require", "narrow", "op", "attr",
                "param", "part", "measure", "comment",
            ];
            let mut seen = Vec::new();
            collect(tree(&text).root_node(), &text, &wanted, &mut seen);
            seen.sort();
            assert_eq!(seen, expected, "{}", path.display());
            compared += expected.len();
        }
    }
    assert!(compared > 1000, "only {compared} pieces");
}

/// Named nodes of some kinds; of `op` and `attr` only those that stand in rows themselves.
fn collect(node: Node, text: &str, wanted: &[&str], seen: &mut Vec<Piece>) {
    let parent = node.parent().map(|parent| parent.kind());
    let in_row = matches!(parent, Some("layer" | "stage"));
    let counts = !matches!(node.kind(), "op" | "attr") || in_row;
    if node.is_named() && counts && wanted.contains(&node.kind()) {
        // The compiler cuts blanks from the ends of comments.
        let length = text[node.byte_range()].trim_end().len();
        seen.push((
            node.kind().to_owned(),
            node.start_byte(),
            node.start_byte() + length,
        ));
    }
    let mut cursor = node.walk();
    node.children(&mut cursor)
        .for_each(|child| collect(child, text, wanted, seen));
}

fn pieces(file: &ast::File) -> Vec<Piece> {
    let mut all: Vec<Piece> = file.uses.iter().map(|one| piece("use", one.span)).collect();
    all.extend(
        file.comments
            .iter()
            .map(|comment| piece("comment", comment.span)),
    );
    for item in &file.items {
        match item {
            ast::FileItem::Let(one) => all.push(piece("let", one.span)),
            ast::FileItem::Block(one) => all.push(piece("block", one.span)),
            ast::FileItem::Recipe(one) => all.extend(recipe_pieces(one)),
            ast::FileItem::Arch(arch) => {
                all.push(piece("arch", arch.span));
                all.extend(arch.fixes.iter().map(|fix| piece("fix", fix.span)));
            }
            ast::FileItem::Space(space) => {
                all.push(piece("space", space.span));
                all.extend(space.items.iter().flat_map(item_pieces));
            }
            ast::FileItem::Error(span) => panic!("an error at {span:?} in a right file"),
        }
    }
    all.sort();
    all
}

fn item_pieces(item: &ast::Item) -> Vec<Piece> {
    let one = |kind, span| vec![piece(kind, span)];
    match item {
        ast::Item::Input(item) => one("input", item.span),
        ast::Item::Output(item) => one("output", item.span),
        ast::Item::Default(item) => one("default", item.span),
        ast::Item::Let(item) => one("let", item.span),
        ast::Item::Choice(item) => one("choice", item.span),
        ast::Item::Table(item) => one("table", item.span),
        ast::Item::Block(item) => one("block", item.span),
        ast::Item::Recipe(item) => recipe_pieces(item),
        ast::Item::Fit(item) => one("fit", item.span),
        ast::Item::Require(item) => one("require", item.span),
        ast::Item::Row(row) => row_pieces(row),
        ast::Item::Fix(fix) => one("fix", fix.span),
        ast::Item::Narrow(narrow) => one("narrow", narrow.span),
        ast::Item::Error(span) => panic!("an error at {span:?} in a right file"),
    }
}

fn recipe_pieces(recipe: &ast::Recipe) -> Vec<Piece> {
    let mut pieces = vec![piece("block", recipe.span)];
    let params = recipe.params.iter();
    pieces.extend(params.map(|param| piece("param", param.span)));
    for part in &recipe.parts {
        pieces.push(piece("part", part.span));
        let inside = part.details.iter().filter_map(|detail| match detail {
            ast::Detail::Measure(measure) => Some(measure),
            ast::Detail::Word(_) => None,
        });
        let measures = inside.chain(&part.measures);
        pieces.extend(measures.map(|measure| piece("measure", measure.span)));
    }
    pieces
}

fn row_pieces(row: &ast::Row) -> Vec<Piece> {
    let kind = match row.kind {
        ast::RowKind::Layer => "layer",
        ast::RowKind::Stage => "stage",
    };
    let ops = [Some(&row.op), row.then.as_ref()].into_iter().flatten();
    let ops = ops.map(|op| piece("op", op.span));
    let attributes = row.attributes.iter().map(|one| piece("attr", one.span));
    std::iter::once(piece(kind, row.span))
        .chain(ops)
        .chain(attributes)
        .collect()
}

#[test]
fn both_parsers_refuse_the_same_texts() {
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..1500 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let text = spoilt(&small_space(&mut random), &mut random);
        let (_, found) = syntax::parse(FileId(0), &text);
        if found.iter().any(|one| BEYOND_GRAMMAR.contains(&one.code)) {
            continue;
        }
        let refused = tree(&text).root_node().has_error();
        assert_eq!(refused, !found.is_empty(), "seed {seed}: {text}\n{found:?}");
        *(if refused { &mut wrong } else { &mut right }) += 1;
    }
    assert!(right > 20 && wrong > 200, "{right} right, {wrong} wrong");
}

/// A text with a word or mark or two left out, doubled or replaced by another one.
fn spoilt(text: &str, random: &mut ChaCha8Rng) -> String {
    let apart = ["{", "}", "(", ")", ","]
        .iter()
        .fold(text.to_owned(), |text, mark| {
            text.replace(mark, &format!(" {mark} "))
        });
    let mut words: Vec<&str> = apart.split_whitespace().collect();
    let others = words.clone();
    for _ in 0..random.random_range(0..=2) {
        let at = random.random_range(0..words.len());
        match random.random_range(0..3) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[at]),
            _ => words[at] = others.choose(random).expect("there are words"),
        }
    }
    words.join(" ")
}

#[test]
fn reserved_words_are_those_of_the_language() {
    for word in reserved() {
        let text = format!("cream 1 let {word} = 1");
        assert!(tree(&text).root_node().has_error(), "{word}");
    }
    for word in ["cream", "image", "classes", "latency"] {
        let text = format!("cream 1 let {word} = 1");
        assert!(!tree(&text).root_node().has_error(), "{word}");
    }
}

#[test]
fn the_query_highlights_every_word_and_mark() {
    let query = Query::new(&language(), tree_sitter_cream::HIGHLIGHTS).expect("it is a query");
    for (path, text) in cream_files(&["spaces", "examples"]) {
        let tree = tree(&text);
        let mut captured = vec![false; text.len()];
        let mut cursor = QueryCursor::new();
        let mut captures = cursor.captures(&query, tree.root_node(), text.as_bytes());
        while let Some((found, at)) = captures.next() {
            captured[found.captures()[*at].node.byte_range()].fill(true);
        }
        let bare = text
            .char_indices()
            .find(|&(at, c)| !c.is_whitespace() && !captured[at]);
        assert_eq!(bare, None, "{}", path.display());
    }
}

#[test]
fn the_query_names_every_operator() {
    for operator in creamc_lang::space::Operator::ALL {
        let word = format!("\"{operator}\"");
        assert!(tree_sitter_cream::HIGHLIGHTS.contains(&word), "{word}");
    }
    for verb in creamc_lang::space::Verb::ALL {
        let word = format!("\"{verb}\"");
        assert!(tree_sitter_cream::HIGHLIGHTS.contains(&word), "{word}");
    }
}

#[test]
fn the_rules_are_those_of_the_written_grammar() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it is there");
    let generated: serde_json::Value =
        serde_json::from_str(&read("grammar/tree-sitter-cream/src/grammar.json"))
            .expect("it is JSON");
    let rules = generated["rules"].as_object().expect("it has rules");
    // Parts of rules there, or of words.
    let inlined = [
        "pick", "compare", "args", "unit", "letter", "digit", "reserved",
    ];
    let grammar = read("grammar/cream.ebnf");
    let (_, grammar) = grammar.split_once("*)").expect("it begins with a comment");
    let mut compared = 0;
    for line in grammar.lines() {
        let Some((name, _)) = line
            .split_once(" = ")
            .filter(|(name, _)| !name.starts_with(' '))
        else {
            continue;
        };
        let name = name.trim();
        let hidden = format!("_{name}");
        let is_there = rules.contains_key(name) || rules.contains_key(&hidden);
        assert_eq!(is_there, !inlined.contains(&name), "{name}");
        compared += 1;
    }
    assert!(compared > 35, "only {compared} rules");
}
