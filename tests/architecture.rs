//! The table of modules in ARCHITECTURE.md is law: every import between modules is listed there.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module of one crate may import.
type Allowed = BTreeMap<String, BTreeSet<String>>;

#[test]
fn modules_of_the_jpeg_decoder_import_only_what_the_table_lists() {
    assert_crate("crates/jpeg", "crates/jpeg/src");
}

#[test]
fn modules_of_the_language_import_only_what_the_table_lists() {
    assert_crate("crates/lang", "crates/lang/src");
}

#[test]
fn modules_of_the_tool_import_only_what_the_table_lists() {
    assert_crate("src", "src");
}

#[test]
fn imports_in_the_table_only_go_up() {
    for heading in ["crates/jpeg", "crates/lang", "src"] {
        let mut seen = BTreeSet::new();
        for (module, imports) in rows(heading) {
            let below: Vec<_> = imports.difference(&seen).collect();
            assert!(
                below.is_empty(),
                "{heading}: `{module}` imports {below:?}, not above it"
            );
            seen.insert(module);
        }
    }
}

#[test]
fn an_import_is_found_in_paths_and_groups_but_not_in_comments_and_unit_tests() {
    let text = "use crate::a::B;\nuse crate::{c::{D, E}, f};\nlet x = crate::g::h(); // crate::i\n\
                #[cfg(test)]\nuse crate::j::K;\n";
    let names: Vec<String> = imported(text).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "c", "f", "g"]);
}

#[test]
fn every_module_of_the_table_exists() {
    for (heading, folder) in [
        ("crates/jpeg", "crates/jpeg/src"),
        ("crates/lang", "crates/lang/src"),
        ("src", "src"),
    ] {
        for (module, _) in rows(heading) {
            let folder = root().join(folder);
            let is_there =
                folder.join(&module).is_dir() || folder.join(module.clone() + ".rs").is_file();
            assert!(is_there, "{heading}: there is no module `{module}`");
        }
    }
}

fn assert_crate(heading: &str, folder: &str) {
    let allowed: Allowed = rows(heading).into_iter().collect();
    let folder = root().join(folder);
    let faults: Vec<String> = rust_files(&folder)
        .iter()
        .filter_map(|file| Some((file, module_of(&folder, file)?)))
        .flat_map(|(file, module)| file_faults(file, &module, &allowed))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn file_faults(file: &Path, module: &str, allowed: &Allowed) -> Vec<String> {
    let place = file
        .strip_prefix(root())
        .expect("the file lies in the repository")
        .display();
    let Some(imports) = allowed.get(module) else {
        return vec![format!(
            "{place}: `{module}` has no line in ARCHITECTURE.md"
        )];
    };
    let text = fs::read_to_string(file).expect("sources are readable");
    imported(&text)
        .into_iter()
        .filter(|(_, other)| other != module && !imports.contains(other))
        .map(|(line, other)| format!("{place}:{line}: `{module}` may not import `{other}`"))
        .collect()
}

/// Every module named behind `crate::`, with its line; comments and unit tests left out.
fn imported(text: &str) -> Vec<(usize, String)> {
    let code = before_tests(text);
    let mut found = Vec::new();
    for (at, found_text) in code.match_indices("crate::") {
        // Not `$crate::` and not the tail of another name.
        let is_whole =
            !code[..at].ends_with(|before: char| before.is_alphanumeric() || "_$".contains(before));
        if is_whole {
            let line = code[..at].matches('\n').count() + 1;
            let names = first_names(&code[at + found_text.len()..]);
            found.extend(names.into_iter().map(|name| (line, name)));
        }
    }
    // Types and macros at the root of a crate have a capital letter or a mark behind them.
    found.retain(|(_, name)| name.starts_with(char::is_lowercase));
    found
}

/// `a::b` gives a; `{a::b, c::{d, e}}` gives a and c.
fn first_names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![word(rest)];
    };
    let mut depth = 0;
    let mut names = vec![word(group)];
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn word(text: &str) -> String {
    let is_part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
    text.trim_start().chars().take_while(is_part).collect()
}

/// The lines before a file's unit tests, comments blanked.
fn before_tests(text: &str) -> String {
    let lines = text.lines().take_while(|line| *line != "#[cfg(test)]");
    lines
        .map(|line| line.split("//").next().unwrap_or_default().to_string() + "\n")
        .collect()
}

/// The module a file belongs to: the first part of its place below `folder`; none for the roots
/// of crates and for tests.
fn module_of(folder: &Path, file: &Path) -> Option<String> {
    let place = file
        .strip_prefix(folder)
        .expect("the file lies in the folder");
    let first = place.iter().next()?.to_str()?;
    let is_root = ["lib.rs", "main.rs", "bin"].contains(&first);
    let is_test = place.ends_with("tests.rs") || place.iter().any(|part| part == "tests");
    (!is_root && !is_test).then(|| first.trim_end_matches(".rs").to_string())
}

/// The rows of the table under `### heading`: a module and what it may import.
fn rows(heading: &str) -> Vec<(String, BTreeSet<String>)> {
    let page =
        fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let title = format!("### {heading}");
    let section = page.lines().skip_while(|line| *line != title).skip(1);
    let rows: Vec<_> = section
        .take_while(|line| !line.starts_with('#'))
        .filter_map(row)
        .collect();
    assert!(
        !rows.is_empty(),
        "ARCHITECTURE.md has no table under `{title}`"
    );
    rows
}

/// One line of the table: the module, what it does, what it may import.
fn row(line: &str) -> Option<(String, BTreeSet<String>)> {
    let cells: Vec<&str> = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .collect();
    let [module, _, imports] = cells[..] else {
        panic!("not three cells: {line}");
    };
    let module = module.trim().strip_prefix('`')?.strip_suffix('`')?;
    let imports = imports
        .split_whitespace()
        .map(|name| name.trim_matches('`').to_string());
    Some((module.to_string(), imports.collect()))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
