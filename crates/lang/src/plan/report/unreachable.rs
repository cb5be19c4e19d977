//! No path meets every bound: by how much the closest one misses which of them, and what would help.

use super::words::{bound_text, costs, list, rounded_down, rounded_up};
use super::{leave_more_open, to_widen};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Ir;
use crate::plan::miss::{Miss, OtherSizes, SIZE_STEP, Side, telling_level};
use crate::plan::{Bounded, Level, summary};
use crate::space::{Metric, Relation, Require, Setting};

/// No path meets every bound; `level` is where most came closest.
pub(in crate::plan) fn unreachable(
    space: &Bounded,
    level: Level,
    listed: &[u32],
) -> Vec<Diagnostic> {
    if !level.bounded.has_paths() {
        return vec![rows_contradict(space)];
    }
    let level = telling_level(space, level, listed);
    let misses = space
        .windows
        .iter()
        .filter_map(|window| Miss::of(&level, window));
    let mut sizes = OtherSizes::default();
    let found: Vec<Diagnostic> = misses
        .map(|miss| missed(&miss, space, &level, listed, &mut sizes))
        .collect();
    let found = match found.is_empty() {
        true => vec![nothing_between(space, &level)],
        false => found,
    };
    match settled_depths(space.ir) {
        None => found,
        Some(depths) => {
            let note = |one: Diagnostic| one.note(format!("`fit` settled on {depths}"));
            found.into_iter().map(note).collect()
        }
    }
}

/// `s3.depth = 2, s4.depth = 3`, where `fit` has settled depths.
fn settled_depths(ir: &Ir) -> Option<String> {
    let fitted = ir.rows.iter().filter(|row| row.fit.is_some());
    let depths: Vec<String> = fitted
        .map(|row| format!("{}.depth = {}", row.name, row.depths[0]))
        .collect();
    (!depths.is_empty()).then(|| depths.join(", "))
}

/// The bound whose window all paths miss.
fn missed(
    miss: &Miss,
    space: &Bounded,
    level: &Level,
    listed: &[u32],
    sizes: &mut OtherSizes,
) -> Diagnostic {
    let (ir, metric, word) = (space.ir, miss.window.metric, word(miss.side));
    let require = miss.require(space);
    let at = match listed.len() {
        1 => String::new(),
        _ => format!(
            " at resolution {}",
            miss.path.resolution.unwrap_or(level.resolution)
        ),
    };
    let closest = format!("the {word} path {}{at}", costs(ir, metric, miss.cost));
    let mut problem = Diagnostic::new(
        Code::BoundUnreachable,
        format!(
            "no path of `{}` fits `{}`",
            ir.space,
            bound_text(ir, require)
        ),
        require.value_span,
        closest,
    );
    match metric {
        Metric::Params => {}
        Metric::Table(table) => {
            let span = ir.tables[usize::from(table)].span;
            problem = problem.label(span, "by this table");
        }
        _ => problem = problem.label(ir.resolution.span, "the cost grows with its square"),
    }
    for depths in space.row_requires() {
        problem = problem.label(depths.span, "this bound holds too");
    }
    let problem = problem
        .note(format!(
            "{word} path: {}",
            summary::decisions(ir, &miss.path)
        ))
        .note(format!(
            "by part: {}",
            summary::parts(ir, level.costs_of(&miss.path), &miss.path, metric)
        ));
    cure(miss, (space, level), sizes, (require, problem))
}

/// Another resolution where one helps, else another bound, unless it is the base's.
fn cure(
    miss: &Miss,
    (space, level): (&Bounded, &Level),
    sizes: &mut OtherSizes,
    (missed, problem): (&Require, Diagnostic),
) -> Diagnostic {
    let now = miss.path.resolution.unwrap_or(level.resolution);
    match miss.other_resolution(space, now, sizes) {
        Some((resolution, cost)) => {
            let costs = costs(space.ir, miss.window.metric, cost);
            let at = format!(
                "at resolution {resolution} the {} path {costs}",
                word(miss.side)
            );
            resolution_help(space.ir, now, resolution, &at, problem)
        }
        None if missed.is_inherited => leave_more_open(space, problem),
        None => problem.help(match miss.side {
            Side::Dear => format!(
                "allow {} or more",
                rounded_up(miss.window.metric, miss.cost)
            ),
            Side::Cheap => {
                let less = rounded_down(miss.window.metric, miss.cost);
                format!("ask for {less} or less")
            }
        }),
    }
}

/// The path that comes closest to a window that all miss on a side.
fn word(side: Side) -> &'static str {
    match side {
        Side::Dear => "smallest",
        Side::Cheap => "largest",
    }
}

