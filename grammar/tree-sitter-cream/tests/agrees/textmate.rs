//! The TextMate grammar: every word of the language's tables, and every token of the spaces.

use std::collections::BTreeMap;

use creamc_lang::space::{Activation, AttributeName, Metric, Norm, Operator, Padding, Verb};
use fancy_regex::Regex;
use serde_json::Value;
use tree_sitter::{Node, Parser};

use crate::files::{cream_files, reserved, root};

/// One pattern: what it matches, its scope, and those of its groups.
struct Rule {
    regex: Regex,
    name: Option<String>,
    captures: BTreeMap<usize, String>,
}

/// A stretch of a line, in bytes, with its scope.
type Scoped = (usize, usize, String);

fn grammar() -> Value {
    let path = root().join("grammar/cream.tmLanguage.json");
    let text = std::fs::read_to_string(path).expect("the grammar is there");
    serde_json::from_str(&text).expect("it is JSON")
}

fn rules(grammar: &Value) -> Vec<Rule> {
    let mut rules = Vec::new();
    add_rules(&grammar["patterns"], grammar, &mut rules);
    rules
}

/// Every pattern in the order of trying; all of them match within a line.
fn add_rules(patterns: &Value, grammar: &Value, rules: &mut Vec<Rule>) {
    for pattern in patterns.as_array().expect("patterns are a list") {
        if let Some(name) = pattern["include"].as_str() {
            let name = name.strip_prefix('#').expect("only own parts are included");
            let part = &grammar["repository"][name];
            assert!(part.is_object(), "no `{name}` in the repository");
            add_rules(&Value::Array(vec![part.clone()]), grammar, rules);
        } else if pattern["patterns"].is_array() {
            add_rules(&pattern["patterns"], grammar, rules);
        } else {
            rules.push(rule(pattern));
        }
    }
}

fn rule(pattern: &Value) -> Rule {
    let text = pattern["match"]
        .as_str()
        .unwrap_or_else(|| panic!("no `match`: {pattern}"));
    let captures = pattern["captures"].as_object().into_iter().flatten();
    let scope = |value: &Value| {
        value["name"]
            .as_str()
            .expect("a capture has a scope")
            .to_owned()
    };
    Rule {
        regex: Regex::new(text).unwrap_or_else(|error| panic!("{text}: {error}")),
        name: pattern["name"].as_str().map(str::to_owned),
        captures: captures
            .map(|(number, value)| (number.parse().expect("a number"), scope(value)))
            .collect(),
    }
}

/// As an editor does it: the rule that matches first wins, of several the one named first.
fn scopes(rules: &[Rule], line: &str) -> Vec<Scoped> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let matches = rules.iter().filter_map(|rule| {
            let groups = rule.regex.captures_from_pos(line, at).expect("it ends")?;
            let whole = groups.get(0).expect("a match has a whole");
            (whole.end() > whole.start()).then_some((whole.start(), whole.end(), rule, groups))
        });
        let Some((start, end, rule, groups)) = matches.min_by_key(|(start, ..)| *start) else {
            break;
        };
        match &rule.name {
            Some(name) => found.push((start, end, name.clone())),
            None => found.extend(rule.captures.iter().filter_map(|(&group, name)| {
                let part = groups.get(group)?;
                Some((part.start(), part.end(), name.clone()))
            })),
        }
        at = end;
    }
    found
}

/// The scope of a word that stands alone.
#[track_caller]
fn scope_of(rules: &[Rule], word: &str) -> String {
    let found = scopes(rules, word);
    match found.as_slice() {
        [(0, end, scope)] if *end == word.len() => scope.clone(),
        _ => panic!("{word}: {found:?}"),
    }
}

