//! What the parser complains about, one function a message.

use super::tokens::Tokens;
use crate::diagnostic::{Certainty, Code, Diagnostic, Edit, nearest};
use crate::source::{Name, Span, Spanned};
use crate::syntax::lex::Kind;

/// The versions of the language this compiler knows.
pub(super) const VERSIONS: [u64; 1] = [1];

/// Something else stands where `what` should.
pub(super) fn expected(input: Tokens<'_>, what: &str) -> Diagnostic {
    let breaks_off = input.is_end() || input.next().first_on_line;
    match input.previous().filter(|_| breaks_off) {
        Some(previous) => Diagnostic::new(
            Code::Syntax,
            format!(
                "expected {what} behind `{}`",
                short(input.text_of(previous))
            ),
            input.span_of(previous),
            format!("{what} is missing behind this"),
        ),
        None => Diagnostic::new(
            Code::Syntax,
            format!("expected {what}, found {}", found(input)),
            input.span(),
            format!("{what} belongs here"),
        ),
    }
}

/// The next token in words.
fn found(input: Tokens<'_>) -> String {
    match input.next().kind {
        Kind::End => "the end of the file".to_owned(),
        Kind::Number | Kind::BadNumber => format!("the number `{}`", short(input.text())),
        Kind::String | Kind::BadString => "a string".to_owned(),
        Kind::Word if input.is_name() => format!("the name `{}`", short(input.text())),
        _ => format!("`{}`", short(input.text())),
    }
}

