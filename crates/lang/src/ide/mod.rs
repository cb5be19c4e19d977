//! What an editor asks about a file: what is here, what may stand here, where is it declared.
//!
//! In: a compiled file, whatever is wrong with it, and a place in it. Out: plain values, which the
//! language server writes as messages. Places are byte offsets on character boundaries;
//! [`Lines`] turns those of editors into them.

mod complete;
mod context;
mod facts;
mod fixed;
mod hover;
mod lines;
mod names;
mod parts;
mod recipes;
mod rename;
#[cfg(test)]
mod tests;
mod words;

pub use complete::{Completion, CompletionKind};
pub use hover::Hover;
pub use lines::{Lines, Place};

use std::path::Path;

use crate::compile::{self, Unit};
use crate::ir::Ir;
use crate::plan::Plan;
use crate::source::{FileId, Span};
use crate::space;
use crate::syntax::{self, Kind, Token, ast};

/// A compiled file with the syntax trees of all it uses.
#[derive(Debug)]
pub struct Project<'a> {
    unit: &'a Unit,
    /// The space with all that is to be settled, where that is done.
    plan: Option<&'a Plan>,
    used: Vec<ast::File>,
}

impl<'a> Project<'a> {
    /// Of a compiled file, with its plan where there is one.
    pub fn new(unit: &'a Unit, plan: Option<&'a Plan>) -> Project<'a> {
        let is_table = |id: &FileId| unit.tables.contains(id);
        let used = unit.sources.iter().skip(1);
        let used = used.filter(|(id, _)| !is_table(id));
        Project {
            unit,
            plan,
            used: used
                .map(|(id, source)| syntax::parse(id, &source.text).0)
                .collect(),
        }
    }

    /// The text of the file itself.
    fn text(&self) -> &'a str {
        &self.unit.sources.get(FileId(0)).text
    }

    /// The space; every depth that `fit` settles is one number where there is a plan.
    fn ir(&self) -> Option<&'a Ir> {
        self.plan.map(|plan| &plan.ir).or(self.unit.ir.as_ref())
    }

    fn text_at(&self, span: Span) -> &str {
        self.unit.sources.text(span)
    }

    /// Where the thing under `offset` is declared, or the start of the file that is used there.
    pub fn definition(&self, offset: usize) -> Option<Span> {
        let user = Path::new(&self.unit.sources.get(FileId(0)).name);
        if let Some(used) = self.used_at(offset) {
            return self.start_of(&compile::used_path(user, used));
        }
        if let Some(table) = self.table_at(offset) {
            return self.start_of(&compile::table_path(user, table));
        }
        let occurrence = self.occurrence_at(offset)?;
        self.declaration(&occurrence).map(|found| found.name.span)
    }

    fn used_at(&self, offset: usize) -> Option<&ast::Use> {
        let mut uses = self.unit.ast.uses.iter();
        uses.find(|used| touches(used.path.span, offset))
    }

    /// The table whose file is named under a place.
    fn table_at(&self, offset: usize) -> Option<&space::Table> {
        let mut tables = self.unit.space.iter().flat_map(|space| &space.tables);
        tables.find(|table| table.path.span.file == FileId(0) && touches(table.path.span, offset))
    }

    fn start_of(&self, path: &Path) -> Option<Span> {
        let path = path.display().to_string();
        let mut files = self.unit.sources.iter();
        let (id, _) = files.find(|(_, source)| source.name == path)?;
        Some(Span::new(id, 0, 0))
    }

    /// The word under a place or right before it.
    fn word_at(&self, offset: usize) -> Option<Token> {
        let tokens = syntax::lex(FileId(0), self.text()).tokens;
        // Two words never touch each other: something stands between them.
        let mut words = tokens.into_iter().filter(|token| token.kind == Kind::Word);
        words.find(|token| touches(span_of(token), offset))
    }
}

/// Whether a place is in a span or right behind it.
fn touches(span: Span, offset: usize) -> bool {
    (span.start as usize..=span.end as usize).contains(&offset)
}

/// Where a token of the file itself stands.
fn span_of(token: &Token) -> Span {
    Span::new(FileId(0), token.start as usize, token.end as usize)
}
