//! The items of a space, one kind a file: from syntax to values of the right type.
//!
//! `None` stands for "wrong, and reported": whatever rests on it stays silent,
//! so that one mistake gives one message.

mod choice;
mod defaults;
mod domain;
mod fit;
mod input;
mod literal;
mod narrow;
mod number;
mod operator;
mod recipe;
mod require;
mod row;
mod shared;
mod size;
mod sum;
mod table;
mod tally;
mod told;
mod value;
mod warn;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::recipe::Recipe;
use super::resolve::{Meaning, Scope, resolve};
use super::{Alternative, Members, NormSettings, Space, limits, report, shape};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{Sources, Spanned};
use crate::syntax::ast;

use choice::Choices;
use defaults::Defaults;
use literal::LetMeaning;

pub(super) use input::Input;
pub(super) use narrow::{Line, Open, Wants, narrow};
pub(super) use operator::block_count;
pub(crate) use recipe::{attribute_with, given_to_rows};
pub(super) use require::check_require;
pub(super) use row::{Draft, DraftWidth};
pub(super) use size::{kept, largest};
pub(super) use tally::Tally;
pub use told::Told;
pub(super) use value::{Form, Kind};

/// Everything known while a space is checked.
pub(super) struct Checker<'a> {
    pub(super) sources: &'a Sources,
    pub(super) scope: Scope<'a>,
    pub(super) found: Vec<Diagnostic>,
    /// What every `let` stands for.
    lets: BTreeMap<&'a str, Option<LetMeaning<'a>>>,
    /// What every block stands for.
    blocks: BTreeMap<&'a str, Option<Arc<[Alternative]>>>,
    /// What may stand in all blocks and rows looked at, in candidates, values and branches.
    bulk: Tally,
    /// The rows of every block that has them.
    recipes: BTreeMap<&'a str, Option<Arc<Recipe>>>,
    /// Whether the blocks looked at are the language's own.
    is_prelude: bool,
    choices: Choices<'a>,
    /// Names mentioned somewhere.
    used: BTreeSet<&'a str>,
    defaults: Defaults,
    classes: Option<Spanned<u32>>,
    /// What stands in the sets that were read.
    members: Members,
}

impl<'a> Checker<'a> {
    fn new(
        space: Option<&'a ast::Space>,
        files: &[&'a ast::File],
        sources: &'a Sources,
    ) -> Checker<'a> {
        let (scope, found) = resolve(space, files);
        Checker {
            sources,
            scope,
            found,
            lets: BTreeMap::new(),
            blocks: BTreeMap::new(),
            bulk: Tally::new(limits::BULK),
            recipes: BTreeMap::new(),
            is_prelude: false,
            choices: Choices::of(space),
            used: BTreeSet::new(),
            defaults: Defaults::default(),
            classes: None,
            members: Members::default(),
        }
    }

    /// Adds a message and gives the marker of an error.
    pub(super) fn wrong<T>(&mut self, problem: Diagnostic) -> Option<T> {
        self.found.push(problem);
        None
    }

    /// Looks at every `let`, each after all it rests on.
    fn check_lets(&mut self) {
        for entry in self.scope.ordered().to_vec() {
            if let Meaning::Let(item) = entry.meaning {
                self.check_let(item);
            }
        }
    }

    /// Looks at every block, each after all it rests on; `let`s and defaults are known.
    fn check_blocks(&mut self) {
        for entry in self.scope.ordered().to_vec() {
            match entry.meaning {
                Meaning::Block(item) => self.check_block(item),
                Meaning::Recipe(item) => self.check_recipe(item),
                _ => {}
            }
        }
    }

    fn check_block(&mut self, item: &'a ast::Block) {
        let name = item.name.value.as_str();
        let alternatives = self.op(&item.op);
        let alternatives = alternatives.map(|all| operator::named(&all, name));
        self.blocks.insert(name, alternatives);
    }

    /// The number of classes, where it is known.
    pub(super) fn class_count(&self) -> Option<u32> {
        self.classes.map(|classes| classes.value)
    }

