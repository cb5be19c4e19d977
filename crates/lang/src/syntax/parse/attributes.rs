//! Attributes and the domains they are searched over.

use nom::Parser;
use nom::combinator::map;

use super::report;
use super::tokens::{Parsed, Tokens, mark, name, word};
use super::values::{listed, required, required_value, value};
use crate::source::{Name, Span, Spanned};
use crate::syntax::ast::{Attribute, Binding, Domain, DomainKind, Value};
use crate::syntax::format::domain_text;
use crate::syntax::lex::Kind;

const A_DOMAIN: &str = "a set `{…}` or a range `low..high`";

/// `attr = name ( "=" value | ( "in" | "fit" ) domain )`; soft where no attribute begins.
pub(super) fn attribute(input: Tokens<'_>) -> Parsed<'_, Attribute> {
    if !begins_attribute(input) {
        return input.miss();
    }
    let (rest, name) = name(input)?;
    let (rest, binding) = binding(rest, &name)?;
    let span = input.span_to(rest);
    Ok((
        rest,
        Attribute {
            name,
            binding,
            span,
        },
    ))
}

/// A name with a binding word behind it, or with a value behind it and the word forgotten.
pub(super) fn begins_attribute(input: Tokens<'_>) -> bool {
    let next = input.ahead(1);
    let binds = match next.kind {
        Kind::Equals => true,
        Kind::LeftBrace | Kind::Number | Kind::BadNumber => !next.first_on_line,
        Kind::Word => matches!(input.text_of(next), "in" | "fit"),
        _ => false,
    };
    input.is_name() && binds
}

/// `name = value`, and nothing else: what `default` holds.
pub(super) fn fixed_attribute(input: Tokens<'_>) -> Parsed<'_, Attribute> {
    let (rest, name) = super::values::required_name("an attribute")(input)?;
    let (rest, _) = required(mark(Kind::Equals), "`=`")(rest)?;
    let (rest, value) = required_value(rest)?;
    Ok((
        rest,
        Attribute {
            name,
            binding: Binding::Is(value),
            span: input.span_to(rest),
        },
    ))
}

/// `"=" value | ( "in" | "fit" ) domain` of what `name` stands for.
pub(super) fn binding<'a>(input: Tokens<'a>, name: &Name) -> Parsed<'a, Binding> {
    match input.next().kind {
        Kind::Equals => fixed(input, name),
        Kind::Word if input.is_word("fit") => searched(input, name, "fit"),
        Kind::Word => searched(input, name, "in"),
        _ => unbound(input, name),
    }
}

/// Behind `=`.
fn fixed<'a>(input: Tokens<'a>, name: &Name) -> Parsed<'a, Binding> {
    let equals = input.span();
    let rest = input.skip();
    if rest.is_word("in") || rest.is_word("fit") {
        let word = Spanned::new(rest.text(), rest.span());
        rest.report(|| report::doubled_binding(equals, word));
        return binding(rest, name);
    }
    let (rest, written) = value_or_domain(rest)?;
    match written {
        Written::Value(value) => Ok((rest, Binding::Is(value))),
        Written::Domain(domain) => {
            let text = domain_text(input.whole_text(), &domain);
            input.report(|| report::wrong_binding(&name.value, equals, "in", &text));
            Ok((rest, Binding::In(domain)))
        }
    }
}

/// Behind `in` or `fit`.
fn searched<'a>(input: Tokens<'a>, name: &Name, word: &'static str) -> Parsed<'a, Binding> {
    let rest = input.skip();
    let bind = |domain| match word {
        "fit" => Binding::Fit(domain),
        _ => Binding::In(domain),
    };
    if !rest.is(Kind::Number) {
        return map(domain, bind).parse(rest);
    }
    let (after, written) = value_or_domain(rest)?;
    match written {
        Written::Domain(domain) => Ok((after, bind(domain))),
        Written::Value(first) => bare_values(input, name, first, after),
    }
}

