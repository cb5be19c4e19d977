//! Every message, seen as its reader sees it: `tests/ui/**/*.cream` are cases, and beside each lies a
//! snapshot of its text and what the compiler says about it. `cargo insta review` shows what changed.
//!
//! Folders named `used` hold files that cases `use`.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use creamc_lang::arch;
use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::cure;
use creamc_lang::diagnostic::{Code, Diagnostic, Edit, Severity, render};
use creamc_lang::plan;
use creamc_lang::source::{FileId, Files, ReadError};

#[test]
fn every_case_gives_the_messages_of_its_snapshot() {
    let failed: Vec<String> = cases()
        .iter()
        .filter(|case| panic::catch_unwind(|| compare(case)).is_err())
        .map(|case| case.display().to_string())
        .collect();
    assert!(failed.is_empty(), "changed: {failed:#?}");
}

#[test]
fn every_snapshot_has_a_case() {
    for snapshot in files_under(&ui(), "snap") {
        let case = snapshot.with_extension("cream");
        assert!(case.is_file(), "{} has no case", snapshot.display());
    }
}

#[test]
fn every_page_has_a_title_and_an_example() {
    for code in Code::ALL {
        let (name, page) = (code.as_str(), code.page());
        assert!(page.starts_with(&format!("# {name}\n")), "{name}.md");
        assert!(page.contains("\n```"), "{name}.md");
    }
}

#[test]
fn every_page_has_a_code() {
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), Code::ALL.len(), "two codes share a name");
    for page in files_under(&repository().join("docs/diagnostics"), "md") {
        let name = stem(&page);
        assert!(codes.contains(name.as_str()), "no code is called {name}");
    }
}

#[test]
fn every_code_has_a_case() {
    let given: BTreeSet<Code> = cases()
        .iter()
        .flat_map(|case| compiled(case).1)
        .map(|diagnostic| diagnostic.code)
        .collect();
    let missing: Vec<&Code> = Code::ALL
        .iter()
        .filter(|code| !given.contains(code))
        .collect();
    assert!(missing.is_empty(), "without a case: {missing:?}");
}

#[test]
fn the_example_of_a_page_gives_its_message() {
    for code in Code::ALL {
        for example in examples(code.page()) {
            let unit = compile_text(&example);
            let given: Vec<&str> = unit
                .1
                .iter()
                .map(|diagnostic| diagnostic.code.as_str())
                .collect();
            assert!(
                given.contains(&code.as_str()),
                "{}.md: {given:?}",
                code.as_str()
            );
        }
    }
}

/// Cases in which one mistake hides the next one.
const HAVE_A_MISTAKE_BEHIND: [&str; 1] = ["rows_of_a_block"];