#[test]
fn every_word_of_the_tables_has_its_scope() {
    let rules = rules(&grammar());
    let operators = Operator::ALL
        .iter()
        .map(|one| (one.as_str(), "support.function.operator."));
    let attributes = AttributeName::ALL
        .iter()
        .map(|one| (one.as_str(), "entity.other.attribute-name."));
    let others = [
        "channels",
        "stride",
        "depth",
        "resolution",
        "eps",
        "momentum",
    ];
    let others = others.map(|word| (word, "entity.other.attribute-name."));
    let metrics = Metric::COUNTED
        .iter()
        .filter_map(|one| Some((one.word()?, "support.variable.metric.")));
    let acts = Activation::ALL.iter().map(|one| one.as_str());
    // `layer` by itself is the word of rows; as a norm it stands in brackets or behind `=`.
    let norms = Norm::ALL.iter().map(|one| one.as_str());
    let values = acts.chain(norms.filter(|word| *word != "layer"));
    let values = values.chain(Padding::ALL.iter().map(|one| one.as_str()));
    let values = values.map(|word| (word, "constant.language."));
    let words = operators
        .chain(attributes)
        .chain(others)
        .chain(metrics)
        .chain(values);
    for (word, scope) in words {
        // `act` and `norm` at the start of a line are rows of a block.
        let line = format!("({word} = ");
        let found = scopes(&rules, &line);
        let found = found.iter().find(|one| one.0 == 1);
        let found = found.map_or("", |one| one.2.as_str());
        assert!(found.starts_with(scope), "{word}: {found}");
    }
    for word in reserved().iter().map(String::as_str).chain(["cream"]) {
        assert!(scope_of(&rules, word).starts_with("keyword."), "{word}");
    }
}

#[test]
fn layer_is_a_norm_where_a_value_stands() {
    let rules = rules(&grammar());
    let of_layer = |line: &str| {
        let start = line.find("layer").expect("it is there");
        let found = scopes(&rules, line).into_iter();
        let mut found = found.filter(|one| one.0 == start);
        found.next().expect("it has a scope").2
    };
    for line in [
        "default norm = layer",
        "norm(layer)",
        "norm in {batch, layer}",
    ] {
        assert_eq!(of_layer(line), "constant.language.cream", "{line}");
    }
    assert_eq!(of_layer("layer s1 skip"), "keyword.declaration.cream");
}

#[test]
fn words_of_rows_are_operators_at_the_start_of_a_row() {
    let rules = rules(&grammar());
    for verb in Verb::ALL {
        for line in [format!("    {verb}"), format!("    a:  {verb}(kernel = 3)")] {
            let start = line.rfind(verb.as_str()).expect("it is there");
            let found = scopes(&rules, &line);
            let found = found.iter().find(|one| one.0 == start);
            let scope = found.map(|one| one.2.as_str());
            assert_eq!(scope, Some("support.function.operator.cream"), "{line}");
        }
    }
}

#[test]
fn words_that_only_begin_like_others_are_names() {
    let rules = rules(&grammar());
    for word in [
        "converse", "ir_2", "stages", "_in", "relu7", "mb", "kernels",
    ] {
        assert_eq!(scope_of(&rules, word), "variable.other.cream", "{word}");
    }
}

#[test]
fn numbers_and_marks_are_cut_as_the_language_cuts_them() {
    let rules = rules(&grammar());
    for number in ["0", "600M", "0.25", "1e-5", "22ms", "5us", "1s", "3K", "2G"] {
        assert_eq!(
            scope_of(&rules, number),
            "constant.numeric.cream",
            "{number}"
        );
    }
    let cut = |line: &str| -> Vec<(usize, usize)> {
        scopes(&rules, line)
            .into_iter()
            .map(|(start, end, _)| (start, end))
            .collect()
    };
    assert_eq!(cut("1..6"), [(0, 1), (1, 3), (3, 4)]);
    assert_eq!(cut("s1.depth"), [(0, 2), (2, 3), (3, 8)]);
    assert_eq!(cut("0.5..1.5"), [(0, 3), (3, 5), (5, 8)]);
}

