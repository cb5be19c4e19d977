//! Blocks of one's own: their parameters, their rows, and arithmetic.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::{map, opt};
use nom::multi::many0;

use super::attributes::{attribute, begins_attribute};
use super::items::{close_body, give_up};
use super::tokens::{Parsed, Tokens, mark, name, name_here, number};
use super::values::{closed, listed, nested, required, required_name, required_value};
use super::{recovery, report};
use crate::source::{Name, Span};
use crate::syntax::ast::{Binding, Detail, Expr, ExprKind, Measure, Param, Part, Recipe, Sign};
use crate::syntax::lex::Kind;

const A_NUMBER: &str = "a number, a name or `(`";
const A_PART: &str = "a row, like `conv(kernel = 3)`";

/// Whether the rest of a `block` behind its name is rows.
pub(super) fn begins_recipe(input: Tokens<'_>) -> bool {
    input.is(Kind::LeftBrace) || input.is(Kind::LeftParen)
}

/// `recipe = [ "(" [ param { "," param } [ "," ] ] ")" ] "{" { part } "}"`, behind `block` and its name.
pub(super) fn recipe<'a>(start: Tokens<'a>, name: Name, input: Tokens<'a>) -> Parsed<'a, Recipe> {
    let (rest, params) = params(input)?;
    let (rest, open) = required(mark(Kind::LeftBrace), "`{` and the rows of the block")(rest)?;
    let (rest, parts) = parts(rest);
    let rest = close_body(rest, open, &name);
    let recipe = Recipe {
        name,
        params,
        parts,
        span: start.span_to(rest),
    };
    Ok((rest, recipe))
}

