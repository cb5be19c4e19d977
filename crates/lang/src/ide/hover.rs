//! What stands under a place, in Markdown.

use std::collections::BTreeSet;

use super::facts::{paths, range};
use super::names::{Declaration, What};
use super::{Project, span_of, words};
use crate::arch;
use crate::cost;
use crate::ir::{Candidate, Ir, Slot, UNKNOWN};
use crate::quantity::grouped;
use crate::source::{FileId, Span};
use crate::space::{Operator, Setting, Verb};
use crate::syntax::ast::{self, FileItem, Item};

/// What is told about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The word it is about, in the file itself.
    pub span: Span,
    /// Markdown.
    pub text: String,
}

impl Project<'_> {
    /// What is known of the word under a place; `None` where nothing is.
    pub fn hover(&self, offset: usize) -> Option<Hover> {
        let span = span_of(&self.word_at(offset)?);
        let word = self.text_at(span);
        let occurrence = self.occurrence_at(span.start as usize);
        let declared = occurrence
            .filter(|one| one.name.span == span)
            .and_then(|one| self.declaration(&one));
        let text = match (declared, self.row_of_keyword(span)) {
            (Some(declared), _) => self.told(declared),
            (None, Some(row)) => self.row(row),
            (None, None) => self.in_rows(span, word).or_else(|| meaning(word))?,
        };
        Some(Hover { span, text })
    }

    /// What a word of the rows of a block means there.
    fn in_rows(&self, span: Span, word: &str) -> Option<String> {
        let declared = self.declarations().into_iter();
        let mut recipes = declared.filter_map(|one| match one.what {
            What::Recipe(recipe) => Some(recipe),
            _ => None,
        });
        let is_inside = |recipe: &&ast::Recipe| {
            recipe.span.file == span.file && recipe.span.range().contains(&(span.start as usize))
        };
        let recipe = recipes.find(is_inside)?;
        let is_verb = recipe.parts.iter().any(|part| part.primitive.span == span);
        let verb = Verb::from_word(word).filter(|_| is_verb);
        let told = verb.map(words::verb).or_else(|| words::in_rows(word));
        told.map(str::to_owned)
    }

    /// The row that begins with this word.
    fn row_of_keyword(&self, word: Span) -> Option<&ast::Row> {
        let spaces = self.unit.ast.items.iter().filter_map(|item| match item {
            FileItem::Space(space) => Some(space),
            _ => None,
        });
        let rows = spaces
            .flat_map(|space| &space.items)
            .filter_map(|item| match item {
                Item::Row(row) => Some(row),
                _ => None,
            });
        let mut rows = rows.filter(|row| row.span.start == word.start);
        rows.next()
    }

    fn told(&self, declared: Declaration<'_>) -> String {
        let mut text = match declared.what {
            What::Row(row) => self.row(row),
            What::Space(space) => self.space(space),
            What::Arch(arch) => self.arch(arch),
            What::Block(block) => self.block(block),
            What::Choice(choice) => self.choice(choice),
            What::Table(table) => self.table(table),
            other => self.source(other.span()),
        };
        let file = declared.name.span.file;
        if file != FileId(0) {
            text += &format!("\n\nDeclared in `{}`.", self.unit.sources.get(file).name);
        }
        text
    }

    /// A piece of text as it is written, indented as its first line.
    fn source(&self, span: Span) -> String {
        code(self.text_at(span))
    }

    fn row(&self, row: &ast::Row) -> String {
        let facts = self.row_facts(&row.name.value);
        let lines = facts.map(|facts| facts.lines()).unwrap_or_default();
        self.source(row.span) + &list(&lines)
    }

    fn block(&self, block: &ast::Block) -> String {
        let rows = self.ir().into_iter().flat_map(|ir| &ir.rows);
        let slots = rows.flat_map(|row| &row.slots);
        let counts = slots.map(|slot| structures_of(slot, &block.name.value));
        let counts: BTreeSet<usize> = counts.filter(|&count| count > 0).collect();
        // Lines of a derived space leave rows different ones.
        let count = match (counts.first(), counts.last()) {
            (Some(1), Some(1)) => Some("1 candidate".to_owned()),
            (Some(least), Some(most)) if least < most => {
                Some(format!("{least} to {most} candidates"))
            }
            (_, most) => most.map(|most| format!("{most} candidates")),
        };
        let lines: Vec<String> = count.into_iter().collect();
        self.source(block.span) + &list(&lines)
    }

    fn choice(&self, choice: &ast::Choice) -> String {
        let rows = self.ir().map(|ir| following(ir, &choice.name.value));
        let lines: Vec<String> = rows
            .filter(|rows| !rows.is_empty())
            .map(|rows| format!("one decision for {}", rows.join(", ")))
            .into_iter()
            .collect();
        self.source(choice.span) + &list(&lines)
    }

    fn table(&self, table: &ast::Table) -> String {
        let tables = self.unit.ir.iter().flat_map(|ir| &ir.tables);
        let mut found = tables.filter(|one| one.name == table.name.value);
        let rows = found.next().map(|one| format!("{} rows", one.times.len()));
        self.source(table.span) + &list(&rows.into_iter().collect::<Vec<_>>())
    }

    fn space(&self, space: &ast::Space) -> String {
        let base = space.base.as_ref();
        let of = base.map_or(String::new(), |base| format!(" of {}", base.value));
        let head = code(&format!("space {}{of}", space.name.value));
        let ir = self.ir().filter(|ir| ir.space == space.name.value);
        let Some(ir) = ir else { return head };
        let paths = match paths(ir) {
            Some(paths) => grouped(&paths.to_string()),
            None => "more than 10^38".to_owned(),
        };
        let lines = [
            format!("{} rows, {paths} paths, bounds left aside", ir.rows.len()),
            match &ir.resolution.value {
                Setting::Searched(domain) => {
                    let sides: Vec<String> = domain.values().iter().map(u32::to_string).collect();
                    format!("resolution {}", sides.join(" or "))
                }
                _ => format!("resolution {}", self.shown_resolution(ir)),
            },
        ];
        head + &list(&lines)
    }

    fn arch(&self, arch: &ast::Arch) -> String {
        let head = code(&format!("arch {} of {}", arch.name.value, arch.space.value));
        let read = self
            .unit
            .ir
            .as_ref()
            .and_then(|ir| Some((ir, arch::read(arch, ir).0?)));
        let Some((ir, read)) = read else { return head };
        let resolution = read.resolution.unwrap_or(self.shown_resolution(ir));
        let cost = cost::of_network(&ir.network(&read.path, resolution));
        let mut lines = vec![format!("resolution {resolution}")];
        // A table does not know blocks at resolutions that its space does not list.
        let known = ir
            .metrics()
            .filter(|(metric, _)| cost.get(*metric) != UNKNOWN);
        lines.extend(known.map(|(metric, name)| {
            let number = cost.get(metric);
            format!("{name} {}", range(metric, number, number))
        }));
        head + &list(&lines)
    }
}

