//! What is said about bounds. Why no path meets them and which values none takes have files of their own.

mod unreachable;
mod values;
mod words;

use super::Bounded;
use crate::count::Window;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Ir;
use crate::source::Spanned;
use crate::space::{Metric, Require};

pub(super) use unreachable::unreachable;
pub(super) use values::never_feasible;
use words::{bound_text, list};

/// Two bounds of one metric that no number meets.
pub(super) fn conflict(
    (metric, name): (Metric, &str),
    (below, lower): (&Require, Window),
    (above, upper): (&Require, Window),
) -> Diagnostic {
    Diagnostic::new(
        Code::BoundConflict,
        format!("two bounds on {name} exclude each other"),
        below.value_span,
        format!("at least {}", metric.exact(lower.low)),
    )
    .label(
        above.value_span,
        format!("at most {}", metric.exact(upper.high)),
    )
    .help("all bounds hold, those of the file, of the command line and of the settings: they only tighten")
}

pub(super) fn undecided(space: &Bounded) -> Diagnostic {
    let mut requires = space.requires.iter();
    let first = requires.next().expect("without bounds every path fits");
    let problem = Diagnostic::new(
        Code::BoundUndecided,
        format!(
            "no path of `{}` was found inside every bound",
            space.ir.space
        ),
        first.value_span,
        "",
    );
    let problem = requires
        .fold(problem, |problem, require| {
            problem.label(require.value_span, "")
        })
        .note("nor a proof that there is none, within about a second");
    match to_widen(space.requires.iter()) {
        Some(bound) => problem.help(format!(
            "widen {bound} a little: then a path is mostly found at once"
        )),
        None => leave_more_open(space, problem),
    }
}

/// One of these bounds that may be widened; those that a derived space has from its base are not its file's to change.
fn to_widen<'r>(requires: impl Iterator<Item = &'r Require>) -> Option<&'static str> {
    let inherited: Vec<bool> = requires.map(|require| require.is_inherited).collect();
    match (inherited.contains(&true), inherited.contains(&false)) {
        (false, _) => Some("a bound"),
        (true, true) => Some("a bound other than the base's"),
        (true, false) => None,
    }
}

/// What else there is to do where bounds of the base are missed: to take back lines of the derived space, if it has some.
fn leave_more_open(space: &Bounded, problem: Diagnostic) -> Diagnostic {
    match narrows(space) {
        true => problem.help(format!("leave more open in `{}`", space.ir.space)),
        false => problem,
    }
}

/// Whether the file of a derived space itself leaves less open than the base.
fn narrows(space: &Bounded) -> bool {
    let ir = space.ir;
    let rows = ir.rows.iter().map(|row| &row.places);
    let places = rows.flat_map(|of| {
        [of.depth, of.block]
            .into_iter()
            .chain(of.attributes.values().copied())
    });
    let choices = ir.choices.iter().map(|choice| choice.span);
    let bounds = space.row_requires().map(|require| require.span);
    let mut lines = places
        .chain(choices)
        .chain(bounds)
        .chain([ir.resolution.span]);
    ir.is_derived && lines.any(|span| span.file == ir.file)
}

pub(super) fn too_entangled(space: &Bounded) -> Diagnostic {
    let choices = space.ir.choices.iter().map(|choice| choice.span);
    let depths = space.row_requires().map(|require| require.span);
    let (what, help) = match (space.ir.choices.is_empty(), space.bounds_rows()) {
        (true, _) => (
            "the bounds on depths tie too many stages together",
            "relate neighbouring stages only",
        ),
        (false, false) => (
            "the shared decisions tie too many rows together",
            "give choices fewer values, or let fewer of them be open at a time",
        ),
        (false, true) => (
            "the shared decisions and the bounds on rows tie too many rows together",
            "give choices fewer values, or relate neighbouring stages only",
        ),
    };
    let mut spans = choices.chain(depths);
    let first = spans.next().expect("rows alone make one state a block");
    let problem = Diagnostic::new(Code::SpaceTooLarge, what, first, "");
    spans
        .fold(problem, |problem, span| problem.label(span, ""))
        .help(help)
}

pub(super) fn resolution_not_listed(ir: &Ir, pinned: &Spanned<u32>) -> Diagnostic {
    let listed = list(ir.resolution.value.values());
    Diagnostic::new(
        Code::OutOfRange,
        format!("`{}` has no resolution {}", ir.space, pinned.value),
        pinned.span,
        "",
    )
    .label(ir.resolution.span, format!("the space has {listed}"))
}

pub(super) fn never_binds(
    ir: &Ir,
    (require, metric): (&Require, Metric),
    (least, most): (u64, u64),
) -> Diagnostic {
    Diagnostic::new(
        Code::BoundNeverBinds,
        format!("`{}` excludes no path", bound_text(ir, require)),
        require.value_span,
        format!(
            "every path lies in {}..{}",
            metric.for_reading(least),
            metric.for_reading(most)
        ),
    )
}

pub(super) fn row_never_binds(ir: &Ir, require: &Require) -> Diagnostic {
    Diagnostic::new(
        Code::BoundNeverBinds,
        format!("`{}` excludes no path", bound_text(ir, require)),
        require.span,
        "every path meets it already",
    )
}
