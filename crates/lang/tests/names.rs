//! An editor's answers about names, in every file of the repository: each mention leads to its declaration,
//! and a name that is renamed is renamed wherever the compiler reads it.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use creamc_lang::compile::{self, Overrides, Unit};
use creamc_lang::cost;
use creamc_lang::cure;
use creamc_lang::diagnostic::{Code, Edit};
use creamc_lang::ide::Project;
use creamc_lang::source::{FileId, Files, Name, ReadError};
use creamc_lang::space::{AttributeName, Verb};
use creamc_lang::syntax::{self, ast};

#[test]
fn every_mention_of_a_name_leads_to_its_declaration() {
    let mut mentions = 0;
    for path in texts() {
        let unit = load(&Edited::default(), &path);
        let project = Project::new(&unit, None);
        let text = &unit.sources.get(FileId(0)).text;
        // A name that is declared twice, or that a syntax error hides, leads nowhere in particular.
        if unit.has_errors() {
            continue;
        }
        let names = declared(&unit);
        for (offset, word) in words(text) {
            if names.iter().any(|name| name.value == word) {
                let found = project.definition(offset);
                let found = found.map(|span| unit.sources.text(span));
                assert_eq!(found, Some(word), "{}: byte {offset}", path.display());
                mentions += 1;
            }
        }
    }
    assert!(mentions > 500, "{mentions}");
}

#[test]
fn every_name_can_be_renamed_and_nothing_else_changes() {
    let mut renamed = 0;
    for path in texts() {
        let old = load(&Edited::default(), &path);
        let own = declared_in(&old.ast);
        for name in own {
            let offset = name.span.start as usize;
            let Ok(edits) = Project::new(&old, None).rename(offset, "quite_another") else {
                continue;
            };
            let new = load(&Edited::of(&old, &edits), &path);
            let place = format!("{}: `{}`", path.display(), name.value);
            // A row without a name is called after what it does, too: a name that two have is one's own, then.
            let before = said(&old);
            let added = said(&new).into_iter().find(|one| !before.contains(one));
            assert_eq!(added, None, "{place}");
            assert!(old.ir.is_none() || costs(&new) == costs(&old), "{place}");
            renamed += 1;
        }
    }
    assert!(renamed > 500, "{renamed}");
}

/// What is said about a text, by rules and lines.
fn said(unit: &Unit) -> Vec<(Code, usize)> {
    let found = unit.diagnostics.iter().map(|one| {
        let span = one.labels[0].span;
        let source = unit.sources.get(span.file);
        (one.code, source.position(span.start as usize).line)
    });
    found.collect()
}

/// What every candidate costs.
fn costs(unit: &Unit) -> Option<cost::Table> {
    let ir = unit.ir.as_ref()?;
    let resolution = ir.resolution.value.values()[0];
    Some(cost::table(ir, resolution))
}

/// Every name that files declare and a mention can mean nothing else by: those of attributes may be parameters, and
/// rows of blocks do things of any names.
fn declared(unit: &Unit) -> Vec<Name> {
    let is_table = |id: &FileId| unit.tables.contains(id);
    let files = unit.sources.iter().filter(|(id, _)| !is_table(id));
    let files = files.map(|(id, source)| syntax::parse(id, &source.text).0);
    let mut names: Vec<Name> = files.flat_map(|file| declared_in(&file)).collect();
    names.retain(|name| {
        let is_attribute = AttributeName::from_word(&name.value).is_some();
        !is_attribute && Verb::from_word(&name.value).is_none()
    });
    names
}

fn declared_in(file: &ast::File) -> Vec<Name> {
    let mut names = Vec::new();
    for item in &file.items {
        match item {
            ast::FileItem::Let(item) => names.push(item.name.clone()),
            ast::FileItem::Block(item) => names.push(item.name.clone()),
            ast::FileItem::Recipe(item) => names.extend(in_recipe(item)),
            ast::FileItem::Arch(item) => names.push(item.name.clone()),
            ast::FileItem::Space(space) => {
                names.push(space.name.clone());
                names.extend(space.items.iter().flat_map(in_item));
            }
            ast::FileItem::Error(_) => {}
        }
    }
    names
}

fn in_item(item: &ast::Item) -> Vec<Name> {
    match item {
        ast::Item::Let(item) => vec![item.name.clone()],
        ast::Item::Choice(item) => vec![item.name.clone()],
        ast::Item::Table(item) => vec![item.name.clone()],
        ast::Item::Block(item) => vec![item.name.clone()],
        ast::Item::Row(item) => vec![item.name.clone()],
        ast::Item::Recipe(item) => in_recipe(item),
        _ => Vec::new(),
    }
}

fn in_recipe(recipe: &ast::Recipe) -> Vec<Name> {
    let params = recipe.params.iter().map(|param| param.name.clone());
    let parts = recipe.parts.iter().filter_map(|part| part.name.clone());
    let all = std::iter::once(recipe.name.clone()).chain(params);
    all.chain(parts).collect()
}

/// The words of a text with their places, those in comments and strings left out.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        let mut offset = start;
        for (at, part) in code.split('"').enumerate() {
            if at % 2 == 0 {
                words.extend(words_of(part).map(|(at, word)| (offset + at, word)));
            }
            offset += part.len() + 1;
        }
        start += line.len();
    }
    words
}

fn words_of(part: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_letter = |c: char| c == '_' || c.is_alphanumeric();
    let words = part.split(move |c| !is_letter(c));
    let words = words.filter(|word| !word.is_empty());
    let offset = |word: &str| word.as_ptr() as usize - part.as_ptr() as usize;
    words.map(move |word| (offset(word), word))
}

fn load(files: &Edited, path: &Path) -> Unit {
    compile::load(files, path, &Overrides::default()).expect("the file is there")
}

/// The files on the disk, some of them edited.
#[derive(Default)]
struct Edited(BTreeMap<PathBuf, String>);

impl Edited {
    fn of(unit: &Unit, edits: &[Edit]) -> Edited {
        let files = unit.sources.iter().map(|(id, source)| {
            let own = edits.iter().filter(|edit| edit.span.file == id);
            let own: Vec<Edit> = own.cloned().collect();
            let text = cure::edited(&source.text, &own).expect("edits do not overlap");
            (PathBuf::from(&source.name), text)
        });
        Edited(files.collect())
    }
}

impl Files for Edited {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match self.0.get(path) {
            Some(text) => Ok(text.clone()),
            None => fs::read_to_string(path).map_err(|error| ReadError(error.to_string())),
        }
    }
}

/// Every text of the language in the repository.
fn texts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the crate lies in it");
    let folders = ["tests/ui", "examples", "spaces"];
    let mut texts = Vec::new();
    for folder in folders {
        add_texts(&root.join(folder), &mut texts);
    }
    texts.sort();
    texts
}

fn add_texts(folder: &Path, texts: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if path.is_dir() {
            add_texts(&path, texts);
        } else if path.extension().is_some_and(|found| found == "cream") {
            texts.push(path);
        }
    }
}
