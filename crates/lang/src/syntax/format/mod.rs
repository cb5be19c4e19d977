//! A syntax tree in the one form that all files share.
//!
//! One item a line, bodies four columns in, blank lines kept but never two, comments kept
//! where they are: on a line of their own or behind what they stand behind. A comment
//! inside an item that was broken over lines moves before it.

mod layout;
mod text;

use super::ast::{Arch, Domain, File, FileItem, Item, Recipe, Relation, Row, RowKind, Space};
use crate::source::{Span, Spanned};
use layout::{Line, Run};
use text::{Text, names};

/// Columns a body stands in.
const INDENT: usize = 4;

/// Writes a file that was read from `source` without a message. Formatting the outcome again
/// changes nothing, and it reads back to an equal tree, places aside.
pub fn format(source: &str, file: &File) -> String {
    let mut writer = Writer {
        source,
        text: Text(source),
        comments: &file.comments,
        lines: Vec::new(),
        written_to: 0,
        body_begins: true,
    };
    writer.file(file);
    layout::render(&writer.lines)
}

/// A domain as the formatter writes it, for messages.
pub(super) fn domain_text(source: &str, domain: &Domain) -> String {
    Text(source).domain(domain)
}

struct Writer<'a> {
    source: &'a str,
    text: Text<'a>,
    /// Comments still to be written.
    comments: &'a [Spanned<String>],
    lines: Vec<Line>,
    /// Where the text that has been written ends in the source.
    written_to: usize,
    /// No blank line comes first in a body.
    body_begins: bool,
}

impl<'a> Writer<'a> {
    fn file(&mut self, file: &File) {
        if let Some(version) = &file.version {
            let cells = vec![format!("cream {}", self.text.at(version.span))];
            self.line(version.span, 0, Run::Alone, cells);
        }
        let uses = file.uses.iter().map(|used| (used.span, Part::Use(used)));
        let items = file
            .items
            .iter()
            .map(|item| (span_of(item), Part::Item(item)));
        let mut parts: Vec<_> = uses.chain(items).collect();
        parts.sort_by_key(|(span, _)| *span);
        for (span, part) in parts {
            self.part(span, part);
        }
        self.comments_before(self.source.len(), self.source.len(), 0);
    }

    fn part(&mut self, span: Span, part: Part<'_>) {
        match part {
            Part::Use(used) => {
                let cells = vec![format!("use {}", self.text.at(used.path.span))];
                self.line(span, 0, Run::Alone, cells);
            }
            Part::Item(FileItem::Let(item)) => self.item(&Item::Let(item.clone()), 0),
            Part::Item(FileItem::Block(item)) => self.item(&Item::Block(item.clone()), 0),
            Part::Item(FileItem::Recipe(recipe)) => self.recipe(recipe, 0),
            Part::Item(FileItem::Space(space)) => self.space(space),
            Part::Item(FileItem::Arch(arch)) => self.arch(arch),
            Part::Item(FileItem::Error(span)) => {
                self.line(*span, 0, Run::Alone, self.verbatim(*span))
            }
        }
    }

    fn space(&mut self, space: &Space) {
        let base = space.base.as_ref();
        let of = base.map_or(String::new(), |base| format!(" of {}", base.value));
        let head = format!("space {}{of} {{", space.name.value);
        let last = base.unwrap_or(&space.name);
        self.body_head(space.span, last.span, 0, head);
        for item in &space.items {
            match item {
                Item::Recipe(recipe) => self.recipe(recipe, INDENT),
                _ => self.item(item, INDENT),
            }
        }
        self.body_end(space.span, 0);
    }

    fn recipe(&mut self, recipe: &Recipe, indent: usize) {
        let head = format!("block {} {{", self.text.signature(recipe));
        let last = recipe
            .params
            .last()
            .map_or(&recipe.name, |param| &param.name);
        self.body_head(recipe.span, last.span, indent, head);
        for part in &recipe.parts {
            let cells = self.text.part(part);
            self.line(part.span, indent + INDENT, Run::Parts, cells);
        }
        self.body_end(recipe.span, indent);
    }

