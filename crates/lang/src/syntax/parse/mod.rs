//! Tokens to syntax tree.
//!
//! Goes in: any text. Comes out: the tree of what could be read, with
//! [`ast::Item::Error`] where something could not, and the messages about that.
//! One typo gives one message: a row that cannot be read is given up, and reading
//! goes on at the next item word. Never panics, and takes linear time.

mod attributes;
mod items;
mod narrows;
mod ops;
mod recipes;
mod recovery;
mod report;
mod rows;
mod tokens;
mod values;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use nom::Parser;
use nom::combinator::map;

use super::ast::{self, File, FileItem, Require};
use super::lex::{self, Kind};
use super::reports::Reports;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span, Spanned};
pub(crate) use recovery::{FILE_ITEMS, ITEMS};
pub(crate) use tokens::is_reserved;
use tokens::{Context, Parsed, Tokens};

/// Reads a file. The messages come in the order of the text, at most 20 of them; the last one says
/// how many more are left out.
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let (tree, mut diagnostics) = with_tokens(file, text, |input, comments| {
        let (version, rest) = version(input);
        let mut body = Body::default();
        if is_known(version) {
            body.read(rest);
        }
        File {
            version,
            uses: body.uses,
            items: body.items,
            comments,
            span: Span::new(file, 0, text.len()),
        }
    });
    if !is_known(tree.version) {
        // Words and marks may mean something else there.
        let is_of_version = |found: &Diagnostic| found.code == Code::UnknownVersion;
        // Behind a stray character the number is not told: then that one is.
        if diagnostics.iter().any(is_of_version) {
            diagnostics.retain(is_of_version);
        }
    }
    (tree, diagnostics)
}

/// Whether the file can be read: a missing version is taken for the newest one.
fn is_known(version: Option<Spanned<u64>>) -> bool {
    version.is_none_or(|version| report::VERSIONS.contains(&version.value))
}

/// Reads what may stand behind `require`, a bound given on the command line: `flops in 200M..300M`.
/// The word `require` itself may be written too.
pub fn parse_require(file: FileId, text: &str) -> (Option<Require>, Vec<Diagnostic>) {
    with_tokens(file, text, |input, _| match complete_require(input) {
        Ok((_, require)) => Some(require),
        Err(error) => {
            items::give_up(input, error, |_, stop| stop);
            None
        }
    })
}

fn complete_require(input: Tokens<'_>) -> Parsed<'_, Require> {
    let (rest, require) = items::bound(input)?;
    match rest.is_end() {
        true => Ok((rest, require)),
        false => rest.fail(|| report::trailing(rest)),
    }
}

/// Cuts a text into tokens, reads them, and gathers the messages of both steps.
fn with_tokens<T>(
    file: FileId,
    text: &str,
    read: impl FnOnce(Tokens<'_>, Vec<Spanned<String>>) -> T,
) -> (T, Vec<Diagnostic>) {
    let mut faults = Reports::default();
    let lexed = lex::lex(file, text, &mut faults);
    let context = Context {
        file,
        text,
        tokens: &lexed.tokens,
        reports: RefCell::new(Reports::default()),
    };
    let tree = read(Tokens::new(&context), lexed.comments);
    (tree, faults.merge(context.reports.into_inner()))
}

/// `"cream" int`. Where the line is missing, reading goes on: nothing else is wrong with the file then.
fn version(input: Tokens<'_>) -> (Option<Spanned<u64>>, Tokens<'_>) {
    let number = input.skip();
    if !input.is_word("cream") || !number.is(Kind::Number) {
        input.report(|| report::missing_version(input));
        return (None, over_version_line(input));
    }
    let version = items::whole_number(number)
        .ok()
        .and_then(|(_, version)| version.value.to_u64())
        .unwrap_or(0);
    let version = Some(Spanned::new(version, number.span()));
    if !is_known(version) {
        number.report(|| report::unknown_version(number));
    }
    (version, number.skip())
}

/// Over what stands in the place of a version line: everything before the first item word.
fn over_version_line(input: Tokens<'_>) -> Tokens<'_> {
    let mut input = input;
    let known = |input: Tokens<'_>| input.is(Kind::Word) && is_reserved(input.text());
    let first_line = input;
    while !input.is_end() && !known(input) {
        let new_line = input.next().first_on_line;
        if new_line && input.span().start > first_line.span().start {
            break;
        }
        input = input.skip();
    }
    input
}

/// What stands behind the version line.
#[derive(Default)]
struct Body {
    uses: Vec<ast::Use>,
    items: Vec<FileItem>,
    /// The file is out of step, which was reported: what stands here belongs inside a body.
    astray: bool,
}

impl Body {
    fn read(&mut self, input: Tokens<'_>) {
        let mut input = input;
        while !input.is_end() {
            input = match self.item(input) {
                Ok((rest, ())) => rest,
                Err(error) => {
                    let rest = items::give_up(input, error, recovery::to_next_item);
                    // The body of a space or an arch without a head.
                    self.astray |= input.is_word("space") || input.is_word("arch");
                    self.items.push(FileItem::Error(input.span_to(rest)));
                    rest
                }
            };
        }
    }

    fn item<'a>(&mut self, input: Tokens<'a>) -> Parsed<'a, ()> {
        let (rest, item) = match input.text() {
            "use" => return self.use_(input),
            "space" => return self.space(input),
            "let" if !self.astray => map(items::let_, FileItem::Let).parse(input)?,
            "block" if !self.astray => map(items::block, items::Block::at_file).parse(input)?,
            "arch" => map(items::arch, FileItem::Arch).parse(input)?,
            _ => return self.no_item(input),
        };
        self.astray = false;
        self.items.push(item);
        Ok((rest, ()))
    }

    fn use_<'a>(&mut self, input: Tokens<'a>) -> Parsed<'a, ()> {
        let (rest, used) = items::use_(input)?;
        if !self.items.is_empty() {
            input.report(|| report::misplaced(input, used.span, "behind other items"));
        }
        self.uses.push(used);
        Ok((rest, ()))
    }

    fn space<'a>(&mut self, input: Tokens<'a>) -> Parsed<'a, ()> {
        let (rest, space) = items::space(input)?;
        let first = self.items.iter().find_map(|item| match item {
            FileItem::Space(space) => Some(&space.name),
            _ => None,
        });
        if let Some(first) = first {
            input.report(|| report::second_space(first, &space.name));
        }
        self.astray = false;
        self.items.push(FileItem::Space(space));
        Ok((rest, ()))
    }

    /// What cannot stand here. A brace too many ends a space early, and then all that follows
    /// is out of place: one message tells it, up to the next space or arch.
    fn no_item<'a>(&mut self, input: Tokens<'a>) -> Parsed<'a, ()> {
        if self.astray {
            return input.fail_silently();
        }
        self.astray = true;
        if input.is(Kind::RightBrace) {
            return input.fail(|| report::unopened(input));
        }
        if ITEMS.contains(&input.text()) {
            return input.fail(|| report::misplaced(input, input.span(), "outside of a space"));
        }
        if input.is(Kind::Word) {
            return input.fail(|| report::unknown_item(input, &FILE_ITEMS, "a file"));
        }
        input.fail(|| report::trailing(input))
    }
}
