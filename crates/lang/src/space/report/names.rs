//! Names: declared twice, unknown, of the wrong kind.

use super::list;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Name;
use crate::space::Operator;
use crate::space::resolve::Entry;

pub(in crate::space) fn duplicate_name(name: &Name, first: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::DuplicateName,
        format!("`{}` is declared twice", name.value),
        name.span,
        "declared again",
    )
    .label(first.span, "first declared here")
}

pub(in crate::space) fn reserved_name(name: &Name, given: &str) -> Diagnostic {
    let other = format!("my_{}", name.value);
    Diagnostic::new(
        Code::ReservedName,
        format!("`{}` has a meaning already: it is {given}", name.value),
        name.span,
        "cannot be declared again",
    )
    .example(
        format!("choose another name, like `{other}`"),
        name.span,
        other,
    )
}

pub(in crate::space) fn circular_name(circle: &[&Name]) -> Diagnostic {
    let first = circle[0];
    let needed = |at: usize| format!("needs `{}`", circle[(at + 1) % circle.len()].value);
    if circle.len() == 1 {
        return Diagnostic::new(
            Code::CircularName,
            format!("`{}` is defined by itself", first.value),
            first.span,
            "needs itself",
        );
    }
    let mut problem = Diagnostic::new(
        Code::CircularName,
        format!("`{}` is defined by itself, in a circle", first.value),
        first.span,
        needed(0),
    );
    for (at, name) in circle.iter().enumerate().skip(1) {
        problem = problem.label(name.span, needed(at));
    }
    problem
}

pub(in crate::space) fn wrong_kind(name: &Name, wanted: &str, entry: Entry) -> Diagnostic {
    let is = format!("is {}, not {wanted}", entry.meaning.kind());
    of_kind(name, entry.name, &is, &format!("{wanted} belongs here"))
}

pub(in crate::space) fn domain_for_value(name: &Name, declared: &Name) -> Diagnostic {
    let is = "names a domain, not a value";
    of_kind(name, declared, is, "`=` takes one value")
}

/// The same where `in` could stand, too.
pub(in crate::space) fn domain_to_search(name: &Name, declared: &Name) -> Diagnostic {
    domain_for_value(name, declared).help(format!("to search it, write `in {}`", name.value))
}

pub(in crate::space) fn value_for_domain(name: &Name, declared: &Name) -> Diagnostic {
    let is = "names a value, not a domain";
    of_kind(name, declared, is, "a set or a range belongs here")
}

/// The same where `=` could stand, too.
pub(in crate::space) fn value_to_fix(name: &Name, declared: &Name) -> Diagnostic {
    value_for_domain(name, declared).help(format!("to fix it, write `= {}`", name.value))
}

pub(in crate::space) fn choice_for_value(name: &Name, declared: &Name) -> Diagnostic {
    let is = "is a choice, not a fixed value";
    of_kind(name, declared, is, "one value belongs here")
        .note("only the attributes of operators in rows and blocks follow a choice")
}

pub(in crate::space) fn choice_for_domain(name: &Name, declared: &Name) -> Diagnostic {
    let is = "is a choice, not a domain";
    of_kind(name, declared, is, "a set or a range belongs here")
}

/// The same in an attribute of an operator.
pub(in crate::space) fn choice_to_follow(name: &Name, declared: &Name) -> Diagnostic {
    choice_for_domain(name, declared).help(format!("to follow it, write `= {}`", name.value))
}

/// A name that `is` not what `belongs` where it stands.
fn of_kind(name: &Name, declared: &Name, is: &str, belongs: &str) -> Diagnostic {
    let headline = format!("`{}` {is}", name.value);
    Diagnostic::new(Code::WrongKind, headline, name.span, belongs)
        .label(declared.span, "declared here")
}

pub(in crate::space) fn unknown_domain(name: &Name, lets: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownName,
        format!("no `let` is called `{}`", name.value),
        name.span,
        "a set, a range or the name of a `let` belongs here",
    );
    did_you_mean(problem, name, lets.iter().copied())
}

pub(in crate::space) fn unknown_operator(name: &Name, blocks: &[&str]) -> Diagnostic {
    let operators: Vec<&str> = Operator::ALL
        .iter()
        .map(|operator| operator.as_str())
        .collect();
    let problem = Diagnostic::new(
        Code::UnknownOperator,
        format!("no operator and no block is called `{}`", name.value),
        name.span,
        "not known",
    );
    let known = blocks.iter().chain(&operators).copied();
    let near = other_name(&name.value).or_else(|| nearest(&name.value, known));
    match near {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), name.span, near),
        None => problem.note(format!("operators: {}", list(&operators))),
    }
}

/// What others call our operators.
fn other_name(name: &str) -> Option<&'static str> {
    Some(match name.to_lowercase().as_str() {
        "mbconv" | "inverted_residual" | "inverted" | "mb_conv" => "ir",
        "fused_mbconv" | "fused" | "edge_residual" => "er",
        "depthwise" | "dwconv" | "depthwise_conv" => "dw",
        "sepconv" | "separable" | "depthwise_separable" => "ds",
        "conv2d" | "convolution" => "conv",
        "identity" | "skip_connect" => "skip",
        "dense" | "fc" | "fully_connected" => "linear",
        "avg_pool" | "gap" | "global_pool" | "pool" => "avgpool",
        _ => return None,
    })
}

pub(super) fn did_you_mean<'a>(
    problem: Diagnostic,
    name: &Name,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    match nearest(&name.value, known) {
        Some(near) => problem.guess(format!("did you mean `{near}`?"), name.span, near),
        None => problem,
    }
}