/// A text short enough for a headline.
fn short(text: &str) -> String {
    const SHOWN: usize = 32;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

pub(super) fn missing_version(input: Tokens<'_>) -> Diagnostic {
    let misspelt =
        input.is_name() && (input.text() == "cream" || nearest(input.text(), ["cream"]).is_some());
    if !misspelt {
        let start = Span {
            end: input.span().start,
            ..input.span()
        };
        return Diagnostic::new(
            Code::MissingVersion,
            "the file does not begin with its language version",
            input.span(),
            "the first line is `cream 1`",
        )
        .fix("add the line `cream 1`", start, "cream 1\n\n");
    }
    let numbered = input.ahead(1).kind == Kind::Number && !input.ahead(1).first_on_line;
    let version = if numbered { "cream" } else { "cream 1" };
    Diagnostic::new(
        Code::MissingVersion,
        "the file does not begin with its language version",
        input.span(),
        "this should be `cream 1`",
    )
    .fix(format!("write `{version}`"), input.span(), version)
}

pub(super) fn unknown_version(input: Tokens<'_>) -> Diagnostic {
    let newest = VERSIONS[VERSIONS.len() - 1].to_string();
    Diagnostic::new(
        Code::UnknownVersion,
        format!(
            "version `{}` of the language is not known",
            short(input.text())
        ),
        input.span(),
        "the version this file is written in",
    )
    .note(format!(
        "known versions: {}",
        VERSIONS.map(|version| version.to_string()).join(", ")
    ))
    .guess(
        format!("if the file keeps to version {newest}: `cream {newest}`"),
        input.span(),
        newest,
    )
}

/// What stands behind `=`, in words.
pub(super) const A_VALUE: &str = "a value";

/// `layer in conv(…)`: the word means something else.
pub(super) fn reserved_word(input: Tokens<'_>, what: &str) -> Diagnostic {
    let word = input.text();
    let diagnostic = Diagnostic::new(
        Code::ReservedWord,
        format!("`{word}` is a word of the language, not {what}"),
        input.span(),
        "a reserved word",
    );
    if what == A_VALUE {
        return diagnostic;
    }
    diagnostic.example(
        format!("choose another name, like `{word}_`"),
        input.span(),
        format!("{word}_"),
    )
}

pub(super) fn unknown_item(input: Tokens<'_>, words: &[&str], place: &str) -> Diagnostic {
    let word = input.text();
    let diagnostic = Diagnostic::new(
        Code::UnknownItem,
        format!("`{}` begins nothing that {place} can hold", short(word)),
        input.span(),
        "not a word of the language",
    );
    match nearest(word, words.iter().copied()) {
        Some(near) => diagnostic.guess(format!("did you mean `{near}`?"), input.span(), near),
        None => diagnostic.note(format!("{place} holds {}", list(words))),
    }
}

/// `` `a`, `b` and `c` ``.
fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// A row is over and something stands behind it.
pub(super) fn trailing(input: Tokens<'_>) -> Diagnostic {
    let comma = input.is(Kind::Comma);
    let unit = input.is_name()
        && crate::quantity::UNITS
            .iter()
            .any(|(unit, ..)| *unit == input.text())
        && input
            .previous()
            .is_some_and(|token| token.kind == Kind::Number);
    if unit {
        return spaced_unit(input);
    }
    let diagnostic = Diagnostic::new(
        Code::Syntax,
        format!("{} cannot follow here", found(input)),
        input.span(),
        "the item is complete before this",
    );
    if comma {
        diagnostic.fix(
            "attributes behind an operator stand side by side, without commas",
            input.span(),
            "",
        )
    } else {
        diagnostic
    }
}

/// `600 M`.
fn spaced_unit(input: Tokens<'_>) -> Diagnostic {
    let number = input.previous().expect("a number stands before");
    let whole = input.span_of(number).to(input.span());
    let text = format!("{}{}", input.text_of(number), input.text());
    Diagnostic::new(
        Code::MalformedNumber,
        "a unit stands directly behind its number",
        whole,
        "a blank parts them",
    )
    .fix(format!("write `{text}`"), whole, text)
}

pub(super) fn unclosed(input: Tokens<'_>, open: Span) -> Diagnostic {
    let mark = input.text_at(open);
    let close = if mark == "(" { ")" } else { "}" };
    let here = if input.is_end() {
        "the file ends without it".to_owned()
    } else {
        format!("`{close}` is missing before this")
    };
    Diagnostic::new(
        Code::UnclosedBracket,
        format!("`{}` is never closed", if mark == "(" { "(" } else { "{" }),
        open,
        "opened here",
    )
    .label(input.span(), here)
    .guess(format!("add `{close}`"), input.gap(), close)
}

pub(super) fn unclosed_body(input: Tokens<'_>, open: Span, name: &Name) -> Diagnostic {
    let mut diagnostic = unclosed(input, open);
    diagnostic.message = format!("the braces of `{}` are never closed", short(&name.value));
    if let Some(help) = &mut diagnostic.help {
        help.edits[0].replacement = "\n}".to_owned();
    }
    diagnostic
}

pub(super) fn unopened(input: Tokens<'_>) -> Diagnostic {
    let mark = input.text();
    Diagnostic::new(
        Code::UnopenedBracket,
        format!("`{mark}` closes nothing"),
        input.span(),
        "nothing is open here",
    )
    .fix("leave it out", input.span(), "")
}

/// `{3 5}`, `ir(kernel = 3 expand = 4)`.
pub(super) fn missing_comma(input: Tokens<'_>) -> Diagnostic {
    Diagnostic::new(
        Code::Syntax,
        format!("expected `,` before {}", found(input)),
        input.span(),
        "a comma is missing before this",
    )
    .fix("add `,`", input.gap(), ",")
}

pub(super) fn too_deep(input: Tokens<'_>, most: u32) -> Diagnostic {
    Diagnostic::new(
        Code::NestedTooDeep,
        format!("groups are nested more than {most} deep"),
        input.span(),
        format!("group number {}", most + 1),
    )
}

pub(super) fn misplaced(input: Tokens<'_>, item: Span, place: &str) -> Diagnostic {
    let word = short(input.text());
    let diagnostic = Diagnostic::new(
        Code::MisplacedItem,
        format!("`{word}` stands {place}"),
        item,
        format!("this `{word}` is out of place"),
    );
    match input.previous() {
        Some(brace) if brace.kind == Kind::RightBrace => {
            diagnostic.label(input.span_of(brace), "the body above ends here")
        }
        _ => diagnostic,
    }
}

/// `stage s6 …` in a space that is derived from another.
pub(super) fn not_derived(input: Tokens<'_>) -> Diagnostic {
    let word = short(input.text());
    Diagnostic::new(
        Code::MisplacedItem,
        format!("`{word}` stands in a derived space, which only narrows another"),
        input.span(),
        format!("this `{word}` is out of place"),
    )
    .help("write it in the space this one is `of`, or leave out `of` and write a space of its own")
}

/// `layer conv(kernel = 3)`.
pub(super) fn nameless_row(row: Tokens<'_>, operator: &Name) -> Diagnostic {
    let (keyword, operator_name) = (row.text(), short(&operator.value));
    Diagnostic::new(
        Code::Syntax,
        format!("a {keyword} without a name"),
        operator.span,
        "an operator; the name belongs before it",
    )
    .help(format!("write `{keyword} NAME {operator_name}(…)`"))
}

/// `require flops in 600M`.
pub(super) fn half_range(input: Tokens<'_>, low: Span) -> Diagnostic {
    let bound = input.text_at(low);
    Diagnostic::new(
        Code::Syntax,
        "a bound names both of its ends",
        low,
        "one end of a range `low..high`",
    )
    .guess(
        format!("for an upper bound: `0..{bound}`"),
        low,
        format!("0..{bound}"),
    )
}

/// `require flops = 600M`.
pub(super) fn no_comparison(input: Tokens<'_>) -> Diagnostic {
    Diagnostic::new(
        Code::Syntax,
        "`=` is no comparison",
        input.span(),
        "a bound is written with `in`, `<=`, `>=` or `==`",
    )
    .guess("for an upper bound: `<=`", input.span(), "<=")
}

pub(super) fn second_space(first: &Name, second: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::SecondSpace,
        "a file holds at most one space",
        second.span,
        "the second space",
    )
    .label(first.span, "the first space")
    .help("put each space into a file of its own; what they share is read with `use`")
}