/// Tokens are the leaves of the tree, which other tests hold equal to the compiler's.
#[test]
fn every_token_of_every_space_has_the_scope_of_its_kind() {
    let rules = rules(&grammar());
    let mut tokens = 0;
    for (path, text) in cream_files(&["spaces", "examples", "crates/lang/tests/fixtures"]) {
        let mut parser = Parser::new();
        parser
            .set_language(&tree_sitter_cream::LANGUAGE.into())
            .expect("the versions fit");
        let tree = parser.parse(&text, None).expect("nothing stops it");
        let scoped = scopes_of_lines(&rules, &text);
        let mut leaves = Vec::new();
        collect(tree.root_node(), &mut leaves);
        for leaf in &leaves {
            let place = format!(
                "{}: {:?} at {}",
                path.display(),
                leaf.kind(),
                leaf.start_position()
            );
            let range = leaf.byte_range();
            let end = range.start + text[range.clone()].trim_end().len();
            let scope = scoped
                .get(&(range.start, end))
                .unwrap_or_else(|| panic!("{place}: not one scope"));
            let expected = expected(leaf);
            assert!(
                expected.iter().any(|one| scope.starts_with(one)),
                "{place}: {scope}"
            );
        }
        assert_eq!(
            scoped.len(),
            leaves.len(),
            "{}: as many scopes as tokens",
            path.display()
        );
        tokens += leaves.len();
    }
    assert!(tokens > 1000, "only {tokens} tokens");
}

fn scopes_of_lines(rules: &[Rule], text: &str) -> BTreeMap<(usize, usize), String> {
    let mut all = BTreeMap::new();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        for (start, end, scope) in scopes(rules, line.trim_end()) {
            all.insert((offset + start, offset + end), scope);
        }
        offset += line.len();
    }
    all
}

fn collect<'a>(node: Node<'a>, leaves: &mut Vec<Node<'a>>) {
    if node.child_count() == 0 {
        leaves.push(node);
    }
    let mut cursor = node.walk();
    let children: Vec<Node> = node.children(&mut cursor).collect();
    children
        .into_iter()
        .for_each(|child| collect(child, leaves));
}

/// The scopes that a token of this kind may have.
fn expected(leaf: &Node) -> &'static [&'static str] {
    let declares = leaf
        .parent()
        .is_some_and(|parent| parent.child_by_field_name("name") == Some(*leaf));
    let parent = leaf.parent().map_or("", |parent| parent.kind());
    match (leaf.kind(), parent) {
        ("comment", _) => &["comment."],
        ("string", _) => &["string."],
        ("number" | "int", _) => &["constant.numeric."],
        ("name", "space" | "arch") => &["entity.name.type."],
        ("name", "block") if declares => &["entity.name.function."],
        ("name", "let" | "choice" | "table") if declares => &["entity.name.constant."],
        ("name", "layer" | "stage") if declares => &["entity.name.tag."],
        ("name", "attr" | "fixed") if declares => &["entity.other.attribute-name."],
        ("name", "part") if declares => &["entity.name.tag."],
        ("name", "param" | "measure") if declares => {
            &["variable.other.", "entity.other.attribute-name."]
        }
        ("name", "part") => &[
            "support.function.operator.",
            "variable.other.",
            "constant.language.",
            "entity.other.attribute-name.",
            "keyword.declaration.",
        ],
        ("name", "prim") => &["support.function.operator.", "variable.other."],
        ("name", _) => &[
            "variable.other.",
            "constant.language.",
            "support.variable.",
            "entity.other.attribute-name.",
        ],
        ("in" | "fit" | "then" | "or" | "step", _) => &["keyword.operator.word."],
        ("image" | "classes" | "latency", _) => &["support.type."],
        (".." | "<=" | ">=" | "==" | "=" | "+" | "-" | "*" | "/", _) => &["keyword.operator."],
        ("{" | "}" | "(" | ")", _) => &["punctuation.section."],
        ("," | "." | ":", _) => &["punctuation.separator."],
        _ => &["keyword.declaration."],
    }
}
