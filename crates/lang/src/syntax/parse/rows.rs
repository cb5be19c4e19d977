//! Rows: `layer` and `stage` of a space, the picks of an arch.

use nom::Parser;
use nom::branch::alt;
use nom::combinator::map;
use nom::multi::{many0, separated_list1};

use super::attributes::{attribute, begins_attribute};
use super::ops::{AN_OPERATOR, op, prim};
use super::tokens::{Parsed, Tokens, mark, number};
use super::values::{dotted, layer_norm, required, required_name};
use super::{recovery, report};
use crate::syntax::ast::{Fix, Op, Pick, Row, RowKind, Value};
use crate::syntax::lex::Kind;

/// `layer = "layer" name op { attr }`.
pub(super) fn layer(input: Tokens<'_>) -> Parsed<'_, Row> {
    row(input, RowKind::Layer, "a name for the layer")
}

/// `stage = "stage" name op [ "then" op ] { attr }`.
pub(super) fn stage(input: Tokens<'_>) -> Parsed<'_, Row> {
    row(input, RowKind::Stage, "a name for the stage")
}

fn row<'a>(input: Tokens<'a>, kind: RowKind, what: &'static str) -> Parsed<'a, Row> {
    let (rest, name) = required_name(what)(input.skip())?;
    if rest.is(Kind::LeftParen) && begins_attribute(rest.skip()) {
        return rest.fail(|| report::nameless_row(input, &name));
    }
    let (rest, first) = row_op(rest)?;
    let (rest, then) = match kind == RowKind::Stage && rest.is_word("then") {
        true => map(op, Some).parse(rest.skip())?,
        false => (rest, None),
    };
    let (rest, attributes) = many0(attribute).parse(rest)?;
    let row = Row {
        kind,
        name,
        op: first,
        then,
        attributes,
        span: input.span_to(rest),
    };
    Ok((rest, row))
}

/// The operator of a row, which is missing where an attribute stands.
fn row_op(input: Tokens<'_>) -> Parsed<'_, Op> {
    if begins_attribute(input) && !before_fit_item(input) {
        return input.fail(|| report::expected(input, AN_OPERATOR));
    }
    op(input)
}

/// Whether the `fit` behind an operator is the next item: `layer a skip`, then `fit s1, s2`.
fn before_fit_item(input: Tokens<'_>) -> bool {
    let domain = matches!(input.ahead(2).kind, Kind::LeftBrace | Kind::Number);
    input.text_of(input.ahead(1)) == "fit" && !domain
}

/// `fix = dotted "=" pick { "," pick }`.
pub(super) fn fix(input: Tokens<'_>) -> Parsed<'_, Fix> {
    let (rest, target) = required(dotted, "a row, a choice or `resolution`")(input)?;
    let (rest, _) = required(mark(Kind::Equals), "`=`")(rest)?;
    let (rest, picks) = picks(rest)?;
    let span = input.span_to(rest);
    Ok((
        rest,
        Fix {
            target,
            picks,
            span,
        },
    ))
}

/// `pick { "," pick }`.
pub(super) fn picks(input: Tokens<'_>) -> Parsed<'_, Vec<Pick>> {
    separated_list1(mark(Kind::Comma), required(pick, "a block or a value")).parse(input)
}

/// `pick = number | prim | "layer"`; soft, also where the next row begins.
fn pick(input: Tokens<'_>) -> Parsed<'_, Pick> {
    if recovery::begins_fix(input) {
        return input.miss();
    }
    let layer = map(layer_norm, |name| Pick::from(Value::Name(name)));
    alt((map(number, Pick::Number), layer, map(prim, Pick::Prim))).parse(input)
}
