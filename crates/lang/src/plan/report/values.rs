//! Values that no path inside every bound takes.

use super::words::costs;
use crate::count::Window;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Ir, Row};
use crate::plan::Bounded;
use crate::plan::values::Never;
use crate::source::Span;

/// Values of one decision that no path inside every bound takes.
pub(in crate::plan) fn never_feasible(
    space: &Bounded,
    row: Option<&Row>,
    (of, place): (&str, Span),
    missed: &[Never],
) -> Diagnostic {
    let values = missed.iter().map(|never| match (row, of) {
        (_, "block") => format!("`{}`", never.value),
        (Some(row), "depth") => format!("`{}.depth = {}`", row.name, never.value),
        _ => format!("`{of} = {}`", never.value),
    });
    let values: Vec<String> = values.collect();
    let at = match (row, of) {
        (Some(row), of) if of != "depth" => format!(" in `{}`", row.name),
        _ => String::new(),
    };
    let message = format!("no path inside every bound has {}{at}", values.join(" or "));
    let problem = at_members(space.ir, (message, place), missed);
    let nearest = &missed[0];
    let metric = nearest.window.metric;
    let (word, sets_end): (_, fn(Window, Window) -> bool) = match nearest.cost > nearest.window.high
    {
        true => ("smallest", |one, all| one.high == all.high),
        false => ("largest", |one, all| one.low == all.low),
    };
    let mut bounds = space.metric_requires();
    let bound =
        bounds.find(|(_, window)| window.metric == metric && sets_end(*window, nearest.window));
    let (bound, _) = bound.expect("a window has the ends of its bounds");
    problem
        .label(
            bound.value_span,
            format!(
                "the {word} path with {} {}",
                values[0],
                costs(space.ir, metric, nearest.cost)
            ),
        )
        .help(leave_out(space.ir, row, (of, place), missed))
}

/// What to do about values that no path takes. The domain of a derived space's base is not this file's to change: a line narrows it.
fn leave_out(ir: &Ir, row: Option<&Row>, (of, place): (&str, Span), missed: &[Never]) -> String {
    let them = if missed.len() == 1 { "it" } else { "them" };
    match !ir.is_derived || place.file == ir.file || of == "block" {
        true => format!("leave {them} out of the domain, or widen the bound"),
        false => {
            let target = narrowed_by(ir, row, of, missed);
            format!("leave {them} out by a line `{target} in {{…}}`, or widen the bound")
        }
    }
}

/// The left side of a line that leaves values out. Of what follows a choice a line leaves all values or none: the choice is
/// narrowed instead.
fn narrowed_by(ir: &Ir, row: Option<&Row>, of: &str, missed: &[Never]) -> String {
    let Some(row) = row else {
        return of.to_owned();
    };
    let followed = row.places.followed.iter();
    let mut followed = followed.filter(|(name, _)| name.as_str() == of);
    let is_cut = |choice: u16| {
        let values = ir.choices[usize::from(choice)].values.iter();
        let is_missed = values.map(|value| {
            let value = value.to_string();
            missed.iter().any(|never| never.value == value)
        });
        let is_missed: Vec<bool> = is_missed.collect();
        is_missed.contains(&true) && is_missed.contains(&false)
    };
    match followed.find(|&&(_, choice)| is_cut(choice)) {
        Some(&(_, choice)) => ir.choices[usize::from(choice)].name.clone(),
        None => format!("{}.{of}", row.name),
    }
}

/// Points at the values where they are written one by one, else at the whole domain.
fn at_members(ir: &Ir, (message, place): (String, Span), missed: &[Never]) -> Diagnostic {
    let members = missed
        .iter()
        .map(|never| ir.members.find(place, never.value));
    let of = |span, label: &str| Diagnostic::new(Code::ValueNeverFeasible, message, span, label);
    match members.collect::<Option<Vec<Span>>>().as_deref() {
        Some([first, more @ ..]) => {
            let problem = of(*first, "on no such path");
            let more = more.iter();
            more.fold(problem, |problem, span| problem.label(*span, "nor this"))
        }
        Some([]) | None => of(place, "its domain"),
    }
}