/// The edit that takes another resolution, or adds it to those the compiler or a path chooses from; none where the
/// resolution is written in the file of a space that this one is derived from: others use that, too.
fn resolution_help(ir: &Ir, now: u32, better: u32, at: &str, problem: Diagnostic) -> Diagnostic {
    let span = ir.resolution.span;
    if ir.resolution.value.values().contains(&better) {
        return problem.help(at);
    }
    if ir.is_derived && span.file != ir.file {
        return problem.help(format!(
            "{at}, which the space that `{}` is of does not list",
            ir.space
        ));
    }
    match &ir.resolution.value {
        Setting::Fitted(domain) | Setting::Searched(domain) => {
            let mut values = domain.values().to_vec();
            values.push(better);
            values.sort_unstable();
            let word = match ir.resolution.value {
                Setting::Searched(_) => "in",
                _ => "fit",
            };
            let text = format!("resolution {word} {{{}}}", list(&values));
            problem.example(format!("{at}: `{text}`"), span, text)
        }
        _ => {
            let text = format!("resolution = {better}");
            let (low, high) = (better.min(now), better.max(now));
            let around = low.saturating_sub(SIZE_STEP).max(SIZE_STEP);
            let mut sizes: Vec<u32> = (around..=high).step_by(SIZE_STEP as usize).collect();
            sizes.push(now);
            sizes.sort_unstable();
            sizes.dedup();
            let message = format!(
                "{at}: `{text}`, or let the compiler choose: `resolution fit {{{}}}`",
                list(&sizes)
            );
            problem.example(message, span, text)
        }
    }
}

/// Every metric's range reaches into its window, and still no path lies in all of them.
fn nothing_between(space: &Bounded, level: &Level) -> Diagnostic {
    let ir = space.ir;
    let bounds: Vec<String> = space
        .metric_requires()
        .map(|(require, _)| format!("`{}`", bound_text(ir, require)))
        .collect();
    let mut requires = space.metric_requires().map(|(require, _)| require);
    let first = requires
        .next()
        .expect("some depths and widths meet the bounds on them");
    let mut problem = Diagnostic::new(
        Code::BoundUnreachable,
        format!("no path of `{}` fits {}", ir.space, bounds.join(" and ")),
        first.value_span,
        "paths lie on both sides of this bound",
    );
    for require in requires {
        problem = problem.label(require.value_span, "and of this one, but none meets all");
    }
    for depths in space.row_requires() {
        problem = problem.label(depths.span, "this bound holds too");
    }
    for window in space.windows {
        if let Some((least, most)) = level.bounded.extremes(window.metric) {
            let at = match level.graph.decides_resolution() {
                true => String::new(),
                false => format!("at resolution {} ", level.resolution),
            };
            problem = problem.note(format!(
                "{at}{} lie in {}..{}",
                ir.metric_name(window.metric),
                window.metric.for_reading(least),
                window.metric.for_reading(most)
            ));
        }
    }
    let bounds = space.metric_requires().map(|(require, _)| require);
    match to_widen(bounds) {
        Some(bound) => problem.help(format!("widen {bound}")),
        None => leave_more_open(space, problem),
    }
}

/// No depths and widths meet all bounds on them.
fn rows_contradict(space: &Bounded) -> Diagnostic {
    let mut requires = space.row_requires();
    let first = requires
        .next()
        .expect("only bounds on depths and widths leave no path at all");
    let problem = Diagnostic::new(
        Code::BoundUnreachable,
        format!(
            "no path of `{}` has {} that fit every bound",
            space.ir.space,
            bounded_words(space)
        ),
        first.span,
        format!("`{}`", bound_text(space.ir, first)),
    );
    let problem = requires.fold(problem, |problem, require| {
        problem.label(require.span, format!("`{}`", bound_text(space.ir, require)))
    });
    let problem = match bounded_words(space) {
        "widths" => problem,
        _ => open_depths(space.ir, problem),
    };
    match bounded_words(space) {
        "depths" => problem,
        _ => open_widths(space.ir, problem),
    }
}

/// What of rows is bounded: `depths`, `widths` or both.
fn bounded_words(space: &Bounded) -> &'static str {
    let is_of_width = |require: &Require| {
        matches!(
            require.relation,
            Relation::Width { .. } | Relation::WidthPair { .. }
        )
    };
    let widths: Vec<bool> = space.row_requires().map(is_of_width).collect();
    match (widths.contains(&true), !widths.contains(&false)) {
        (false, _) => "depths",
        (true, true) => "widths",
        (true, false) => "depths and widths",
    }
}

/// Lists the depths that are open.
fn open_depths(ir: &Ir, problem: Diagnostic) -> Diagnostic {
    let searched = ir.rows.iter().filter(|row| row.depths.len() > 1);
    let depths: Vec<String> = searched
        .map(|row| format!("`{}` {}", row.name, list(&row.depths)))
        .collect();
    match depths.is_empty() {
        true => problem,
        false => problem.note(format!("depths: {}", depths.join("; "))),
    }
}

/// Lists the widths that are searched.
fn open_widths(ir: &Ir, problem: Diagnostic) -> Diagnostic {
    let searched = ir.choices.iter().filter(|one| one.width_of.is_some());
    let widths: Vec<String> = searched
        .map(|choice| {
            let values: Vec<String> = choice.values.iter().map(ToString::to_string).collect();
            format!("`{}` {}", choice.name, values.join(", "))
        })
        .collect();
    match widths.is_empty() {
        true => problem,
        false => problem.note(format!("widths: {}", widths.join("; "))),
    }
}