#[test]
fn every_cure_takes_its_message_away_and_makes_no_error() {
    let mut wrong = Vec::new();
    let mut cures = 0;
    let cases = cases().into_iter();
    for case in cases.filter(|case| !HAVE_A_MISTAKE_BEHIND.contains(&stem(case).as_str())) {
        let (unit, found) = compiled(&case);
        for one in &found {
            let edits = one.help.as_ref().map_or(&[][..], |help| &help.edits);
            if edits.is_empty() {
                continue;
            }
            cures += 1;
            let cured = Cured::of(&case, &unit, edits);
            if let Some(what) = cured.is_worse(one, &found) {
                let shown = render(one, &unit.sources, false);
                wrong.push(format!("{}: {what}\n{shown}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cures > 150, "{cures}");
}

/// A case after a cure.
struct Cured {
    unit: Unit,
    found: Vec<Diagnostic>,
    /// The lines that the cure wrote, by files.
    written: BTreeSet<(FileId, usize)>,
}

impl Cured {
    fn of(case: &Path, unit: &Unit, edits: &[Edit]) -> Cured {
        let mut texts = BTreeMap::new();
        let mut written = BTreeSet::new();
        for (id, source) in unit.sources.iter() {
            let own: Vec<Edit> = edits
                .iter()
                .filter(|one| one.span.file == id)
                .cloned()
                .collect();
            let text = cure::edited(&source.text, &own).expect("edits do not overlap");
            written.extend(lines_of(&own, &source.text).map(|line| (id, line)));
            texts.insert(PathBuf::from(&source.name), text);
        }
        let folder = case.parent().expect("a case lies in a folder").to_owned();
        let name = case.file_name().expect("a case has a name");
        let (unit, found) = all_messages(&Edited(texts, Folder(folder)), Path::new(name));
        Cured {
            unit,
            found,
            written,
        }
    }

    /// What is wrong with it, if something is. What is only looked at where nothing was wrong before is not counted:
    /// names behind syntax, and bounds of whole spaces.
    fn is_worse(&self, cured: &Diagnostic, before: &[Diagnostic]) -> Option<String> {
        let is_same =
            |other: &&Diagnostic| (other.code, &other.message) == (cured.code, &cured.message);
        let count = |found: &[Diagnostic]| found.iter().filter(is_same).count();
        if count(&self.found) >= count(before) {
            return Some("it is still there".to_owned());
        }
        let is_old = |one: &Diagnostic| {
            before
                .iter()
                .any(|other| (other.code, &other.message) == (one.code, &one.message))
        };
        let is_written = |one: &Diagnostic| {
            one.labels.iter().any(|label| {
                let source = self.unit.sources.get(label.span.file);
                let line = source.position(label.span.start as usize).line;
                self.written.contains(&(label.span.file, line))
            })
        };
        let is_later = |one: &Diagnostic| match cured.code.is_syntax() {
            true => !one.code.is_syntax(),
            false => one.code >= Code::BoundUnreachable,
        };
        let errors = self.found.iter();
        let mut errors = errors.filter(|one| one.severity == Severity::Error && !is_later(one));
        let new = errors.find(|one| !is_old(one) && is_written(one))?;
        Some(render(new, &self.unit.sources, false))
    }
}

/// The lines, from 1, that edits of one file touch in the edited text.
fn lines_of(edits: &[Edit], text: &str) -> impl Iterator<Item = usize> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span.start);
    let mut added = 0;
    let lines = |part: &str| part.matches('\n').count() as isize;
    let touched = edits.into_iter().flat_map(move |edit| {
        let first = 1 + lines(&text[..edit.span.start as usize]) + added;
        let (old, new) = (lines(&text[edit.span.range()]), lines(&edit.replacement));
        added += new - old;
        (first..=first + new).map(|line| line as usize)
    });
    touched.collect::<Vec<usize>>().into_iter()
}

/// Some files as they would be, before those of a folder.
struct Edited(BTreeMap<PathBuf, String>, Folder);

impl Files for Edited {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match self.0.get(path) {
            Some(text) => Ok(text.clone()),
            None => self.1.read(path),
        }
    }
}

/// Messages are one text: the case, then what is said about it.
fn compare(case: &Path) {
    let text = fs::read_to_string(case).expect("a case is readable");
    let (unit, diagnostics) = compiled(case);
    let messages: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, &unit.sources, false))
        .collect();
    assert!(!messages.is_empty(), "{} gives no message", case.display());

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(case.parent().expect("a case lies in a folder"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let snapshot = format!(
        "{}\n{}\n\n{}",
        text.trim_end(),
        "=".repeat(80),
        messages.join("\n")
    );
    settings.bind(|| insta::assert_snapshot!(stem(case), snapshot));
}

fn compiled(case: &Path) -> (Unit, Vec<Diagnostic>) {
    let folder = case.parent().expect("a case lies in a folder").to_owned();
    let name = case.file_name().expect("a case has a name");
    all_messages(&Folder(folder), Path::new(name))
}

fn compile_text(text: &str) -> (Unit, Vec<Diagnostic>) {
    let files = BTreeMap::from([("example.cream", text)]);
    all_messages(&Memory(files), Path::new("example.cream"))
}

/// What `creamc check` says.
fn all_messages(files: &dyn Files, path: &Path) -> (Unit, Vec<Diagnostic>) {
    let unit = compile::load(files, path, &Overrides::default()).expect("a case can be read");
    let mut diagnostics = unit.diagnostics.clone();
    if let (Some(ir), false) = (&unit.ir, unit.has_errors()) {
        if ir.is_proved_beside(!unit.archs.is_empty()) {
            diagnostics.extend(match plan::plan(ir, &plan::Request::default()) {
                Ok((_, warnings)) => warnings,
                Err(errors) => errors,
            });
        }
        let archs = unit.archs.iter();
        diagnostics.extend(archs.flat_map(|written| arch::read(written, ir).1));
    }
    (unit, diagnostics)
}

/// Files of one folder on the disk.
struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        fs::read_to_string(self.0.join(path)).map_err(|_| ReadError("no such file".to_owned()))
    }
}

/// Files by name, beside those under `spaces/`.
struct Memory<'a>(BTreeMap<&'a str, &'a str>);

impl Files for Memory<'_> {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match path.to_str().and_then(|name| self.0.get(name)) {
            Some(text) => Ok((*text).to_owned()),
            None => Folder(repository().join("spaces")).read(path),
        }
    }
}

/// The `cream` blocks of a page that are whole files.
fn examples(page: &str) -> Vec<String> {
    page.split("```cream\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```"))
        .map(|(example, _)| example.to_owned())
        .collect()
}

fn cases() -> Vec<PathBuf> {
    files_under(&ui(), "cream")
}

fn files_under(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() && stem(&path) != "used" {
            files.extend(files_under(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().expect("the path names something");
    stem.to_string_lossy().into_owned()
}

fn ui() -> PathBuf {
    repository().join("tests/ui")
}

fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize()
        .expect("the crate lies in the repository")
}
