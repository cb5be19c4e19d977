//! What the parsers read: tokens that know their text, and the smallest parsers over them.
//!
//! A parser that finds something else *at its first token* fails softly
//! ([`nom::Err::Error`]), so that another can be tried. Once a parser knows what
//! it reads, it fails for good ([`nom::Err::Failure`]) and the item is given up.

use std::cell::RefCell;
use std::iter::{Copied, Enumerate};
use std::slice;

use nom::error::{ErrorKind, ParseError};
use nom::{Err, IResult, Input, Needed};

use crate::diagnostic::Diagnostic;
use crate::quantity::Quantity;
use crate::source::{FileId, Name, Span, Spanned};
use crate::syntax::lex::{Kind, Token};
use crate::syntax::reports::Reports;

/// Words with a meaning in the grammar, which nothing can be named.
pub(crate) const RESERVED: [&str; 18] = [
    "input", "output", "default", "let", "choice", "table", "block", "layer", "stage", "fit",
    "require", "use", "space", "arch", "of", "in", "then", "or",
];

/// The other reserved word: it stands inside ranges only.
pub(crate) const STEP: &str = "step";

/// Whether nothing can be named so.
pub(crate) fn is_reserved(word: &str) -> bool {
    word == STEP || RESERVED.contains(&word)
}

/// What all parsers of one file share.
pub(super) struct Context<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub tokens: &'a [Token],
    pub reports: RefCell<Reports>,
}

/// The tokens that are still to be read: at least the end token.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    context: &'a Context<'a>,
    rest: &'a [Token],
    depth: u32,
}

/// What a parser gives.
pub(super) type Parsed<'a, T> = IResult<Tokens<'a>, T, Failure>;

/// Where a parser stopped, and the message about it (boxed: it is rare, and results stay small).
#[derive(Debug)]
pub(super) struct Failure {
    /// How many tokens were left.
    remaining: usize,
    /// Absent where the fault is reported already, and in soft failures.
    diagnostic: Option<Box<Diagnostic>>,
}

impl<'a> ParseError<Tokens<'a>> for Failure {
    fn from_error_kind(input: Tokens<'a>, _: ErrorKind) -> Failure {
        Failure {
            remaining: input.rest.len(),
            diagnostic: None,
        }
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Failure) -> Failure {
        other
    }
}