/// `kernel in 3` or `kernel in 3, 5, 7`: the braces, or `=`, were meant.
fn bare_values<'a>(
    input: Tokens<'a>,
    name: &Name,
    first: Value,
    rest: Tokens<'a>,
) -> Parsed<'a, Binding> {
    let start = input.skip();
    let mut rest = rest;
    let mut values = vec![first];
    while rest.is(Kind::Comma) && rest.ahead(1).kind == Kind::Number {
        let (after, next) = value(rest.skip())?;
        values.push(next);
        rest = after;
    }
    let span = start.span_to(rest);
    if values.len() == 1 {
        let text = input.text_at(span);
        input.report(|| report::wrong_binding(&name.value, input.span(), "=", text));
        return Ok((rest, Binding::Is(values.remove(0))));
    }
    let kind = DomainKind::Set(values);
    let domain = Domain { kind, span };
    let set = domain_text(input.whole_text(), &domain);
    input.report(|| report::bare_set(span, &set));
    Ok((rest, Binding::In(domain)))
}

/// `kernel {3, 5}` and `channels 16`.
fn unbound<'a>(input: Tokens<'a>, name: &Name) -> Parsed<'a, Binding> {
    let (rest, written) = value_or_domain(input)?;
    match written {
        Written::Value(value) => {
            let text = input.text_at(value.span());
            input.report(|| report::missing_binding(name, value.span(), "=", text));
            Ok((rest, Binding::Is(value)))
        }
        Written::Domain(domain) => {
            let text = domain_text(input.whole_text(), &domain);
            input.report(|| report::missing_binding(name, domain.span, "in", &text));
            Ok((rest, Binding::In(domain)))
        }
    }
}

/// What can stand behind the `=` of a `let`.
pub(super) enum Written {
    /// One value.
    Value(Value),
    /// A set or a range.
    Domain(Domain),
}

/// `value | set | range`.
pub(super) fn value_or_domain(input: Tokens<'_>) -> Parsed<'_, Written> {
    if input.is(Kind::LeftBrace) {
        return map(set, Written::Domain).parse(input);
    }
    let (rest, low) = required_value(input)?;
    if !rest.is(Kind::DotDot) {
        return Ok((rest, Written::Value(low)));
    }
    let (rest, kind) = range_from(low)(rest)?;
    let span = input.span_to(rest);
    Ok((rest, Written::Domain(Domain { kind, span })))
}

/// `domain = set | range | name`.
pub(super) fn domain(input: Tokens<'_>) -> Parsed<'_, Domain> {
    if input.is(Kind::LeftBrace) {
        return set(input);
    }
    let (rest, low) = required(value, A_DOMAIN)(input)?;
    if input.is_word("layer") && !rest.is(Kind::DotDot) {
        return input.fail(|| report::reserved_word(input, A_DOMAIN));
    }
    match low {
        Value::Name(name) if !rest.is(Kind::DotDot) => {
            let span = name.span;
            let kind = DomainKind::Name(name);
            Ok((rest, Domain { kind, span }))
        }
        low => {
            let (rest, kind) = range_from(low)(rest)?;
            let span = input.span_to(rest);
            Ok((rest, Domain { kind, span }))
        }
    }
}

/// `set = "{" value { "," value } [ "," ] "}"`. An empty one is let through, for a clearer message later.
fn set(input: Tokens<'_>) -> Parsed<'_, Domain> {
    let (rest, open) = mark(Kind::LeftBrace)(input)?;
    let (rest, values) = listed(open, Kind::RightBrace, required_value)(rest)?;
    let kind = DomainKind::Set(values);
    let span = input.span_to(rest);
    Ok((rest, Domain { kind, span }))
}

/// The rest of `value ".." value [ "step" value ]` behind its first value.
fn range_from<'a>(low: Value) -> impl FnOnce(Tokens<'a>) -> Parsed<'a, DomainKind> {
    move |input| {
        let (rest, _) = required(mark(Kind::DotDot), "`..`")(input)?;
        let (rest, high) = required_value(rest)?;
        let (rest, step) = match word("step")(rest) {
            Ok((after, _)) => map(required_value, Some).parse(after)?,
            Err(_) => (rest, None),
        };
        Ok((rest, DomainKind::Range { low, high, step }))
    }
}

/// `low..high` with its place: what `require … in` takes.
pub(super) fn bounds(input: Tokens<'_>) -> Parsed<'_, (Value, Value, Span)> {
    const A_RANGE: &str = "a range `low..high`";
    let (rest, low) = required(value, A_RANGE)(input)?;
    if !rest.is(Kind::DotDot) {
        return rest.fail(|| report::half_range(rest, low.span()));
    }
    let rest = rest.skip();
    let (rest, high) = required_value(rest)?;
    Ok((rest, (low, high, input.span_to(rest))))
}