    fn arch(&mut self, arch: &Arch) {
        let head = format!("arch {} of {} {{", arch.name.value, arch.space.value);
        self.body_head(arch.span, arch.space.span, 0, head);
        for fix in &arch.fixes {
            self.line(fix.span, INDENT, Run::Alone, vec![self.text.fix(fix)]);
        }
        self.body_end(arch.span, 0);
    }

    /// The line that opens a body: from its keyword to its brace, which comes after `before_brace`.
    fn body_head(&mut self, body: Span, before_brace: Span, indent: usize, head: String) {
        let brace = self.brace_after(before_brace.end as usize);
        let span = Span {
            end: u32::try_from(brace).unwrap_or(body.end),
            ..body
        };
        self.line(span, indent, Run::Alone, vec![head]);
        self.body_begins = true;
    }

    fn body_end(&mut self, body: Span, indent: usize) {
        let end = body.range().end;
        let start = match self.source[..end].ends_with('}') {
            true => end - 1,
            false => end,
        };
        self.comments_before(start, start, indent + INDENT);
        self.body_begins = true;
        let span = Span::new(body.file, start, end);
        self.line(span, indent, Run::Alone, vec!["}".to_owned()]);
    }

    /// One past the first `{` from `from` on that no comment holds.
    fn brace_after(&self, from: usize) -> usize {
        let mut in_comment = false;
        let brace = self.source[from..].char_indices().find(|&(_, c)| {
            in_comment = c == '#' || in_comment && c != '\n';
            c == '{' && !in_comment
        });
        brace.map_or(from, |(at, _)| from + at + 1)
    }

    fn item(&mut self, item: &Item, indent: usize) {
        let (run, span, cells) = self.cells(item);
        self.line(span, indent, run, cells);
    }

    fn cells(&self, item: &Item) -> (Run, Span, Vec<String>) {
        let text = self.text;
        match item {
            Item::Input(input) => {
                let image = format!("image({})", text.attributes(&input.attributes));
                (Run::Ports, input.span, vec!["input".to_owned(), image])
            }
            Item::Output(output) => {
                let classes = format!("classes({})", text.at(output.classes.span));
                (Run::Ports, output.span, vec!["output".to_owned(), classes])
            }
            Item::Default(default) => {
                let line = format!("default {}", text.attributes(&default.attributes));
                (Run::Alone, default.span, vec![line])
            }
            Item::Let(item) => {
                let right = format!("= {}", text.let_value(&item.value));
                (
                    Run::Lets,
                    item.span,
                    vec![format!("let {}", item.name.value), right],
                )
            }
            Item::Choice(choice) => {
                let right = format!("{} in {}", choice.name.value, text.domain(&choice.domain));
                (Run::Tables, choice.span, vec!["choice".to_owned(), right])
            }
            Item::Table(table) => {
                let path = text.at(table.path.span);
                let right = format!("{} = latency({path})", table.name.value);
                (Run::Tables, table.span, vec!["table".to_owned(), right])
            }
            Item::Block(block) => {
                let right = format!("= {}", text.op(&block.op));
                (
                    Run::Blocks,
                    block.span,
                    vec![format!("block {}", block.name.value), right],
                )
            }
            Item::Row(row) => (Run::Rows, row.span, self.row(row)),
            Item::Recipe(recipe) => (Run::Alone, recipe.span, self.verbatim(recipe.span)),
            Item::Fit(fit) => (
                Run::Alone,
                fit.span,
                vec![format!("fit {}", names(&fit.names))],
            ),
            Item::Require(require) => {
                let left = format!("require {}", text.dotted(&require.subject));
                let right = text.relation(&require.relation);
                match require.relation {
                    Relation::In { .. } => (Run::Bounds, require.span, vec![left, right]),
                    Relation::Compare { .. } => {
                        (Run::Alone, require.span, vec![format!("{left} {right}")])
                    }
                }
            }
            Item::Fix(fix) => (Run::Alone, fix.span, vec![text.fix(fix)]),
            Item::Narrow(narrow) => (Run::Alone, narrow.span, vec![text.narrow(narrow)]),
            Item::Error(span) => (Run::Alone, *span, self.verbatim(*span)),
        }
    }

