//! Names, values, dotted names, and the brackets around things.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::map;
use nom::multi::separated_list1;

use super::report;
use super::tokens::{Parsed, Tokens, is_reserved, mark, name, name_here, number, string};
use crate::source::{Name, Span, Spanned};
use crate::syntax::ast::{Dotted, Value};
use crate::syntax::lex::Kind;

/// Groups that may be nested into each other.
const MOST_NESTED: u32 = 64;

/// What must stand here, or else the message `expected WHAT`.
pub(super) fn required<'a, T>(
    mut parser: impl Parser<Tokens<'a>, Output = T, Error = super::tokens::Failure>,
    what: &'static str,
) -> impl FnMut(Tokens<'a>) -> Parsed<'a, T> {
    move |input| match parser.parse(input) {
        Err(nom::Err::Error(_)) => input.fail(|| report::expected(input, what)),
        other => other,
    }
}

/// The name something is declared or called by. A reserved word is reported and taken for it,
/// unless it begins the next row.
pub(super) fn required_name<'a>(what: &'static str) -> impl Fn(Tokens<'a>) -> Parsed<'a, Name> {
    move |input| {
        let reserved = input.is(Kind::Word) && is_reserved(input.text());
        if reserved && !input.next().first_on_line {
            input.report(|| report::reserved_word(input, what));
            return Ok((input.skip(), name_here(input)));
        }
        required(name, what)(input)
    }
}

/// `value = number | name | "layer"`.
pub(super) fn value(input: Tokens<'_>) -> Parsed<'_, Value> {
    let word = map(alt((name, layer_norm)), Value::Name);
    alt((map(number, Value::Number), word)).parse(input)
}

/// The word `layer` as a norm. Before a name and an operator it begins a row: what should stand
/// here is missing.
pub(super) fn layer_norm(input: Tokens<'_>) -> Parsed<'_, Name> {
    let (name, behind) = (input.skip(), input.skip().skip());
    let is_row = name.is_name() && (behind.is_name() || behind.is(Kind::LeftParen));
    match input.is_word("layer") && !is_row {
        true => Ok((input.skip(), name_here(input))),
        false => input.miss(),
    }
}

/// A value that must stand here; a reserved word is reported and taken for a name.
pub(super) fn required_value(input: Tokens<'_>) -> Parsed<'_, Value> {
    if input.is(Kind::Word) && layer_norm(input).is_err() {
        return map(required_name(report::A_VALUE), Value::Name).parse(input);
    }
    required(value, report::A_VALUE)(input)
}

/// A string that must stand here.
pub(super) fn required_string(input: Tokens<'_>) -> Parsed<'_, Spanned<String>> {
    required(string, "a path in quotes")(input)
}

/// `dotted = name { "." name }`; soft at its first name only.
pub(super) fn dotted(input: Tokens<'_>) -> Parsed<'_, Dotted> {
    let (rest, first) = name(input)?;
    let mut names = vec![first];
    let mut rest = rest;
    while rest.is(Kind::Dot) {
        let (after, next) = required_name("a name")(rest.skip())?;
        names.push(next);
        rest = after;
    }
    let span = input.span_to(rest);
    Ok((rest, Dotted { names, span }))
}

/// `name { "," name }`.
pub(super) fn names(input: Tokens<'_>) -> Parsed<'_, Vec<Name>> {
    separated_list1(mark(Kind::Comma), required_name("a name")).parse(input)
}

/// Members between an opening bracket and its partner, separated by commas, the last comma optional.
pub(super) fn listed<'a, T>(
    open: Span,
    close: Kind,
    mut member: impl FnMut(Tokens<'a>) -> Parsed<'a, T>,
) -> impl FnMut(Tokens<'a>) -> Parsed<'a, Vec<T>> {
    move |input| {
        let mut members = Vec::new();
        let mut gaps = Vec::new();
        let mut input = input;
        while !input.is(close) {
            if !may_go_on(input) {
                return unclosed(input, open, &gaps);
            }
            let (rest, next) = member(input)?;
            members.push(next);
            input = rest;
            match input.next().kind {
                Kind::Comma => input = input.skip(),
                kind if kind == close => {}
                _ if !may_go_on(input) => {}
                Kind::Number | Kind::Word if !is_reserved(input.text()) => gaps.push(input),
                Kind::RightBrace | Kind::RightParen => return unclosed(input, open, &gaps),
                _ => return input.fail(|| report::expected(input, expected_behind_member(close))),
            }
        }
        for gap in gaps {
            gap.report(|| report::missing_comma(gap));
        }
        Ok((input.skip(), members))
    }
}

/// Fails over a list without its closing bracket: it is missing where the first comma is, if one is.
fn unclosed<'a, T>(input: Tokens<'a>, open: Span, gaps: &[Tokens<'a>]) -> Parsed<'a, T> {
    let missing_at = gaps.first().copied().unwrap_or(input);
    input.fail(|| report::unclosed(missing_at, open))
}

fn expected_behind_member(close: Kind) -> &'static str {
    if close == Kind::RightParen {
        "`,` or `)`"
    } else {
        "`,` or `}`"
    }
}

/// Whether a list that is open can have anything to do with the next token: an item word that begins
/// a line, or the end, says that it was never closed.
fn may_go_on(input: Tokens<'_>) -> bool {
    !input.is_end() && !super::recovery::begins_item(input)
}

/// Reads one level deeper, up to a limit.
pub(super) fn nested<'a, T>(
    mut parser: impl FnMut(Tokens<'a>) -> Parsed<'a, T>,
) -> impl FnMut(Tokens<'a>) -> Parsed<'a, T> {
    move |input| {
        let depth = input.depth();
        if depth == MOST_NESTED {
            return input.fail(|| report::too_deep(input, MOST_NESTED));
        }
        let (rest, inner) = parser(input.at_depth(depth + 1))?;
        Ok((rest.at_depth(depth), inner))
    }
}

/// The partner of an opening bracket.
pub(super) fn closed<'a>(open: Span, close: Kind) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |input| match mark(close)(input) {
        Err(nom::Err::Error(_)) if may_go_on(input) && !input.is(Kind::RightBrace) => {
            input.fail(|| report::expected(input, "`)`"))
        }
        Err(nom::Err::Error(_)) => input.fail(|| report::unclosed(input, open)),
        other => other,
    }
}
