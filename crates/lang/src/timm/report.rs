//! What is told about strings that are wrong, or say what the language cannot.

use super::word::Word;
use super::{ACTS, TYPES};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::space::Operator;

fn fault(code: Code, message: impl Into<String>, word: Word<'_>, label: &str) -> Diagnostic {
    Diagnostic::new(code, message, word.span, label)
}

pub(super) fn stray(c: char, span: Span) -> Diagnostic {
    let problem = format!("`{}` stands in no block string", c.escape_default());
    Diagnostic::new(Code::StrayCharacter, problem, span, "not expected here").help(
        "strings may stand in lists of YAML, JSON or Python, and nothing else beside them: \
         `[['ds_r1_k3_s1_e1_c16'], ['ir_r2_k3_s2_e6_c24']]`",
    )
}

pub(super) fn unknown_type(kind: Word<'_>) -> Diagnostic {
    let known: Vec<String> = TYPES
        .iter()
        .map(|(word, operator)| format!("`{word}` ({operator})"))
        .collect();
    let problem = format!("no block of the type `{}` can be said", kind.text);
    let found = fault(Code::UnknownOperator, problem, kind, "the type of a block");
    let known = format!("known are {}", known.join(", "));
    match nearest(kind.text, TYPES.map(|(word, _)| word)) {
        Some(near) => found.note(known).guess(
            format!("did you mean `{near}`?"),
            kind.span,
            near.to_owned(),
        ),
        None => found.help(known),
    }
}

pub(super) fn unknown_act(word: Word<'_>) -> Diagnostic {
    let known: Vec<String> = ACTS
        .iter()
        .map(|(short, act)| format!("`n{short}` ({act})"))
        .collect();
    let problem = format!("`{}` names no activation of the language", word.text);
    fault(Code::UnknownName, problem, word, "an activation")
        .help(format!("known are {}", known.join(", ")))
}

pub(super) fn twice(word: Word<'_>, first: Word<'_>) -> Diagnostic {
    let problem = format!("`{}` says again what `{}` says", word.text, first.text);
    fault(Code::DuplicateAttribute, problem, word, "the second time")
        .label(first.span, "the first time")
        .help("leave one of them out")
}

pub(super) fn missing(key: &str, whole: Word<'_>) -> Diagnostic {
    let what = match key {
        "r" => "how many blocks",
        "k" => "the kernel",
        "s" => "the stride",
        "e" => "the expansion",
        _ => "the width",
    };
    let problem = format!("this string does not say `{key}`, {what}");
    fault(Code::MissingAttribute, problem, whole, "the block").help(format!(
        "add it, for example `_{key}{}`",
        if key == "c" { 24 } else { 1 }
    ))
}

pub(super) fn no_number(word: Word<'_>, value: Word<'_>) -> Diagnostic {
    let is_list = value.text.contains('.') && value.text.split('.').count() > 2
        || word.text.starts_with('k') && value.text.contains('.');
    let (code, problem) = match is_list {
        true => (
            Code::WrongType,
            format!("`{}` mixes several kernels in one convolution", word.text),
        ),
        false => (
            Code::MalformedNumber,
            format!("`{}` does not end in a number", word.text),
        ),
    };
    fault(code, problem, word, "here").help("write one number, digits with a point at most")
}

pub(super) fn outside(key: &str, value: Word<'_>, (low, high): (u32, u32)) -> Diagnostic {
    let problem = format!("`{key}` cannot be {}", value.text);
    fault(Code::OutOfRange, problem, value, "outside")
        .help(format!("write a number from {low} to {high}"))
}

pub(super) fn not_whole(word: Word<'_>) -> Diagnostic {
    let problem = format!("`{}` needs a whole number", word.text);
    fault(Code::WrongType, problem, word, "not whole").help("write a whole number")
}

pub(super) fn even(word: Word<'_>) -> Diagnostic {
    let problem = format!("`{}` is an even kernel", word.text);
    fault(Code::OutOfRange, problem, word, "even").help("write an odd number")
}

pub(super) fn no_multiple(word: Word<'_>) -> Diagnostic {
    let problem = format!("`{}` is not the width that timm builds", word.text);
    fault(Code::OutOfRange, problem, word, "not a multiple of 8")
        .note("timm rounds widths to multiples of 8")
        .help("write the width that the network really has")
}

pub(super) fn no_expansion(operator: Operator, word: Word<'_>) -> Diagnostic {
    let problem = format!("a block of `{operator}` expands nothing");
    fault(
        Code::UnknownAttribute,
        problem,
        word,
        "timm leaves it aside",
    )
    .help("leave it out, or write `e1`")
}

pub(super) fn residual(word: Word<'_>, operator: Operator) -> Diagnostic {
    let problem = match operator {
        Operator::Conv => "`conv` never adds its input".to_owned(),
        _ => format!("`{operator}` adds its input wherever the shape stays"),
    };
    fault(Code::UnknownAttribute, problem, word, "says otherwise")
        .note("it is accepted where the stride or the width changes, and means nothing there")
}

pub(super) fn cannot_say(word: Word<'_>) -> Diagnostic {
    let problem = format!("the language has no word for `{}`", word.text);
    fault(Code::UnknownAttribute, problem, word, "part of the string").help(
            "known are r, k, s, e, c, se, n and noskip: leave this out only if the network does not need it",
        )
}
