//! Every space of the repository, every example of the language reference and of the pages on
//! messages: compiled, and compared with what they gave before.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::fs;
use std::path::{Path, PathBuf};

use creamc_lang::compile::{Overrides, Unit, load};
use creamc_lang::cost;
use creamc_lang::count::{Graph, Limits, Window};
use creamc_lang::diagnostic::{Code, render};
use creamc_lang::source::{Files, ReadError};
use creamc_lang::space::Metric;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The repository's files, and before them some that stand on a page.
struct Repository<'t> {
    shown: Vec<(PathBuf, &'t str)>,
}

impl Files for Repository<'_> {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match self.shown.iter().find(|(shown, _)| path == shown) {
            Some((_, text)) => Ok((*text).to_owned()),
            None => fs::read_to_string(repository().join(path))
                .map_err(|_| ReadError("no such file".to_owned())),
        }
    }
}

fn compile(path: &str) -> Unit {
    let files = Repository { shown: Vec::new() };
    load(&files, Path::new(path), &Overrides::default()).expect("the file was listed")
}

/// An example beside those of its page that have a name.
fn compile_example<'t>(text: &'t str, page: &'t str) -> Unit {
    let path = Path::new("spaces/example.cream");
    let mut shown = named_examples(page);
    shown.push((path.to_owned(), text));
    load(&Repository { shown }, path, &Overrides::default()).expect("the example is in memory")
}

fn messages(unit: &Unit) -> String {
    let found = unit.diagnostics.iter();
    found
        .map(|found| render(found, &unit.sources, false) + "\n")
        .collect()
}

/// What the compiler makes of a text: its messages and the space.
fn outcome(unit: &Unit) -> String {
    let space = unit.space.as_ref().map(|space| space.print());
    format!("{}{}", messages(unit), space.unwrap_or_default())
}

fn files_of(folder: &str, extension: &str) -> Vec<String> {
    let entries = fs::read_dir(repository().join(folder)).expect("the folder is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("it can be listed").file_name().into_string())
        .map(|name| name.expect("our file names are UTF-8"))
        .filter(|name| name.ends_with(extension))
        .collect();
    names.sort();
    names
}

/// The blocks between ```` ```cream ```` and ```` ``` ````.
fn examples(page: &str) -> Vec<&str> {
    let starts = page.split("```cream\n").skip(1);
    starts
        .map(|rest| rest.split_once("```").expect("the block is closed").0)
        .collect()
}

/// The blocks between ```` ```cream NAME.cream ```` and ```` ``` ````, as if each stood in `spaces` under its name.
fn named_examples(page: &str) -> Vec<(PathBuf, &str)> {
    let marked = page.split("```cream ").skip(1);
    let blocks = marked.filter_map(|rest| rest.split_once("```")?.0.split_once('\n'));
    let named = blocks.filter(|(name, _)| name.ends_with(".cream"));
    named
        .map(|(name, text)| (Path::new("spaces").join(name), text))
        .collect()
}

#[test]
fn every_space_of_the_repository_compiles() {
    let published = files_of("spaces/published", ".cream").into_iter();
    let published = published.map(|name| format!("published/{name}"));
    for name in files_of("spaces", ".cream").into_iter().chain(published) {
        let unit = compile(&format!("spaces/{name}"));
        // A stage of `edge` is searched in its depth and may leave blocks out: it shows the warning.
        let allowed = match name.as_str() {
            "edge.cream" => vec![Code::SameNetworkTwice],
            _ => Vec::new(),
        };
        let found = unit.diagnostics.iter().map(|found| found.code);
        assert_eq!(found.collect::<Vec<_>>(), allowed, "{name}");
        insta::assert_snapshot!(
            format!(
                "space_{}",
                name.trim_end_matches(".cream").replace('/', "_")
            ),
            outcome(&unit)
        );
    }
}

#[test]
fn the_examples_of_the_language_reference_do_what_it_says() {
    let page = fs::read_to_string(repository().join("docs/language.md")).expect("the reference");
    let examples = examples(&page);
    assert_eq!(examples.len(), 8);
    for (at, text) in examples.into_iter().enumerate() {
        let unit = compile_example(text, &page);
        insta::assert_snapshot!(format!("reference_{}", at + 1), outcome(&unit));
    }
}

#[test]
fn the_reference_shows_spaces_as_they_are() {
    let page = fs::read_to_string(repository().join("docs/language.md")).expect("the reference");
    for name in ["tiny", "timed"] {
        let file = repository().join(format!("spaces/{name}.cream"));
        let space = fs::read_to_string(file).expect("the space");
        assert!(examples(&page).contains(&space.as_str()), "{name}");
    }
}

/// Codes that need more than the check of a file: bounds, archs.
fn is_of_a_later_pass(code: Code) -> bool {
    let words = ["arch-", "bound-", "choices-", "value-"];
    words.iter().any(|word| code.as_str().starts_with(word))
}

#[test]
fn the_example_on_the_page_of_a_message_gives_that_message_alone() {
    for &code in Code::ALL.iter().filter(|&&code| !is_of_a_later_pass(code)) {
        let examples = examples(code.page());
        assert!(!examples.is_empty(), "{} has no example", code.as_str());
        let unit = compile_example(examples[0], code.page());
        let found: Vec<&str> = unit
            .diagnostics
            .iter()
            .map(|found| found.code.as_str())
            .collect();
        assert_eq!(found, [code.as_str()], "{}", messages(&unit));
    }
}

#[test]
fn the_demo_space_has_7_056_paths_and_128_of_them_between_its_bounds() {
    let ir = compile("spaces/tiny.cream").ir.expect("the space is right");
    let graph = Graph::build(&ir, &cost::table(&ir, 28), &[]).expect("no depths are related");
    let window = Window {
        metric: Metric::Macs,
        low: 260_000,
        high: 310_000,
    };
    assert_eq!(graph.count(), 7_056_u32.into());
    let inside = graph.count_exact(&[window], Limits::default());
    assert_eq!(inside.expect("few enough costs"), 128_u32.into());
}
