//! Values and domains: of the wrong type, out of range, out of order.

use super::{At, about, grouped, list};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::quantity::Ratio;
use crate::source::Span;
use crate::space::check::Kind;
use crate::space::{AttributeName, limits};

pub(in crate::space) fn number_for_word(kind: Kind, words: &[&str], at: At) -> Diagnostic {
    about(
        Code::WrongType,
        format!("`{}` is a word, not a number", kind.name),
        at,
        "a word belongs here",
    )
    .note(format!("`{}` is one of {}", kind.name, list(words)))
}

pub(in crate::space) fn unit_not_wanted(
    kind: Kind,
    text: &str,
    plain: Option<u128>,
    at: At,
) -> Diagnostic {
    let problem = about(
        Code::WrongType,
        format!("`{}` is a plain number, without a unit", kind.name),
        at,
        format!("`{text}` has a unit"),
    );
    match plain {
        Some(plain) => problem.fix(format!("write `{plain}`"), at.span, plain.to_string()),
        None => problem,
    }
}

pub(in crate::space) fn unknown_word(
    name: AttributeName,
    word: &str,
    at: At,
    lets: &[&str],
) -> Diagnostic {
    let words = name.words();
    let problem = about(
        Code::UnknownName,
        format!("`{name}` cannot be `{word}`"),
        at,
        "not one of its values",
    );
    match nearest(word, words.iter().chain(lets).copied()) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), at.span, near),
        None => problem.note(format!("`{name}` is one of {}", list(&words))),
    }
}

pub(in crate::space) fn word_for_number(kind: Kind, word: &str, given: &str, at: At) -> Diagnostic {
    about(
        Code::WrongType,
        format!(
            "`{}` is {}; `{word}` is {given}",
            kind.name,
            kind.type_name()
        ),
        at,
        format!("{} belongs here", kind.type_name()),
    )
}

pub(in crate::space) fn unknown_value(kind: Kind, word: &str, at: At, lets: &[&str]) -> Diagnostic {
    let problem = about(
        Code::UnknownName,
        format!("no `let` is called `{word}`"),
        at,
        format!("{} or the name of a `let` belongs here", kind.type_name()),
    );
    match nearest(word, lets.iter().copied()) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), at.span, near),
        None => problem,
    }
}

pub(in crate::space) fn not_whole(kind: Kind, at: At) -> Diagnostic {
    about(
        Code::WrongType,
        format!("`{}` is a whole number", kind.name),
        at,
        "not whole",
    )
}

pub(in crate::space) fn out_of_range(
    kind: Kind,
    text: &str,
    range: (u32, u32),
    at: At,
) -> Diagnostic {
    let (low, high) = (grouped(range.0.into()), grouped(range.1.into()));
    about(
        Code::OutOfRange,
        format!("`{}` lies between {low} and {high}", kind.name),
        at,
        format!("`{text}` does not"),
    )
}

pub(in crate::space) fn even(kind: Kind, value: u32, at: At) -> Diagnostic {
    about(
        Code::OutOfRange,
        format!("`{}` is odd", kind.name),
        at,
        format!("{value} is even"),
    )
    .help(format!(
        "its neighbours are {} and {}",
        value.saturating_sub(1),
        value + 1
    ))
}

pub(in crate::space) fn too_fine(kind: Kind, decimals: u32, at: At) -> Diagnostic {
    about(
        Code::OutOfRange,
        format!(
            "`{}` has at most {decimals} places behind the point",
            kind.name
        ),
        at,
        "has more",
    )
}

pub(in crate::space) fn stage_too_deep(text: &str, at: At) -> Diagnostic {
    let most = grouped(limits::STAGE_BLOCKS.into());
    about(
        Code::SpaceTooLarge,
        format!("a stage has at most {most} blocks"),
        at,
        format!("`{text}` is more"),
    )
}

pub(in crate::space) fn domain_too_large(values: u128, at: At) -> Diagnostic {
    let most = grouped(limits::DOMAIN.into());
    about(
        Code::SpaceTooLarge,
        format!("a domain has at most {most} values"),
        at,
        format!("{} values", grouped(values)),
    )
}

pub(in crate::space) fn empty_set(at: At) -> Diagnostic {
    about(
        Code::EmptyDomain,
        "a domain needs a value at least",
        at,
        "nothing to choose from",
    )
}

pub(in crate::space) fn empty_range_domain(
    [low, high]: [&str; 2],
    ends: Span,
    at: At,
) -> Diagnostic {
    let swapped = format!("{high}..{low}");
    about(
        Code::EmptyDomain,
        format!("no value lies between {low} and {high}"),
        at,
        "the end lies below the start",
    )
    .guess(format!("ranges ascend: `{swapped}`"), ends, swapped.clone())
}

pub(in crate::space) fn duplicate_value(text: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(
        Code::DuplicateValue,
        format!("`{text}` stands twice in the set"),
        span,
        "again",
    )
    .label(first, "first here")
}

pub(in crate::space) fn not_ascending(
    before: Span,
    after: Span,
    set: Span,
    sorted: String,
) -> Diagnostic {
    Diagnostic::new(
        Code::NotAscending,
        "the numbers of a set ascend",
        after,
        "smaller than the one before it",
    )
    .label(before, "larger")
    .fix(format!("write `{sorted}`"), set, sorted.clone())
}

pub(in crate::space) fn range_of_words(kind: Kind, words: &[&str], at: At) -> Diagnostic {
    about(
        Code::WrongType,
        format!("`{}` is a word: words have no range", kind.name),
        at,
        "a set belongs here",
    )
    .help(format!("list the words: `{{{}}}`", words[..2].join(", ")))
}

pub(in crate::space) fn zero_step(step: Span, at: At) -> Diagnostic {
    let at = At { span: step, ..at };
    about(
        Code::BadStep,
        "a step of 0 never reaches the end",
        at,
        "must be more than 0",
    )
}

pub(in crate::space) fn step_misses_end(
    [low, high]: [&str; 2],
    last: Ratio,
    end: Span,
    at: At,
) -> Diagnostic {
    about(
        Code::BadStep,
        format!("the steps from {low} never reach {high}"),
        at,
        format!("the last value before {high} is {last}"),
    )
    .guess(
        format!("end the range there: `{low}..{last}`"),
        end,
        last.to_string(),
    )
}

pub(in crate::space) fn range_of_even(kind: Kind, low: &str, high: &str, at: At) -> Diagnostic {
    let odd = format!("{low}..{high} step 2");
    about(
        Code::OutOfRange,
        format!("`{}` is odd", kind.name),
        at,
        "even numbers lie in this range",
    )
    .fix(format!("write `{odd}`"), at.span, odd.clone())
}
