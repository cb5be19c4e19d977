//! Giving a name of the file itself another one, everywhere in the file; and one of a row or a choice that a
//! derived space has from its base, in the files of both.

use super::names::{Namespace, Occurrence, What};
use super::{Project, recipes};
use crate::diagnostic::Edit;
use crate::source::{FileId, Name, Span};
use crate::space::{AttributeName, Verb, given_meaning, given_to_rows};
use crate::syntax::{LONGEST_NAME, ast, is_reserved};

impl Project<'_> {
    /// The name under a place, if it can be renamed.
    ///
    /// # Errors
    /// Why not, for the user.
    pub fn renamable(&self, offset: usize) -> Result<Span, String> {
        self.target(offset).map(|target| target.name.span)
    }

    /// The edits that give the name under a place another one; in used files too where it is that of a base.
    ///
    /// # Errors
    /// When nothing there can be renamed, or the new name is none or taken; in words for the user.
    pub fn rename(&self, offset: usize, new: &str) -> Result<Vec<Edit>, String> {
        let target = self.target(offset)?;
        if new != target.name.value {
            self.may_be_named(&target, new)?;
        }
        let files = match self.is_of_base(&target) {
            true => self.line_of_descent(),
            false => vec![&self.unit.ast],
        };
        let all = files
            .into_iter()
            .flat_map(|file: &ast::File| self.occurrences_in(file));
        let same = all.filter(|one| one.is_of(&target));
        Ok(same.map(|one| Edit::new(one.name.span, new)).collect())
    }

    fn target(&self, offset: usize) -> Result<Occurrence<'_>, String> {
        // What could not be read may mention the name.
        if self.unit.diagnostics.iter().any(|one| one.code.is_syntax()) {
            return Err("the file has syntax errors: mend them first".to_owned());
        }
        let Some(occurrence) = self.occurrence_at(offset) else {
            return Err("only a name that a file declares can be renamed".to_owned());
        };
        let name = &occurrence.name.value;
        let Some(declared) = self.declaration(&occurrence) else {
            return Err(format!("`{name}` is declared nowhere"));
        };
        let file = declared.name.span.file;
        if file != FileId(0) && !self.is_of_base(&occurrence) {
            let file = &self.unit.sources.get(file).name;
            return Err(format!("`{name}` is declared in `{file}`: rename it there"));
        }
        match self.is_declared_once(&occurrence, declared.name) {
            true => Ok(occurrence),
            false => Err(format!("`{name}` is declared twice")),
        }
    }

    /// Whether a name is that of a row or a choice of a space that the file's own is derived from.
    fn is_of_base(&self, occurrence: &Occurrence<'_>) -> bool {
        let Some(declared) = self.declaration(occurrence) else {
            return false;
        };
        let is_inside = matches!(declared.what, What::Row(_) | What::Choice(_));
        let bases = self.line_of_descent().into_iter().skip(1);
        let mut bases = bases.map(|file| file.span.file);
        is_inside && bases.any(|file| file == declared.name.span.file)
    }

    fn is_declared_once(&self, occurrence: &Occurrence<'_>, declared: &Name) -> bool {
        let all = self.declarations().into_iter();
        let mut others = all.filter(|one| {
            one.what.namespace() == occurrence.namespace
                && one.name.value == declared.value
                && one.name.span != declared.span
        });
        others.next().is_none()
    }

    fn may_be_named(&self, target: &Occurrence<'_>, new: &str) -> Result<(), String> {
        let namespace = target.namespace;
        if !is_name(new) {
            return Err(format!(
                "`{new}` is no name: a name has the letters a to z, A to Z, digits and `_`, and no digit first"
            ));
        }
        if new.len() > LONGEST_NAME {
            return Err(format!("a name has at most {LONGEST_NAME} letters"));
        }
        if is_reserved(new) {
            return Err(format!("`{new}` is a word of the language"));
        }
        let given = match namespace {
            Namespace::Values => given_meaning(new),
            Namespace::Params(_) => given_to_rows(new),
            _ => None,
        };
        if let Some(given) = given {
            return Err(format!("`{new}` has a meaning already: it is {given}"));
        }
        let is_taken = self
            .declarations()
            .iter()
            .any(|one| one.what.namespace() == namespace && one.name.value == new);
        if is_taken {
            return Err(format!("`{new}` is declared already"));
        }
        if self.is_known_beside(target, new) {
            return Err(format!(
                "`{new}` means something else in the rows of a block that mention `{}`",
                target.name.value
            ));
        }
        let names = [target.name.value.as_str(), new];
        let unnamed = names
            .into_iter()
            .find(|name| is_taken_unnamed(namespace, name));
        if let Some(word) = unnamed {
            return Err(format!(
                "rows that say no {word} take the parameter `{word}`: they would mean something else"
            ));
        }
        let mut names = names.into_iter();
        match names.find(|name| self.has_default(namespace, name)) {
            Some(word) => Err(format!(
                "`default {word} = …` gives a value to parameters that are called `{word}`: the block would \
                 mean something else"
            )),
            None => Ok(()),
        }
    }

    /// Whether a `default` of the space, or of those it is derived from, reaches a parameter of that name.
    fn has_default(&self, namespace: Namespace, name: &str) -> bool {
        let files = self.line_of_descent().into_iter();
        let items = files.flat_map(|file| &file.items);
        let spaces = items.filter_map(|item| match item {
            ast::FileItem::Space(space) => Some(space),
            _ => None,
        });
        let items = spaces.flat_map(|space| &space.items);
        let defaults = items.filter_map(|item| match item {
            ast::Item::Default(default) => Some(default),
            _ => None,
        });
        let mut given = defaults.flat_map(|default| &default.attributes);
        matches!(namespace, Namespace::Params(_)) && given.any(|one| one.name.value == name)
    }

    /// Whether a block of rows that mentions the name knows the other one: as a word that rows give a meaning, as
    /// a parameter, a row or, where the name is the block's own, at all. What rows know comes before the file's names.
    fn is_known_beside(&self, target: &Occurrence<'_>, new: &str) -> bool {
        let all = self.occurrences();
        let is_mentioned = |block: Span| {
            let mut same = all.iter().filter(|one| one.is_of(target));
            same.any(|one| block.contains(one.name.span))
        };
        let own = match target.namespace {
            Namespace::Params(block) | Namespace::Parts(block) => Some(block),
            Namespace::Values | Namespace::Spaces | Namespace::Archs => None,
        };
        let is_used = |block: Span| {
            let mut named = all.iter().filter(|one| one.name.value == new);
            named.any(|one| block.contains(one.name.span))
        };
        // Parameters and rows are not called so in any block.
        let is_given = target.namespace == Namespace::Values
            && (Verb::from_word(new).is_some() || given_to_rows(new).is_some());
        let declares = |recipe: &ast::Recipe| {
            let mut inside = recipes::inside(recipe).into_iter();
            inside.any(|one| one.name.value == new)
        };
        let declared = self.declarations().into_iter();
        let mut recipes = declared.filter_map(|one| match one.what {
            What::Recipe(recipe) => Some(recipe),
            _ => None,
        });
        own.is_some_and(is_used)
            || recipes.any(|recipe| (is_given || declares(recipe)) && is_mentioned(recipe.span))
    }
}

/// Whether rows take a parameter of that name without a word: `act`, `norm` and `padding`.
fn is_taken_unnamed(namespace: Namespace, name: &str) -> bool {
    let attribute = AttributeName::from_word(name);
    let is_word = attribute.is_some_and(|attribute| !attribute.words().is_empty());
    matches!(namespace, Namespace::Params(_)) && is_word
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    let first = letters.next();
    first.is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && letters.all(|c| c == '_' || c.is_ascii_alphanumeric())
}