/// `kernel {3, 5}` and `channels 16`: nothing stands between.
pub(super) fn missing_binding(
    name: &Name,
    value: Span,
    word: &str,
    value_text: &str,
) -> Diagnostic {
    let attribute = &name.value;
    let (what, adjective) = match word {
        "in" => ("domain", "searched"),
        _ => ("value", "fixed"),
    };
    let gap = Span {
        start: name.span.end,
        end: value.start,
        ..name.span
    };
    Diagnostic::new(
        Code::BindingWord,
        format!("`{word}` is missing between `{attribute}` and its {what}"),
        name.span.to(value),
        format!("an attribute and its {what}"),
    )
    .cure(
        format!("a {adjective} attribute is written `{attribute} {word} {value_text}`"),
        vec![Edit::new(gap, format!(" {word} "))],
        certainty(attribute, word),
    )
}

/// `kernel = {3, 5}`, `kernel in 3`, `choice c = {3, 5}`, `let x in 3..5`, `kernel = in {3}`.
pub(super) fn wrong_binding(
    subject: &str,
    written: Span,
    right: &str,
    right_text: &str,
) -> Diagnostic {
    let (message, label) = match right {
        "=" => (
            "one value is given with `=`",
            "this word takes a set or a range",
        ),
        _ => ("a domain is searched with `in`", "`=` gives one value"),
    };
    Diagnostic::new(Code::BindingWord, message, written, label).cure(
        format!("write `{subject} {right} {right_text}`"),
        vec![Edit::new(written, right)],
        certainty(subject, right),
    )
}

/// Resolutions and depths may also be meant to be settled with `fit`.
fn certainty(attribute: &str, word: &str) -> Certainty {
    match (attribute, word) {
        ("resolution" | "depth", "in") => Certainty::Guess,
        _ => Certainty::Sure,
    }
}

pub(super) fn let_takes_equals(name: &Name, written: Span, domain: &str) -> Diagnostic {
    Diagnostic::new(
        Code::BindingWord,
        "a `let` names a value or a domain with `=`",
        written,
        "`in` would search",
    )
    .fix(
        format!("write `let {} = {domain}`", name.value),
        written,
        "=",
    )
}

pub(super) fn choice_takes_in(name: &Name, written: Span, domain: &str) -> Diagnostic {
    Diagnostic::new(
        Code::BindingWord,
        "a `choice` is searched with `in`",
        written,
        "`=` would fix it",
    )
    .fix(
        format!("write `choice {} in {domain}`", name.value),
        written,
        "in",
    )
}

/// `kernel in 3, 5, 7`.
pub(super) fn bare_set(values: Span, set: &str) -> Diagnostic {
    Diagnostic::new(
        Code::BindingWord,
        "a set stands in braces",
        values,
        "several values",
    )
    .fix(format!("write `{set}`"), values, set)
}

/// `kernel = in {3, 5}`.
pub(super) fn doubled_binding(equals: Span, word: Spanned<&str>) -> Diagnostic {
    Diagnostic::new(
        Code::BindingWord,
        format!("`=` and `{}` stand side by side", word.value),
        equals.to(word.span),
        "one word binds an attribute",
    )
    .fix(
        format!("write `{}` alone", word.value),
        equals.to(word.span),
        word.value,
    )
}

/// `block ghost(kernel in {3, 5}) { … }`.
pub(super) fn searched_param(name: &Name, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::BindingNotAllowed,
        format!(
            "the parameter `{}` is searched where the block is used",
            name.value
        ),
        span,
        "a block's head holds names and values",
    )
    .help(format!(
        "write `{}` here, and the domain in a layer or stage: `BLOCK({} in …)`",
        name.value, name.value
    ))
}

/// `conv(kernel in {3, 5})` in the rows of a block.
pub(super) fn search_in_part(input: Tokens<'_>) -> Diagnostic {
    Diagnostic::new(
        Code::BindingNotAllowed,
        "the rows of a block are not searched",
        input.span(),
        "only `=` can stand here",
    )
    .help("give the block a parameter, and search that where the block is used")
}