    /// Whether every name has its meaning.
    fn is_whole(&self) -> bool {
        self.lets.values().all(Option::is_some)
            && self.blocks.values().all(Option::is_some)
            && self.recipes.values().all(Option::is_some)
    }

    /// All messages, in order of place; warnings only where there is no error.
    ///
    /// # Panics
    /// When something is wrong, not `is_checked` or without a meaning, and no message says so: it
    /// would be left out in silence.
    fn finish(self, is_checked: bool) -> Vec<Diagnostic> {
        let is_whole = is_checked && self.is_whole();
        let mut found = self.found;
        let is_wrong = found.iter().any(|found| found.severity == Severity::Error);
        assert!(is_whole || is_wrong, "what is wrong is reported");
        found.retain(|found| !is_wrong || found.severity == Severity::Error);
        found.sort_by_key(|found| (found.labels[0].span, found.code));
        found.dedup_by_key(|found| (found.code, found.labels[0].span));
        found
    }
}

/// Checks a space among the files it can see, its own first.
pub(super) fn check_space(
    space: &ast::Space,
    files: &[&ast::File],
    classes: Option<u32>,
    sources: &Sources,
) -> (Option<Space>, Vec<Diagnostic>) {
    let mut checker = Checker::new(Some(space), files, sources);
    let checked = checker.space(space, classes);
    checker.warn(checked.as_ref());
    let found = checker.finish(checked.is_some());
    let is_wrong = found.iter().any(|found| found.severity == Severity::Error);
    (checked.filter(|_| !is_wrong), found)
}

/// The language's own blocks.
pub(super) fn check_prelude(file: &ast::File, sources: &Sources) -> Vec<Arc<Recipe>> {
    let mut checker = Checker::new(None, &[file], sources);
    // That their names are taken is as it should be.
    checker.found.clear();
    checker.is_prelude = true;
    checker.check_blocks();
    let found = &checker.found;
    assert!(found.is_empty(), "the prelude is right: {found:?}");
    checker.recipes.into_values().flatten().collect()
}

/// Checks the names of files without a space.
pub(super) fn check_library(files: &[&ast::File], sources: &Sources) -> Vec<Diagnostic> {
    let mut checker = Checker::new(None, files, sources);
    checker.check_lets();
    checker.check_blocks();
    checker.finish(true)
}

impl<'a> Checker<'a> {
    /// The whole space. Every part is looked at, also after an error in another.
    fn space(&mut self, space: &'a ast::Space, classes: Option<u32>) -> Option<Space> {
        self.check_lets();
        self.check_defaults(&space.items);
        self.check_choice_count();
        self.check_blocks();
        let input = self.input(space);
        self.classes = self.output(space, classes);
        let rows = self.rows(space);
        let tables = self.tables(space);
        let requires = self.requires(space, &rows, &tables);
        let fit = self.fit(space, &rows);
        let flow = shape::flow(self, &rows, input.as_ref());
        let input = input?;
        Some(Space {
            name: space.name.clone(),
            input_channels: input.channels?,
            resolution: input.resolution?,
            listed_by_base: None,
            classes: self.classes?,
            choices: self.choices.checked(),
            tables,
            rows: flow?,
            requires: requires?,
            fit: fit?,
            norm: self.norm()?,
            members: std::mem::take(&mut self.members),
            is_derived: false,
            span: space.span,
        })
    }

    fn norm(&self) -> Option<NormSettings> {
        Some(NormSettings {
            eps: self.defaults.eps?,
            momentum: self.defaults.momentum?,
        })
    }

    fn rows(&mut self, space: &'a ast::Space) -> Vec<Draft<'a>> {
        let mut rows = Vec::new();
        for item in &space.items {
            if let ast::Item::Row(row) = item {
                rows.push(self.row(row));
            }
        }
        if rows.is_empty() {
            self.found.push(report::no_rows(space));
        }
        rows
    }
}
