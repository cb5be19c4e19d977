//! Values that no path inside every bound takes.

use super::words::costs;
use crate::count::Window;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Ir, Row};
use crate::plan::Bounded;
use crate::plan::values::{Never, Why};
use crate::source::Span;
use crate::space::Require;

/// The most values that a message names; a domain can have thousands.
const NAMED: usize = 8;

/// Values of one decision that no path inside every bound takes.
pub(in crate::plan) fn never_feasible(
    space: &Bounded,
    row: Option<&Row>,
    (of, place): (&str, Span),
    missed: &[Never],
) -> Diagnostic {
    let value = |never: &Never| match (row, of) {
        (_, "block") => format!("`{}`", never.value),
        (Some(row), "depth") => format!("`{}.depth = {}`", row.name, never.value),
        _ => format!("`{of} = {}`", never.value),
    };
    let mut values: Vec<String> = missed.iter().take(NAMED).map(value).collect();
    if missed.len() > NAMED {
        values.push(format!("{} others", missed.len() - NAMED));
    }
    let at = match (row, of) {
        (Some(row), of) if of != "depth" => format!(" in `{}`", row.name),
        _ => String::new(),
    };
    let message = format!("no path inside every bound has {}{at}", values.join(" or "));
    let problem = at_members(space.ir, (message, place), missed);
    let (bound, place_of_bound, why, verb) = match missed[0].why {
        Why::Cost(window, cost) => {
            let (bound, word) = end_missed(space, window, cost);
            let costs = costs(space.ir, window.metric, cost);
            let why = format!("the {word} path with {} {costs}", values[0]);
            (bound, bound.value_span, why, "widen")
        }
        Why::Row {
            require,
            other,
            is_alone,
        } => {
            let property = if of == "depth" { "depth" } else { "width" };
            let other = &space.ir.rows[other].name;
            let beside = if is_alone { "" } else { "beside other bounds " };
            let why = format!("{beside}no {property} of `{other}` goes with {}", values[0]);
            (require, require.span, why, "change")
        }
    };
    let leave_out = leave_out(space.ir, row, (of, place), missed);
    let problem = problem.label(place_of_bound, why);
    // A bound of the base is not this file's to change.
    problem.help(match bound.is_inherited {
        true => leave_out,
        false => format!("{leave_out}, or {verb} the bound"),
    })
}

/// The bound that sets the end of a window that is missed, and which path comes closest to it.
fn end_missed<'a>(space: &'a Bounded, missed: Window, cost: u64) -> (&'a Require, &'static str) {
    let is_dear = cost > missed.high;
    let sets_end = |(_, window): &(&Require, Window)| match is_dear {
        true => window.high == missed.high,
        false => window.low == missed.low,
    };
    let bounds = space.metric_requires();
    let mut bounds = bounds.filter(|(_, window)| window.metric == missed.metric);
    let (bound, _) = bounds
        .find(sets_end)
        .expect("a window has the ends of its bounds");
    (bound, if is_dear { "smallest" } else { "largest" })
}

/// What to do about values that no path takes. The domain of a derived space's base is not this file's to change: a line narrows it.
fn leave_out(ir: &Ir, row: Option<&Row>, (of, place): (&str, Span), missed: &[Never]) -> String {
    let them = if missed.len() == 1 { "it" } else { "them" };
    match !ir.is_derived || place.file == ir.file || of == "block" {
        true => format!("leave {them} out of the domain"),
        false => {
            let target = narrowed_by(ir, row, of, missed);
            format!("leave {them} out by a line `{target} in {{…}}`")
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