impl<'a> Tokens<'a> {
    /// All tokens of a file.
    pub fn new(context: &'a Context<'a>) -> Tokens<'a> {
        Tokens {
            context,
            rest: context.tokens,
            depth: 0,
        }
    }

    /// The next token.
    pub fn next(self) -> Token {
        self.rest[0]
    }

    /// The token after `ahead` more; the end token from the end on.
    pub fn ahead(self, ahead: usize) -> Token {
        self.rest[ahead.min(self.rest.len() - 1)]
    }

    /// The token before the next one.
    pub fn previous(self) -> Option<Token> {
        let at = self.context.tokens.len() - self.rest.len();
        at.checked_sub(1).map(|at| self.context.tokens[at])
    }

    /// The place right after the token before: where something that is missing would stand.
    pub fn gap(self) -> Span {
        let end = self.previous().map_or(0, |token| token.end);
        Span {
            file: self.context.file,
            start: end,
            end,
        }
    }

    /// Without the next token; the end token always stays.
    pub fn skip(self) -> Tokens<'a> {
        self.skip_many(1)
    }

    fn skip_many(self, count: usize) -> Tokens<'a> {
        let count = count.min(self.rest.len() - 1);
        Tokens {
            rest: &self.rest[count..],
            ..self
        }
    }

    /// The tokens from the place a parser stopped at.
    pub fn stopped_at(self, failure: &Failure) -> Tokens<'a> {
        let read = self.rest.len().saturating_sub(failure.remaining);
        self.skip_many(read)
    }

    /// Where a token stands.
    pub fn span_of(self, token: Token) -> Span {
        Span {
            file: self.context.file,
            start: token.start,
            end: token.end,
        }
    }

    /// Where the next token stands.
    pub fn span(self) -> Span {
        self.span_of(self.next())
    }

    /// From a token on to the last token before `rest`.
    pub fn span_to(self, rest: Tokens<'a>) -> Span {
        let start = self.next().start;
        let end = rest.previous().map_or(start, |token| token.end).max(start);
        Span {
            file: self.context.file,
            start,
            end,
        }
    }

    /// The text of a place in this file.
    pub fn text_at(self, span: Span) -> &'a str {
        &self.context.text[span.range()]
    }

    /// The text of the file.
    pub fn whole_text(self) -> &'a str {
        self.context.text
    }

    /// The text of a token.
    pub fn text_of(self, token: Token) -> &'a str {
        self.text_at(self.span_of(token))
    }

    /// The text of the next token.
    pub fn text(self) -> &'a str {
        self.text_of(self.next())
    }

    /// Whether the next token is of a kind.
    pub fn is(self, kind: Kind) -> bool {
        self.next().kind == kind
    }

    /// Whether the next token is this word.
    pub fn is_word(self, word: &str) -> bool {
        self.is(Kind::Word) && self.text() == word
    }

    /// Whether the next token is a name: a word that is not reserved.
    pub fn is_name(self) -> bool {
        self.is(Kind::Word) && !is_reserved(self.text())
    }

    /// Nothing is left.
    pub fn is_end(self) -> bool {
        self.is(Kind::End)
    }

    /// How deep groups are nested around the next token.
    pub fn depth(self) -> u32 {
        self.depth
    }

    /// The same tokens at another depth.
    pub fn at_depth(self, depth: u32) -> Tokens<'a> {
        Tokens { depth, ..self }
    }

    /// Reports a fault that the parser can read on from.
    pub fn report(self, diagnostic: impl FnOnce() -> Diagnostic) {
        if !self.next().after_fault {
            self.context.reports.borrow_mut().add(diagnostic);
        }
    }

    /// Fails softly: something else may stand here.
    pub fn miss<T>(self) -> Parsed<'a, T> {
        Err(Err::Error(Failure {
            remaining: self.rest.len(),
            diagnostic: None,
        }))
    }

    /// Fails for good. A fault before or in the next token that is reported already stays the only message.
    pub fn fail<T>(self, diagnostic: impl FnOnce() -> Diagnostic) -> Parsed<'a, T> {
        let token = self.next();
        let bad = matches!(token.kind, Kind::BadNumber | Kind::BadString);
        let known = token.after_fault || bad;
        let full = self.context.reports.borrow().is_full();
        if full && !known {
            self.context.reports.borrow_mut().add(diagnostic);
            return self.fail_silently();
        }
        Err(Err::Failure(Failure {
            remaining: self.rest.len(),
            diagnostic: (!known).then(|| Box::new(diagnostic())),
        }))
    }

    /// Fails for good without a message: it has been given.
    pub fn fail_silently<T>(self) -> Parsed<'a, T> {
        Err(Err::Failure(Failure {
            remaining: self.rest.len(),
            diagnostic: None,
        }))
    }

    /// Takes down the message of a parser that failed.
    pub fn take_down(self, failure: Failure) {
        if let Some(diagnostic) = failure.diagnostic {
            self.context.reports.borrow_mut().add(|| *diagnostic);
        }
    }
}

impl<'a> Input for Tokens<'a> {
    type Item = Token;
    type Iter = Copied<slice::Iter<'a, Token>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.rest.len()
    }

    fn take(&self, index: usize) -> Self {
        Tokens {
            rest: &self.rest[..index],
            ..*self
        }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip_many(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Token) -> bool>(&self, predicate: P) -> Option<usize> {
        self.rest.iter().position(|&token| predicate(token))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.rest.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        match count <= self.rest.len() {
            true => Ok(count),
            false => Err(Needed::new(count - self.rest.len())),
        }
    }
}

/// A token of a kind; soft.
pub(super) fn mark<'a>(kind: Kind) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |input| match input.is(kind) {
        true => Ok((input.skip(), input.span())),
        false => input.miss(),
    }
}

/// A word; soft.
pub(super) fn word<'a>(word: &'static str) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |input| match input.is_word(word) {
        true => Ok((input.skip(), input.span())),
        false => input.miss(),
    }
}

/// A number; soft.
pub(super) fn number(input: Tokens<'_>) -> Parsed<'_, Spanned<Quantity>> {
    if !input.is(Kind::Number) {
        return input.miss();
    }
    let quantity = Quantity::parse(input.text()).expect("the lexer lets readable numbers through");
    Ok((input.skip(), Spanned::new(quantity, input.span())))
}

/// A name; soft.
pub(super) fn name(input: Tokens<'_>) -> Parsed<'_, Name> {
    match input.is_name() {
        true => Ok((input.skip(), name_here(input))),
        false => input.miss(),
    }
}

/// The next token as a name, whatever it is.
pub(super) fn name_here(input: Tokens<'_>) -> Name {
    Spanned::new(input.text().to_owned(), input.span())
}

/// A string, without its quotes, with the place of the whole; soft.
pub(super) fn string(input: Tokens<'_>) -> Parsed<'_, Spanned<String>> {
    if !input.is(Kind::String) {
        return input.miss();
    }
    let text = input.text();
    let inner = &text[1..text.len() - 1];
    Ok((input.skip(), Spanned::new(inner.to_owned(), input.span())))
}
