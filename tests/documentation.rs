//! The pages in `docs` are a book: complete, linked, and what stands in them as code is tried.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use creamc::lang::checked::Checked;
use creamc::lang::compile::{self, Overrides};
use creamc::lang::latency::Times;
use creamc::lang::source::{FileId, Texts};
use creamc::lang::syntax;

/// What examples use.
const MOBILE: (&str, &str) = (
    "spaces/mobile.cream",
    include_str!("../spaces/mobile.cream"),
);

const TABLE: (&str, &str) = (
    "spaces/tables/tiny_cpu.yaml",
    include_str!("../spaces/tables/tiny_cpu.yaml"),
);

#[test]
fn every_page_is_in_the_summary_and_everything_in_the_summary_is_a_page() {
    let summary = read(&docs().join("SUMMARY.md"));
    let listed: BTreeSet<PathBuf> = links(&summary).map(|link| docs().join(link)).collect();
    let pages: BTreeSet<PathBuf> = pages().into_iter().collect();
    let missing: Vec<_> = pages.difference(&listed).collect();
    assert!(missing.is_empty(), "not in docs/SUMMARY.md: {missing:?}");
    let gone: Vec<_> = listed.difference(&pages).collect();
    assert!(gone.is_empty(), "in docs/SUMMARY.md, but no page: {gone:?}");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let names = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ];
    let others = names.map(|name| root().join(name));
    let examples = files(&root().join("examples"), "md");
    let mut broken = Vec::new();
    for page in pages().into_iter().chain(others).chain(examples) {
        let text = read(&page);
        let is_inside = |link: &&str| !link.contains("://");
        for link in links(&text).filter(is_inside) {
            if !leads_somewhere(&page, link) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn links_between_pages_stay_inside_the_book() {
    for page in pages() {
        let text = read(&page);
        for link in links(&text).filter(|link| !link.contains("://")) {
            let path = link.split('#').next().unwrap_or_default();
            let depth = page.strip_prefix(docs()).unwrap().components().count() - 1;
            let up = path.matches("../").count();
            assert!(up <= depth, "{}: {link}", page.display());
        }
    }
}

/// The files that stand on a page, each with its path: those marked with a name (`cream NAME.cream`) and the others, whose
/// mark is `cream` alone. They may use those with a name and some of `spaces`.
fn files_on(page: &str) -> Vec<(String, String)> {
    let files = blocks(page).into_iter().filter_map(|(mark, text)| {
        let name = match mark.strip_prefix("cream")?.trim() {
            "" => "example.cream",
            "part" => return None,
            name => name,
        };
        Some((format!("spaces/{name}"), text))
    });
    files.collect()
}

/// Why a file of a page is wrong, or its space has no path inside its bounds. One without spaces and archs has names only.
fn wrong_in(file: &(String, String), page: &[(String, String)]) -> Option<String> {
    let texts = std::iter::once(file).chain(page);
    let texts = texts.map(|(name, text)| (name.as_str(), text.as_str()));
    let texts: Vec<(&str, &str)> = texts.chain([MOBILE, TABLE]).collect();
    let unit = compile::load(&Texts(&texts), Path::new(&file.0), &Overrides::default());
    let unit = unit.expect("it is among the texts");
    let says = |word: &str| file.1.lines().any(|line| line.starts_with(word));
    let names_alone = !says("space ") && !says("arch ");
    if names_alone && !unit.has_errors() {
        return None;
    }
    let planned = Checked::of(unit).and_then(|checked| checked.plan());
    planned.err().map(|wrong| wrong.to_string())
}

/// Pages of messages show what gives the message; `crates/lang/tests/ui.rs` tries those.
#[test]
fn every_file_on_a_page_is_right() {
    let mut count = 0;
    let of_messages = docs().join("diagnostics");
    let pages = pages().into_iter().chain([root().join("README.md")]);
    for page in pages.filter(|page| !page.starts_with(&of_messages)) {
        let files = files_on(&read(&page));
        for file in &files {
            count += 1;
            if let Some(wrong) = wrong_in(file, &files) {
                panic!("{}: {wrong}", page.display());
            }
        }
    }
    assert!(count >= 10, "{count}");
}

/// Parts of files, bounds and blocks, stand on a page without their space: they can be read.
#[test]
fn what_is_written_in_the_language_is_marked_so_and_can_be_read() {
    let mut parts = 0;
    for page in pages().into_iter().chain([root().join("README.md")]) {
        for (mark, text) in blocks(&read(&page)) {
            let (_, wrong) = syntax::parse(FileId(0), &format!("cream 1\nspace s {{\n{text}}}"));
            let is_part = wrong.is_empty();
            let is_file = text.starts_with("cream 1\n");
            let page = page.display();
            match mark.as_str() {
                "cream part" => {
                    assert_eq!(wrong, [], "{page}:\n{text}");
                    parts += 1;
                }
                mark if mark == "cream" || mark.starts_with("cream ") => {}
                _ => assert!(!is_file && !is_part, "{page}: mark it ```cream:\n{text}"),
            }
        }
    }
    assert!(parts >= 4, "{parts}");
}

/// Spaces that narrow another stand in a line of prose.
#[test]
fn every_derived_space_in_a_line_is_right() {
    let readme = read(&root().join("README.md"));
    let (_, small) = blocks(&readme).swap_remove(0);
    assert!(small.contains("space small {"), "{small}");
    let mut count = 0;
    for (page, name, text) in [
        ("README.md", "small.cream", small.as_str()),
        ("CHANGELOG.md", "mobile.cream", MOBILE.1),
    ] {
        let page = read(&root().join(page));
        let lines = page.split('`').skip(1).step_by(2);
        let is_derived = |line: &&str| line.starts_with("space ") && line.contains(" of ");
        for line in lines.filter(is_derived) {
            let derived = format!("cream 1\nuse \"{name}\"\n{}\n", line.replace("  ", "\n"));
            let checked = Checked::from_texts(&[("derived.cream", &derived), (name, text)]);
            if let Err(wrong) = checked.and_then(|checked| checked.plan()).map(drop) {
                panic!("{line}: {wrong}");
            }
            count += 1;
        }
    }
    assert!(count >= 2, "{count}");
}

/// What is shown of the language's own blocks and of the tables that lie in `spaces` is what stands there.
#[test]
fn parts_of_files_on_a_page_stand_in_those_files() {
    let prelude = read(&root().join("crates/lang/src/space/recipe/prelude.cream"));
    let tables = Times::read(TABLE.1).expect("it is a table");
    let mut count = 0;
    for page in pages() {
        for (_, text) in blocks(&read(&page)) {
            if text.starts_with("block ") {
                assert!(prelude.contains(&text), "{}:\n{text}", page.display());
                count += 1;
            }
            if text.starts_with("# creamc ") {
                let shown = Times::read(&text).expect("a table on a page can be read");
                let lines = text.lines().count() - 1;
                assert_eq!(tables.common(&shown), lines, "{}:\n{text}", page.display());
                count += 1;
            }
        }
    }
    assert_eq!(count, 2);
}

/// Pages of operators show rows behind a margin, without the space around them.
#[test]
fn every_row_on_a_page_of_an_operator_stands_in_a_right_space() {
    let mut count = 0;
    for page in files(&docs().join("operators"), "md") {
        let text = read(&page);
        let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
        let begins = |line: &&str| {
            ["layer ", "stage ", "block "]
                .iter()
                .any(|word| line.starts_with(word))
        };
        let rows: Vec<&str> = lines.filter(begins).collect();
        assert!(!rows.is_empty(), "{}: no example", page.display());
        let space = around(&rows.join("\n"));
        let checked = Checked::from_text("example.cream", &space);
        if let Err(wrong) = checked.and_then(|checked| checked.plan()).map(drop) {
            panic!("{}: {wrong}", page.display());
        }
        count += 1;
    }
    assert!(count >= 14, "{count}");
}

/// A space that ends as all do, around rows, one of which may be its pool or its `linear`.
fn around(rows: &str) -> String {
    let (pool, linear) = (
        "layer flat avgpool\n",
        "layer out linear channels = classes\n",
    );
    let [before, between, after] = match (rows.contains(" linear"), rows.contains(" avgpool")) {
        (true, _) => [pool, "", ""],
        (false, true) => ["", "", linear],
        (false, false) => ["", pool, linear],
    };
    format!(
        "cream 1\nspace page {{\ninput image(channels = 3, resolution = 64)\noutput classes(10)\n\
         block deep = ir(kernel = 3, expand = 4)\nlayer wide conv(kernel = 1) channels = 32\n\
         {before}{rows}\n{between}{after}}}\n"
    )
}

/// Rust on a page is cut from code that is compiled and run: an example, or the documentation of a module.
#[test]
fn rust_on_a_page_stands_in_code_that_is_run() {
    let sources = files(&root().join("examples"), "rs").into_iter();
    let sources = sources.chain(files(&root().join("crates/lang/src"), "rs"));
    let code: Vec<String> = sources.map(|file| bare(&read(&file))).collect();
    let mut count = 0;
    for page in pages().into_iter().chain([root().join("README.md")]) {
        for (mark, text) in blocks(&read(&page)) {
            if mark == "rust" {
                count += 1;
                let found = code.iter().any(|code| code.contains(&bare(&text)));
                assert!(found, "{}: nowhere else:\n{text}", page.display());
            }
        }
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn links_and_headings_are_found_and_code_is_left_out() {
    let text =
        "# A: b, `c`\n[x](a.md#b) and [y](c.md)\n```text\n[no](no.md)\n```\nand `[no](no)`\n";
    assert_eq!(links(text).collect::<Vec<_>>(), ["a.md#b", "c.md"]);
    assert_eq!(headings(text), ["a-b-c"]);
    assert_eq!(
        blocks(text),
        [("text".to_owned(), "[no](no.md)\n".to_owned())]
    );
}

/// Lines without their margins and marks of documentation.
fn bare(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim();
        let line = line
            .strip_prefix("//!")
            .or(line.strip_prefix("///"))
            .unwrap_or(line);
        line.trim().to_owned() + "\n"
    };
    text.lines().map(line).collect()
}

fn leads_somewhere(page: &Path, link: &str) -> bool {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => page.to_owned(),
        path => page.parent().unwrap().join(path),
    };
    let is_there = target.exists();
    is_there && (heading.is_empty() || headings(&read(&target)).iter().any(|one| one == heading))
}

/// Where links lead to, those in code left out.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| {
        let outside = line.split('`').step_by(2);
        let parts = outside.flat_map(|part| part.split("](").skip(1));
        parts
            .filter_map(|part| Some(part.split_once(')')?.0))
            .filter(|link| !link.is_empty())
    })
}

/// Headings as links name them.
fn headings(text: &str) -> Vec<String> {
    let titles = prose(text).filter_map(|line| {
        line.trim_start_matches('#')
            .strip_prefix(' ')
            .filter(|_| line.starts_with('#'))
    });
    let slug = |title: &str| -> String {
        let kept = title.to_lowercase();
        let kept = kept
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    titles.map(slug).collect()
}

/// The lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// What stands behind the opening mark of each code block, and its text.
fn blocks(text: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = text.split("```").collect();
    assert_eq!(parts.len() % 2, 1, "a block is not closed:\n{text}");
    let insides = parts.iter().skip(1).step_by(2);
    let split = |inside: &&str| {
        let (mark, text) = inside.split_once('\n').unwrap_or((inside, ""));
        (mark.to_owned(), text.to_owned())
    };
    insides.map(split).collect()
}

/// Every page of the book.
fn pages() -> Vec<PathBuf> {
    let mut pages = files(&docs(), "md");
    pages.retain(|page| !page.ends_with("SUMMARY.md"));
    pages
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|one| one == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn docs() -> PathBuf {
    root().join("docs")
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
