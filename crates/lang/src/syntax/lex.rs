//! Text to tokens. Comments are kept apart; what is no token is reported and left out.
//!
//! Every token but the last covers at least one byte, the last one is
//! [`Kind::End`]; tokens ascend, on character boundaries.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while1};
use nom::character::complete::{char, digit1};
use nom::combinator::{opt, recognize};
use nom::{IResult, Parser};

use super::reports::Reports;
use crate::quantity::{NumberError, Quantity, UNITS};
use crate::source::{FileId, Span, Spanned};
use recipe::Recipe;

mod recipe;
mod report;

/// Letters of a name: it is kept with every candidate of a space.
pub(crate) const LONGEST_NAME: usize = 255;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a reserved word.
    Word,
    /// A number that [`Quantity::parse`] reads.
    Number,
    /// A number with a fault, already reported.
    BadNumber,
    /// A string, its quotes included.
    String,
    /// A string without its second quote, already reported.
    BadString,
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `=`
    Equals,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `==`
    EqualEqual,
    /// `:`, in the rows of a block only, as are the following four
    Colon,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// The end of the text.
    End,
}

/// A piece of text with a meaning of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Whether only blanks stand before it on its line.
    pub first_on_line: bool,
    /// Whether faulty text directly before it was reported: a complaint about
    /// this token would be a second message for one typo.
    pub after_fault: bool,
}

/// A text cut into tokens.
#[derive(Debug)]
pub(crate) struct Lexed {
    /// The tokens, [`Kind::End`] last.
    pub tokens: Vec<Token>,
    /// The comments, `#` included, blanks at their ends cut.
    pub comments: Vec<Spanned<String>>,
}

/// Cuts a text into tokens.
pub(super) fn lex(file: FileId, text: &str, reports: &mut Reports) -> Lexed {
    let mut lexer = Lexer {
        file,
        text,
        at: 0,
        first_on_line: true,
        after_fault: false,
        open_brackets: 0,
        recipe: Recipe::default(),
        lexed: Lexed {
            tokens: Vec::new(),
            comments: Vec::new(),
        },
        reports,
    };
    lexer.run();
    lexer.lexed
}

struct Lexer<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    first_on_line: bool,
    after_fault: bool,
    /// `[` read as `{` and not closed yet.
    open_brackets: usize,
    /// Whether marks of arithmetic mean something here.
    recipe: Recipe,
    lexed: Lexed,
    reports: &'a mut Reports,
}