    /// Name, operator, `channels`, `stride`, `depth`, and what keeps to no such order.
    fn row(&self, row: &Row) -> Vec<String> {
        let keyword = match row.kind {
            RowKind::Layer => "layer",
            RowKind::Stage => "stage",
        };
        let then = row.then.as_ref();
        let then = then.map_or(String::new(), |op| format!(" then {}", self.text.op(op)));
        let mut cells = vec![
            format!("{keyword} {}", row.name.value),
            format!("{}{then}", self.text.op(&row.op)),
        ];
        for attribute in &row.attributes {
            let column = COLUMNS
                .iter()
                .position(|name| *name == attribute.name.value)
                .map_or(cells.len(), |at| at + 2);
            while cells.len() < column {
                cells.push(String::new());
            }
            cells.push(self.text.attribute(attribute));
        }
        cells
    }

    fn verbatim(&self, span: Span) -> Vec<String> {
        vec![self.text.at(span)]
    }

    /// A line for the text under `span`, the comments before and in that text first, a comment
    /// behind it last.
    fn line(&mut self, span: Span, indent: usize, run: Run, cells: Vec<String>) {
        let range = span.range();
        self.comments_before(range.end, range.start, indent);
        let blank_before = self.blank_before(range.start);
        self.written_to = range.end;
        let tail = self.tail();
        self.lines.push(Line {
            run,
            indent,
            cells,
            blank_before,
            tail,
        });
    }

    /// Comments that begin before `end`, each on its line; all of them come before the text at `start`.
    fn comments_before(&mut self, end: usize, start: usize, indent: usize) {
        while let Some((comment, rest)) = self.comments.split_first() {
            let range = comment.span.range();
            if range.start >= end {
                return;
            }
            self.comments = rest;
            let blank_before = self.blank_before(range.start.min(start));
            self.written_to = range.end;
            self.lines.push(Line {
                run: Run::Comment,
                indent,
                cells: vec![comment.value.clone()],
                blank_before,
                tail: None,
            });
        }
    }

    /// The comment that follows on the same line, with its column.
    fn tail(&mut self) -> Option<(usize, String)> {
        let (comment, rest) = self.comments.split_first()?;
        let start = comment.span.range().start;
        let between = self.source.get(self.written_to..start)?;
        if !between.chars().all(|c| c == ' ' || c == '\t') {
            return None;
        }
        self.comments = rest;
        self.written_to = comment.span.range().end;
        let line_start = self.source[..start].rfind('\n').map_or(0, |at| at + 1);
        let column = self.source[line_start..start].chars().count();
        Some((column, comment.value.clone()))
    }

    /// Whether a blank line stands between what has been written and `start`.
    fn blank_before(&mut self, start: usize) -> bool {
        let first = std::mem::take(&mut self.body_begins);
        let between = self.source.get(self.written_to..start).unwrap_or("");
        let lines = between.split('\n').count();
        let mut middle = between.split('\n').skip(1).take(lines.saturating_sub(2));
        !first && middle.any(|line| line.trim().is_empty())
    }
}

/// The attributes of rows that have columns of their own.
const COLUMNS: [&str; 3] = ["channels", "stride", "depth"];

/// What stands at file level.
enum Part<'a> {
    Use(&'a super::ast::Use),
    Item(&'a FileItem),
}

fn span_of(item: &FileItem) -> Span {
    match item {
        FileItem::Let(item) => item.span,
        FileItem::Block(item) => item.span,
        FileItem::Recipe(item) => item.span,
        FileItem::Space(item) => item.span,
        FileItem::Arch(item) => item.span,
        FileItem::Error(span) => *span,
    }
}
