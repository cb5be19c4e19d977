//! Bounds: on what, in which unit, how far.

use super::names::did_you_mean;
use super::{At, about, list};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{Name, Span};
use crate::space::{Metric, TABLES};
use crate::syntax::ast;

pub(in crate::space) fn unknown_metric(name: &Name, tables: &[&str]) -> Diagnostic {
    let metrics = Metric::all(tables.iter().copied());
    let metrics: Vec<&str> = metrics.map(|(_, name)| name).collect();
    let problem = Diagnostic::new(
        Code::UnknownMetric,
        format!("no metric is called `{}`", name.value),
        name.span,
        "not counted",
    );
    let problem = did_you_mean(problem, name, metrics.iter().copied());
    match problem.help {
        Some(_) => problem,
        None => problem.note(format!(
            "metrics: {}, and `STAGE.depth`, `ROW.channels`",
            list(&metrics)
        )),
    }
}

/// `known`: what of the row can be bounded there.
pub(in crate::space) fn row_as_metric(name: &Name, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownMetric,
        format!("`{}` is a row, not a metric", name.value),
        name.span,
        "what of it is bounded?",
    );
    let Some(property) = known.first() else {
        return problem;
    };
    let whole = format!("{}.{property}", name.value);
    problem.guess(format!("did you mean `{whole}`?"), name.span, whole.clone())
}

pub(in crate::space) fn dotted_too_long(subject: &ast::Dotted) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownMetric,
        "a bound is on a metric, on `STAGE.depth` or on `ROW.channels`",
        subject.span,
        "none of them",
    )
}

pub(in crate::space) fn unknown_stage(name: &Name, stages: &[&str]) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownName,
        format!("no stage is called `{}`", name.value),
        name.span,
        "not known",
    );
    let problem = did_you_mean(problem, name, stages.iter().copied());
    match (&problem.help, stages) {
        (None, [_, ..]) => problem.note(format!("stages: {}", list(stages))),
        _ => problem,
    }
}

pub(in crate::space) fn fitted_twice(name: &Name, first: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::FitOrder,
        format!("`fit` names `{}` twice", name.value),
        name.span,
        "again",
    )
    .label(first.span, "first here")
}

pub(in crate::space) fn fit_leaves_out(row: &ast::Row, item: &ast::Fit) -> Diagnostic {
    Diagnostic::new(
        Code::FitOrder,
        format!("`fit` leaves out `{}`", row.name.value),
        item.span,
        "names every stage of a fitted depth, in the order in which they are deepened",
    )
    .label(row.name.span, "its depth is fitted")
}

pub(in crate::space) fn depth_not_fitted(name: &Name, row: &ast::Row) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::FitOrder,
        format!("the depth of `{}` is not fitted", name.value),
        name.span,
        "nothing to settle",
    );
    match row.kind {
        ast::RowKind::Stage => problem
            .label(row.name.span, "this stage")
            .help("write `depth fit LOW..HIGH` there, or leave the name out here"),
        ast::RowKind::Layer => problem.label(row.name.span, "this layer has one block"),
    }
}

/// `known`: what of the row can be bounded there.
pub(in crate::space) fn unknown_property(
    row: &Name,
    property: &Name,
    known: &[&str],
) -> Diagnostic {
    let problem = Diagnostic::new(
        Code::UnknownMetric,
        format!("`{}` has no `{}` to bound", row.value, property.value),
        property.span,
        "not known",
    );
    let mut words = known.iter().copied();
    let near = match property.value.as_str() {
        "width" | "out_channels" => words.find(|word| *word == "channels"),
        other => nearest(other, words).or(known.first().copied()),
    };
    let Some(near) = near else {
        return problem;
    };
    problem.guess(
        format!("did you mean `{}.{near}`?", row.value),
        property.span,
        near,
    )
}

pub(in crate::space) fn depth_of_layer(row: &Name, property: &Name) -> Diagnostic {
    Diagnostic::new(
        Code::UnknownMetric,
        format!("`{}` is a layer: it has no depth", row.value),
        row.span.to(property.span),
        "always one block",
    )
}

pub(in crate::space) fn incomparable(right: &ast::Dotted) -> Diagnostic {
    Diagnostic::new(
        Code::WrongType,
        "only two depths or two widths compare with each other",
        right.span,
        "a number belongs here",
    )
}

pub(in crate::space) fn time_for_count(metric: &str, text: &str, at: At) -> Diagnostic {
    about(
        Code::WrongType,
        format!("`{metric}` is a count, `{text}` is a time"),
        at,
        "a count belongs here, like `600M`",
    )
}

pub(in crate::space) fn count_for_time(table: &str, text: &str, at: At) -> Diagnostic {
    about(
        Code::WrongType,
        format!("`{table}` is a time, `{text}` is a count"),
        at,
        "a time belongs here, like `22ms`",
    )
}

pub(in crate::space) fn time_without_unit(table: &str, text: &str, at: At) -> Diagnostic {
    let problem = about(
        Code::MissingUnit,
        format!("`{table}` is a time, and `{text}` has no unit"),
        at,
        "microseconds, milliseconds or seconds?",
    );
    let whole = format!("{text}ms");
    problem.guess(format!("did you mean `{whole}`?"), at.span, whole.clone())
}

pub(in crate::space) fn no_whole_time(table: &str, text: &str, at: At) -> Diagnostic {
    about(
        Code::OutOfRange,
        format!("`{table}` is counted in whole nanoseconds, up to 2^64 of them"),
        at,
        format!("`{text}` is finer or more"),
    )
}

pub(in crate::space) fn bound_not_whole(metric: &str, at: At) -> Diagnostic {
    about(
        Code::WrongType,
        format!("`{metric}` is a whole number"),
        at,
        "not whole",
    )
}

pub(in crate::space) fn count_too_large(metric: &str, at: At) -> Diagnostic {
    about(
        Code::OutOfRange,
        format!("`{metric}` is counted up to 2^64"),
        at,
        "larger than that",
    )
}

pub(in crate::space) fn too_many_tables(table: &ast::Table) -> Diagnostic {
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("a space has at most {TABLES} tables"),
        table.span,
        "one too many",
    )
}

/// `texts`: the bare number, then the one with the unit.
pub(in crate::space) fn missing_unit(texts: [&str; 2], at: At, other: Span) -> Diagnostic {
    let [bare, with] = texts;
    let unit = with.trim_start_matches(|letter: char| !letter.is_ascii_alphabetic());
    let problem = about(
        Code::MissingUnit,
        format!("`{bare}` has no unit beside `{with}`"),
        at,
        match with.ends_with('s') {
            true => "without a unit".to_owned(),
            false => format!("just {bare}, in single counts"),
        },
    )
    .label(other, "has one");
    let whole = format!("{bare}{unit}");
    problem.guess(format!("did you mean `{whole}`?"), at.span, whole.clone())
}

pub(in crate::space) fn empty_range(low: &str, high: &str, span: Span) -> Diagnostic {
    let swapped = format!("{high}..{low}");
    Diagnostic::new(
        Code::EmptyRange,
        format!("no number lies between {low} and {high}"),
        span,
        "the end lies below the start",
    )
    .guess(format!("did you mean `{swapped}`?"), span, swapped.clone())
}