type Lexeme<'a> = IResult<&'a str, &'a str>;

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        // A byte order mark is no part of the text.
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        while let Some(next) = self.rest().chars().next() {
            self.step(next);
        }
        self.push(Kind::End, 0);
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn span(&self, length: usize) -> Span {
        Span::new(self.file, self.at, self.at + length)
    }

    fn step(&mut self, next: char) {
        match next {
            '\n' => {
                self.first_on_line = true;
                self.at += 1;
            }
            ' ' | '\t' | '\r' => self.at += 1,
            '#' => self.comment(),
            '"' => self.string(),
            '0'..='9' => self.number(),
            '_' => self.word(),
            _ if next.is_alphabetic() => self.word(),
            _ => self.mark(next),
        }
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let Span { start, end, .. } = self.span(length);
        let text = &self.text[self.at..self.at + length];
        self.recipe = self.recipe.behind(kind, text);
        self.lexed.tokens.push(Token {
            kind,
            start,
            end,
            first_on_line: self.first_on_line,
            after_fault: self.after_fault,
        });
        self.first_on_line = false;
        self.after_fault = false;
        self.at += length;
    }

    fn comment(&mut self) {
        let line = take(till_line_end, self.rest());
        let comment = line.trim_end();
        let span = self.span(comment.len());
        self.lexed
            .comments
            .push(Spanned::new(comment.to_owned(), span));
        self.at += line.len();
    }

    fn string(&mut self) {
        let line = take(till_line_end, self.rest());
        match line[1..].find('"') {
            Some(close) => self.push(Kind::String, close + 2),
            None => {
                let length = line.trim_end().len();
                let span = self.span(length);
                let inside = match line.contains('(') {
                    true => length,
                    false => line.trim_end().trim_end_matches(')').len(),
                };
                self.reports.add(|| report::unclosed_string(span, inside));
                self.push(Kind::BadString, length);
                self.after_fault = true;
            }
        }
    }

    fn word(&mut self) {
        let word = take(|text| take_while1(is_wordish)(text), self.rest());
        if !word.is_ascii() {
            let span = self.span(word.len());
            self.reports.add(|| report::foreign_letter(word, span));
        } else if word.len() > LONGEST_NAME {
            let span = self.span(word.len());
            self.reports.add(|| report::long_name(word, span));
        }
        self.push(Kind::Word, word.len());
    }

    /// A number, and what is written against it: `3`, `0.25`, `1e-5`, `600M`, but also `600m`, `5.`
    fn number(&mut self) {
        let number = take(number, self.rest());
        let tail = take(number_tail, &self.rest()[number.len()..]);
        let text = &self.rest()[..number.len() + tail.len()];
        let kind = match Quantity::parse(text) {
            Ok(_) => Kind::Number,
            Err(error) => {
                let span = self.span(text.len());
                self.reports.add(|| match error {
                    NumberError::Malformed => report::malformed_number(text, span),
                    NumberError::OutOfRange => report::number_too_large(text, span),
                });
                Kind::BadNumber
            }
        };
        self.push(kind, text.len());
    }

    fn mark(&mut self, next: char) {
        match take(two_characters, self.rest()) {
            ".." => self.push(Kind::DotDot, 2),
            "<=" => self.push(Kind::AtMost, 2),
            ">=" => self.push(Kind::AtLeast, 2),
            "==" => self.push(Kind::EqualEqual, 2),
            _ => self.single(next),
        }
    }

    fn single(&mut self, next: char) {
        match next {
            '{' => self.push(Kind::LeftBrace, 1),
            '}' => self.push(Kind::RightBrace, 1),
            '(' => self.push(Kind::LeftParen, 1),
            ')' => self.push(Kind::RightParen, 1),
            '=' => self.push(Kind::Equals, 1),
            ',' => self.push(Kind::Comma, 1),
            '.' if self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()) => self.point(),
            '.' => self.push(Kind::Dot, 1),
            '[' => self.bracket(),
            ']' if self.open_brackets > 0 => {
                self.open_brackets -= 1;
                self.push(Kind::RightBrace, 1);
            }
            '<' | '>' => self.bare_comparison(next),
            '/' if self.rest().starts_with("//") => self.slashes(),
            _ => match self.recipe.mark(next) {
                Some(kind) => self.push(kind, 1),
                None => self.stray(),
            },
        }
    }

    /// `.5`, unless a name stands before it.
    fn point(&mut self) {
        let behind_word = self
            .lexed
            .tokens
            .last()
            .is_some_and(|token| token.kind != Kind::DotDot && token.end as usize == self.at);
        if behind_word {
            return self.push(Kind::Dot, 1);
        }
        let digits = take(|text| take_while(is_wordish)(text), &self.rest()[1..]);
        let text = &self.rest()[..1 + digits.len()];
        let span = self.span(text.len());
        self.reports.add(|| report::malformed_number(text, span));
        self.push(Kind::BadNumber, text.len());
    }

    /// `[3, 5]`: a set, as other languages write it.
    fn bracket(&mut self) {
        let line = take(till_line_end, self.rest());
        let close = line
            .find(']')
            .map(|at| Span::new(self.file, self.at + at, self.at + at + 1));
        let open = self.span(1);
        self.reports.add(|| report::square_bracket(open, close));
        self.open_brackets += 1;
        self.push(Kind::LeftBrace, 1);
    }

    fn bare_comparison(&mut self, mark: char) {
        let span = self.span(1);
        self.reports.add(|| report::bare_comparison(mark, span));
        let kind = if mark == '<' {
            Kind::AtMost
        } else {
            Kind::AtLeast
        };
        self.push(kind, 1);
    }

    /// `// …`: a comment, as other languages write it.
    fn slashes(&mut self) {
        let line = take(till_line_end, self.rest());
        let span = self.span(2);
        self.reports.add(|| report::slashes(span));
        self.at += line.len();
    }

    /// A run of characters no token begins with, in one message.
    fn stray(&mut self) {
        let run = take(|text| take_while1(is_stray)(text), self.rest());
        // Characters with a meaning of their own come here when they stand alone, like `]`.
        let run = if run.is_empty() {
            let next = self.rest().chars().next().expect("a character stands here");
            &self.rest()[..next.len_utf8()]
        } else {
            run
        };
        let span = self.span(run.len());
        self.reports.add(|| report::stray(run, span));
        self.at += run.len();
        self.after_fault = !run.chars().all(char::is_whitespace);
    }
}

/// What a lexeme parser takes from the front of a text; empty where it does not match.
fn take<'a>(lexeme: impl Fn(&'a str) -> Lexeme<'a>, text: &'a str) -> &'a str {
    lexeme(text).map_or("", |(_, taken)| taken)
}

fn two_characters(text: &str) -> Lexeme<'_> {
    alt((tag(".."), tag("<="), tag(">="), tag("=="))).parse(text)
}

fn till_line_end(text: &str) -> Lexeme<'_> {
    take_till(|c| c == '\n')(text)
}

/// `digits [ "." digits ] [ "e" [ "-" ] digits | unit ]`: a point counts only before a digit, so
/// that `..` after digits is always the range mark.
fn number(text: &str) -> Lexeme<'_> {
    let fraction = (char('.'), digit1);
    let exponent = recognize((char('e'), opt(char('-')), digit1));
    let unit = alt(UNITS.map(|(unit, ..)| tag(unit)));
    recognize((digit1, opt(fraction), opt(alt((exponent, unit))))).parse(text)
}

/// What stands against a number and makes it a faulty one: letters, digits, points (never `..`).
fn number_tail(text: &str) -> Lexeme<'_> {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(next) = text[length..].chars().next() {
        let lone_point = next == '.' && bytes.get(length + 1) != Some(&b'.');
        if !is_wordish(next) && !lone_point {
            break;
        }
        length += next.len_utf8();
    }
    Ok((&text[length..], &text[..length]))
}

fn is_wordish(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_stray(c: char) -> bool {
    !(is_wordish(c) || matches!(c, ' ' | '\t' | '\r' | '\n') || "#\"{}()=,.[]<>/".contains(c))
}
