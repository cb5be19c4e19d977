//! The lines of a space that is derived from another.

use nom::Parser;
use nom::combinator::map;

use super::attributes::binding;
use super::items::bound;
use super::recovery::{FILE_ITEMS, ITEMS};
use super::report;
use super::rows::picks;
use super::tokens::{Parsed, Tokens};
use super::values::{dotted, required};
use crate::source::{Name, Spanned};
use crate::syntax::ast::{Binding, Domain, Dotted, Fix, Item, Narrow, NarrowWord, Pick};
use crate::syntax::lex::Kind;

/// `narrow | require`.
pub(super) fn line(input: Tokens<'_>) -> Parsed<'_, Item> {
    let is_item = input.is(Kind::Word)
        && (ITEMS.contains(&input.text()) || FILE_ITEMS.contains(&input.text()));
    match (is_item, input.text()) {
        (_, "require") => map(bound, Item::Require).parse(input),
        (true, _) => input.fail(|| report::not_derived(input)),
        (false, _) => narrow(input),
    }
}

/// `narrow = dotted ( "=" pick { "," pick } | ( "in" | "fit" ) domain )`.
fn narrow(input: Tokens<'_>) -> Parsed<'_, Item> {
    let (rest, target) = required(dotted, "a row, a choice or `resolution`")(input)?;
    if rest.is(Kind::Equals) && !begins_domain(rest.skip()) {
        let (rest, picks) = picks(rest.skip())?;
        return Ok((rest, fix(target, picks, input, rest)));
    }
    if !begins_binding(rest) {
        return rest.fail(|| report::expected(rest, "`=`, `in` or `fit`"));
    }
    let equals = rest.span();
    let (rest, binding) = binding(rest, &named(&target))?;
    let item = match binding {
        // It was reported that another word belongs here.
        Binding::Is(value) => fix(target, vec![Pick::from(value)], input, rest),
        Binding::In(domain) => searched(target, (NarrowWord::In, equals), domain, input, rest),
        Binding::Fit(domain) => searched(target, (NarrowWord::Fit, equals), domain, input, rest),
    };
    Ok((rest, item))
}

/// A set, or a range that begins with a number: no pick.
fn begins_domain(input: Tokens<'_>) -> bool {
    let doubled = input.is_word("in") || input.is_word("fit");
    let is_range = input.ahead(1).kind == Kind::DotDot;
    input.is(Kind::LeftBrace) || is_range || doubled
}

/// A binding word, or what stands behind one that was forgotten.
fn begins_binding(input: Tokens<'_>) -> bool {
    match input.next().kind {
        Kind::Equals => true,
        Kind::LeftBrace | Kind::Number => !input.next().first_on_line,
        Kind::Word => input.is_word("in") || input.is_word("fit"),
        _ => false,
    }
}

/// The left side as one name, for messages.
fn named(target: &Dotted) -> Name {
    Spanned::new(target.text(), target.span)
}

fn fix(target: Dotted, picks: Vec<Pick>, input: Tokens<'_>, rest: Tokens<'_>) -> Item {
    Item::Fix(Fix {
        target,
        picks,
        span: input.span_to(rest),
    })
}

fn searched(
    target: Dotted,
    (word, at): (NarrowWord, crate::source::Span),
    domain: Domain,
    input: Tokens<'_>,
    rest: Tokens<'_>,
) -> Item {
    Item::Narrow(Narrow {
        target,
        word: Spanned::new(word, at),
        domain,
        span: input.span_to(rest),
    })
}