/// How many candidates of a slot were reached by a block's name, widths left aside.
fn structures_of(slot: &Slot, block: &str) -> usize {
    let candidates = slot.candidates.iter();
    let own = candidates.filter(|candidate| candidate.block.as_deref() == Some(block));
    let structures: BTreeSet<u16> = own.map(Candidate::structure).collect();
    structures.len()
}

/// The rows of which a block can follow a choice.
fn following(ir: &Ir, choice: &str) -> Vec<String> {
    let Some(index) = ir.choices.iter().position(|one| one.name == choice) else {
        return Vec::new();
    };
    let follows = |candidate: &Candidate| {
        let mut values = candidate.shared.values.iter();
        values.any(|value| usize::from(value.0) == index)
    };
    let rows = ir.rows.iter().filter(|row| {
        let mut slots = row.slots.iter();
        slots.any(|slot| slot.candidates.iter().any(follows))
    });
    rows.map(|row| format!("`{}`", row.name)).collect()
}

/// What the language means by a word.
fn meaning(word: &str) -> Option<String> {
    match Operator::from_word(word) {
        Some(operator) => Some(page(operator)),
        None => words::meaning(word).map(str::to_owned),
    }
}

/// How an operator is written, and the first paragraph of its page.
pub(super) fn page(operator: Operator) -> String {
    let mut parts = operator.page().split("\n\n").skip(1).map(str::trim_end);
    let signature = parts.next().unwrap_or_default();
    let first = parts.next().unwrap_or_default();
    format!("{}\n\n{first}", code(signature.trim_start()))
}

fn code(text: &str) -> String {
    format!("```cream\n{text}\n```")
}

/// Items of a Markdown list, behind something else.
fn list(lines: &[String]) -> String {
    match lines {
        [] => String::new(),
        lines => format!("\n\n- {}", lines.join("\n- ")),
    }
}