fn params(input: Tokens<'_>) -> Parsed<'_, Vec<Param>> {
    match mark(Kind::LeftParen)(input) {
        Ok((rest, open)) => listed(open, Kind::RightParen, param)(rest),
        Err(_) => Ok((input, Vec::new())),
    }
}

/// `param = name [ "=" value ]`. A searched one is reported, and read on behind.
fn param(input: Tokens<'_>) -> Parsed<'_, Param> {
    let is_searched = begins_attribute(input) && !input.skip().is(Kind::Equals);
    if is_searched {
        return searched_param(input);
    }
    let (rest, name) = required_name("a parameter")(input)?;
    let (rest, equals) = opt(mark(Kind::Equals)).parse(rest)?;
    let (rest, default) = match equals {
        Some(_) => map(required_value, Some).parse(rest)?,
        None => (rest, None),
    };
    let span = input.span_to(rest);
    Ok((
        rest,
        Param {
            name,
            default,
            span,
        },
    ))
}

/// `kernel in {3, 5}` in the head of a block.
fn searched_param(input: Tokens<'_>) -> Parsed<'_, Param> {
    let (rest, attribute) = attribute(input)?;
    let span = attribute.span;
    let default = match attribute.binding {
        // `kernel 3` was reported by the attribute.
        Binding::Is(value) => Some(value),
        Binding::In(_) | Binding::Fit(_) => {
            input.report(|| report::searched_param(&attribute.name, span));
            None
        }
    };
    Ok((
        rest,
        Param {
            name: attribute.name,
            default,
            span,
        },
    ))
}

/// Rows up to the brace that closes the block, or to the next item. One that cannot be read is left out.
fn parts(input: Tokens<'_>) -> (Tokens<'_>, Vec<Part>) {
    let mut parts = Vec::new();
    let mut input = input;
    while !ends_recipe(input) {
        match part(input) {
            Ok((rest, part)) => {
                parts.push(part);
                input = rest;
            }
            Err(error) => input = give_up(input, error, recovery::to_next_part),
        }
    }
    (input, parts)
}

fn ends_recipe(input: Tokens<'_>) -> bool {
    input.is_end() || input.is(Kind::RightBrace) || recovery::begins_item(input)
}

/// `part = [ name ":" ] name [ "(" … ")" ] { measure }`.
fn part(input: Tokens<'_>) -> Parsed<'_, Part> {
    let (rest, name) = part_name(input)?;
    let (rest, primitive) = required(super::tokens::name, A_PART)(rest)?;
    let (rest, details) = match rest.is(Kind::LeftParen) {
        true => listed(rest.span(), Kind::RightParen, detail)(rest.skip())?,
        false => (rest, Vec::new()),
    };
    let (rest, measures) = many0(measure).parse(rest)?;
    let part = Part {
        name,
        primitive,
        details,
        measures,
        span: input.span_to(rest),
    };
    Ok((rest, part))
}

fn part_name(input: Tokens<'_>) -> Parsed<'_, Option<Name>> {
    if input.ahead(1).kind != Kind::Colon {
        return Ok((input, None));
    }
    let (rest, name) = required_name("a name for the row")(input)?;
    Ok((rest.skip(), Some(name)))
}

/// `detail = name | "input" | "layer" | measure`.
fn detail(input: Tokens<'_>) -> Parsed<'_, Detail> {
    if input.is_word("input") || input.is_word("layer") {
        return Ok((input.skip(), Detail::Word(name_here(input))));
    }
    let word = map(required_name("a row to read or an attribute"), Detail::Word);
    alt((map(measure, Detail::Measure), word)).parse(input)
}

/// `measure = name "=" sum`; soft where none begins.
fn measure(input: Tokens<'_>) -> Parsed<'_, Measure> {
    if input.is_name() && !input.skip().is(Kind::Equals) && begins_attribute(input) {
        return unbound_measure(input);
    }
    if !input.is_name() || !input.skip().is(Kind::Equals) {
        return input.miss();
    }
    let (rest, name) = name(input)?;
    let (rest, value) = sum(rest.skip())?;
    let span = input.span_to(rest);
    Ok((rest, Measure { name, value, span }))
}

/// `kernel in {3, 5}` and `kernel 3` in a row of a block.
fn unbound_measure(input: Tokens<'_>) -> Parsed<'_, Measure> {
    let next = input.skip();
    if next.is_word("in") || next.is_word("fit") {
        return next.fail(|| report::search_in_part(next));
    }
    next.fail(|| report::expected(next, "`=`"))
}

/// `sum = product { ( "+" | "-" ) product }`.
fn sum(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let signs = [(Kind::Plus, Sign::Plus), (Kind::Minus, Sign::Minus)];
    chain(input, signs, product)
}

/// `product = factor { ( "*" | "/" ) factor }`.
fn product(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let signs = [(Kind::Star, Sign::Times), (Kind::Slash, Sign::Over)];
    chain(input, signs, required(factor, A_NUMBER))
}

fn chain<'a>(
    input: Tokens<'a>,
    signs: [(Kind, Sign); 2],
    mut side: impl FnMut(Tokens<'a>) -> Parsed<'a, Expr>,
) -> Parsed<'a, Expr> {
    let (mut rest, first) = side(input)?;
    let mut others = Vec::new();
    while let Some((_, sign)) = signs.into_iter().find(|&(kind, _)| rest.is(kind)) {
        let (after, next) = side(rest.skip())?;
        others.push((sign, next));
        rest = after;
    }
    if others.is_empty() {
        return Ok((rest, first));
    }
    let kind = ExprKind::Chain {
        first: Box::new(first),
        rest: others,
    };
    let span = input.span_to(rest);
    Ok((rest, Expr { kind, span }))
}

/// `factor = number | name [ "(" sum ")" ] | "layer" | "(" sum ")"`; soft where none of them begins.
fn factor(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, kind) = match input.next().kind {
        Kind::Number => map(number, |number| ExprKind::Number(number.value)).parse(input)?,
        Kind::LeftParen => {
            let (rest, inner) = grouped(input)?;
            (rest, ExprKind::Group(Box::new(inner)))
        }
        _ => called(input)?,
    };
    let span = input.span_to(rest);
    Ok((rest, Expr { kind, span }))
}

fn called(input: Tokens<'_>) -> Parsed<'_, ExprKind> {
    if input.is_word("layer") {
        return Ok((input.skip(), ExprKind::Name(name_here(input))));
    }
    let (rest, name) = name(input)?;
    if !rest.is(Kind::LeftParen) {
        return Ok((rest, ExprKind::Name(name)));
    }
    let (rest, of) = grouped(rest)?;
    let of = Box::new(of);
    Ok((rest, ExprKind::Call { name, of }))
}

/// `( sum )`.
fn grouped(input: Tokens<'_>) -> Parsed<'_, Expr> {
    let (rest, open): (_, Span) = mark(Kind::LeftParen)(input)?;
    let (rest, inner) = nested(sum)(rest)?;
    let (rest, _) = closed(open, Kind::RightParen)(rest)?;
    Ok((rest, inner))
}
