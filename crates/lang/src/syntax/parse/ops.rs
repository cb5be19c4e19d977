//! Operators, alternatives and arguments.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::map;
use nom::multi::separated_list1;

use super::attributes::attribute;
use super::tokens::{Parsed, Tokens, mark, name, word};
use super::values::{listed, nested, required};
use crate::source::Name;
use crate::syntax::ast::{Arg, Op, Prim};
use crate::syntax::lex::Kind;

/// What stands where an operator must.
pub(super) const AN_OPERATOR: &str = "an operator or a block";

/// `op = prim { "or" prim }`.
pub(super) fn op(input: Tokens<'_>) -> Parsed<'_, Op> {
    let (rest, alternatives) =
        separated_list1(word("or"), required(prim, AN_OPERATOR)).parse(input)?;
    let span = input.span_to(rest);
    Ok((rest, Op { alternatives, span }))
}

/// `prim = name [ "(" [ args ] ")" ] | "(" op ")"`; soft where neither begins.
pub(super) fn prim(input: Tokens<'_>) -> Parsed<'_, Prim> {
    alt((call, map(group, Prim::Group))).parse(input)
}

fn call(input: Tokens<'_>) -> Parsed<'_, Prim> {
    let (rest, name) = name(input)?;
    let (rest, args) = match rest.is(Kind::LeftParen) {
        true => nested(args)(rest)?,
        false => (rest, Vec::new()),
    };
    Ok((rest, called(name, args, input, rest)))
}

fn called(name: Name, args: Vec<Arg>, input: Tokens<'_>, rest: Tokens<'_>) -> Prim {
    Prim::Call {
        name,
        args,
        span: input.span_to(rest),
    }
}

fn args(input: Tokens<'_>) -> Parsed<'_, Vec<Arg>> {
    let (rest, open) = mark(Kind::LeftParen)(input)?;
    listed(open, Kind::RightParen, arg)(rest)
}

/// `arg = attr | op`.
fn arg(input: Tokens<'_>) -> Parsed<'_, Arg> {
    alt((map(attribute, Arg::Attribute), map(op, Arg::Op))).parse(input)
}

/// `( op )`; its place covers the parentheses.
fn group(input: Tokens<'_>) -> Parsed<'_, Op> {
    let (rest, open) = mark(Kind::LeftParen)(input)?;
    let (rest, inner) = nested(op)(rest)?;
    let (rest, _) = super::values::closed(open, Kind::RightParen)(rest)?;
    let span = input.span_to(rest);
    Ok((rest, Op { span, ..inner }))
}
