//! What is said about bounds.

use std::collections::BTreeMap;

use super::summary;
use super::values::Never;
use super::{Bounded, Level};
use crate::cost;
use crate::count::{Graph, Window};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Ir, Path, Row};
use crate::source::{Span, Spanned};
use crate::space::{Metric, RESOLUTION, Relation, Require, Setting};

/// Sizes of images that are proposed are multiples of this: most networks halve five times.
const SIZE_STEP: u32 = 32;

/// No path meets every bound; `level` is where most came closest.
pub(super) fn unreachable(space: &Bounded, level: Level, listed: &[u32]) -> Vec<Diagnostic> {
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
        .map(|miss| miss.report(space, &level, listed, &mut sizes))
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

/// Where the resolution is the compiler's choice: the end of the list that comes closest.
fn telling_level(space: &Bounded, level: Level, listed: &[u32]) -> Level {
    let ends = [listed[0], listed[listed.len() - 1]];
    if ends[0] == ends[1] || level.graph.decides_resolution() {
        return level;
    }
    let misses = |resolution: u32, side: Side| {
        let level = space.level(resolution).ok()?;
        let missed = |window| Miss::of(&level, window).is_some_and(|miss| miss.side == side);
        space.windows.iter().any(missed).then_some(level)
    };
    misses(ends[0], Side::Dear)
        .or_else(|| misses(ends[1], Side::Cheap))
        .unwrap_or(level)
}

/// On which side of a window all paths lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// Even the smallest path is above it.
    Dear,
    /// Even the largest path is below it.
    Cheap,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::Dear => "smallest",
            Side::Cheap => "largest",
        }
    }
}

/// A window that all paths miss on one side.
struct Miss {
    window: Window,
    side: Side,
    /// The path that comes closest, and its cost.
    path: Path,
    cost: u64,
}

impl Miss {
    fn of(level: &Level, window: &Window) -> Option<Miss> {
        let graph = &level.bounded;
        let (side, cost) = missed(graph, window)?;
        let path = match side {
            Side::Dear => graph.smallest(window.metric)?,
            Side::Cheap => graph.largest(window.metric)?,
        };
        Some(Miss {
            window: *window,
            side,
            path,
            cost,
        })
    }

    fn report(
        &self,
        space: &Bounded,
        level: &Level,
        listed: &[u32],
        sizes: &mut OtherSizes,
    ) -> Diagnostic {
        let (ir, metric, word) = (space.ir, self.window.metric, self.side.word());
        let require = self.require(space);
        let at = match listed.len() {
            1 => String::new(),
            _ => format!(
                " at resolution {}",
                self.path.resolution.unwrap_or(level.resolution)
            ),
        };
        let closest = format!("the {word} path {}{at}", costs(ir, metric, self.cost));
        let mut problem = Diagnostic::new(
            Code::BoundUnreachable,
            format!(
                "no path of `{}` fits `{}`",
                ir.space,
                bound_text(ir, &require.relation)
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
                summary::decisions(ir, &self.path)
            ))
            .note(format!(
                "by part: {}",
                summary::parts(ir, level.costs_of(&self.path), &self.path, metric)
            ));
        self.cure(space, level, sizes, problem)
    }

    /// The bound that sets the end that is missed.
    fn require<'a>(&self, space: &'a Bounded) -> &'a Require {
        let of_metric = |(_, window): &(&Require, Window)| window.metric == self.window.metric;
        let mut bounds = space.metric_requires().filter(of_metric);
        let sets_end = |(_, window): &(&Require, Window)| match self.side {
            Side::Dear => window.high == self.window.high,
            Side::Cheap => window.low == self.window.low,
        };
        bounds
            .find(sets_end)
            .expect("a window has the ends of its bounds")
            .0
    }

    fn cure(
        &self,
        space: &Bounded,
        level: &Level,
        sizes: &mut OtherSizes,
        problem: Diagnostic,
    ) -> Diagnostic {
        let now = self.path.resolution.unwrap_or(level.resolution);
        match self.other_resolution(space, now, sizes) {
            Some((resolution, cost)) => {
                let costs = costs(space.ir, self.window.metric, cost);
                let at = format!(
                    "at resolution {resolution} the {} path {costs}",
                    self.side.word()
                );
                resolution_help(space.ir, now, resolution, &at, problem)
            }
            None => problem.help(match self.side {
                Side::Dear => format!(
                    "allow {} or more",
                    rounded_up(self.window.metric, self.cost)
                ),
                Side::Cheap => {
                    let less = rounded_down(self.window.metric, self.cost);
                    format!("ask for {less} or less")
                }
            }),
        }
    }

    /// The nearest other size at which no window is missed, and the closest path's cost there.
    fn other_resolution(
        &self,
        space: &Bounded,
        now: u32,
        sizes: &mut OtherSizes,
    ) -> Option<(u32, u64)> {
        if self.window.metric == Metric::Params {
            return None; // there are as many params at any size
        }
        let known = sizes.0.entry((self.side, now));
        let other = known.or_insert_with(|| OtherSize::nearest(space, self.side, now));
        let other = other.as_ref()?;
        let (least, most) = other.graph.extremes(self.window.metric)?;
        let cost = match self.side {
            Side::Dear => least,
            Side::Cheap => most,
        };
        Some((other.resolution, cost))
    }
}

/// On which side of a window all paths lie, and what the closest one costs; `None` where some are inside.
fn missed(graph: &Graph, window: &Window) -> Option<(Side, u64)> {
    let (least, most) = graph.extremes(window.metric)?;
    if least > window.high {
        Some((Side::Dear, least))
    } else if most < window.low {
        Some((Side::Cheap, most))
    } else {
        None
    }
}

/// What was found for the windows that are missed on a side at a size: they share it.
#[derive(Default)]
struct OtherSizes(BTreeMap<(Side, u32), Option<OtherSize>>);

/// A size at which no window is missed.
struct OtherSize {
    resolution: u32,
    /// The bounds on depths and widths compiled in.
    graph: Graph,
}

impl OtherSize {
    /// The nearest to `now`, below it where paths are too dear, else above it.
    fn nearest(space: &Bounded, side: Side, now: u32) -> Option<OtherSize> {
        // A table knows the times at the listed sizes only, and those were tried.
        if space.windows.iter().any(|one| one.metric.is_time()) {
            return None;
        }
        let sizes = OtherSize::beside(space.ir, side, now);
        let misses = |graph: &Graph, is_meant: &dyn Fn(Side) -> bool| {
            let mut windows = space.windows.iter();
            windows.any(|window| missed(graph, window).is_some_and(|miss| is_meant(miss.0)))
        };
        // Counts grow with the size: behind the first size with paths near enough others are only farther
        // on the other side.
        let is_far = |&size: &u32| {
            OtherSize::at(space, size).is_some_and(|one| misses(&one.graph, &|miss| miss == side))
        };
        let nearest = sizes.partition_point(is_far);
        let other = OtherSize::at(space, *sizes.get(nearest)?)?;
        (!misses(&other.graph, &|_| true)).then_some(other)
    }

    /// The sizes to try, the nearest first: those of the base where a line of a derived space narrows them.
    fn beside(ir: &Ir, side: Side, now: u32) -> Vec<u32> {
        match (side, &ir.listed_by_base) {
            (Side::Dear, Some(listed)) => {
                let smaller = listed.iter().rev().filter(|size| **size < now);
                smaller.copied().collect()
            }
            (Side::Cheap, Some(listed)) => {
                let larger = listed.iter().filter(|size| **size > now);
                larger.copied().collect()
            }
            (Side::Dear, None) => {
                let steps = (1..now.div_ceil(SIZE_STEP)).rev();
                steps.map(|step| step.saturating_mul(SIZE_STEP)).collect()
            }
            (Side::Cheap, None) => {
                let steps = now / SIZE_STEP + 1..=now / SIZE_STEP + 16;
                let sizes = steps.map(|step| step.saturating_mul(SIZE_STEP));
                sizes.filter(|size| *size <= RESOLUTION).collect()
            }
        }
    }

    /// `None` where costs are beyond all numbers.
    fn at(space: &Bounded, resolution: u32) -> Option<OtherSize> {
        let costs = cost::table(space.ir, resolution);
        if !cost::table_fits(space.ir, &costs) {
            return None;
        }
        let graph = Graph::build(space.ir, &costs, space.requires).ok()?;
        Some(OtherSize { resolution, graph })
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
        .map(|(require, _)| format!("`{}`", bound_text(ir, &require.relation)))
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
    problem.help("widen a bound")
}

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
        format!("`{}`", bound_text(space.ir, &first.relation)),
    );
    let problem = requires.fold(problem, |problem, require| {
        problem.label(
            require.span,
            format!("`{}`", bound_text(space.ir, &require.relation)),
        )
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
    requires
        .fold(problem, |problem, require| {
            problem.label(require.value_span, "")
        })
        .note("nor a proof that there is none, within about a second")
        .help("widen a bound a little: then a path is mostly found at once")
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
        format!("`{}` excludes no path", bound_text(ir, &require.relation)),
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
        format!("`{}` excludes no path", bound_text(ir, &require.relation)),
        require.span,
        "every path meets it already",
    )
}

/// Values of one decision that no path inside every bound takes.
pub(super) fn never_feasible(
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

/// `costs 81.7M`, `has 2.3M params`, `takes 22ms`.
fn costs(ir: &Ir, metric: Metric, cost: u64) -> String {
    let cost = metric.for_reading(cost);
    match metric {
        Metric::Params | Metric::Activations => format!("has {cost} {}", ir.metric_name(metric)),
        Metric::Flops | Metric::Macs => format!("costs {cost}"),
        Metric::Table(_) => format!("takes {cost}"),
    }
}

/// A bound as it could be written: `flops in 0..60M`, `s4.depth >= s3.depth`.
fn bound_text(ir: &Ir, relation: &Relation) -> String {
    let name = |row: usize| &ir.rows[row].name;
    match *relation {
        Relation::Metric { metric, low, high } => {
            let ends = (metric.exact(low), metric.exact(high));
            interval(ir.metric_name(metric), ends, low == high, high == u64::MAX)
        }
        Relation::Depth { row, low, high } => {
            let ends = (low.to_string(), high.to_string());
            let depth = format!("{}.depth", name(row));
            interval(&depth, ends, low == high, high == u32::MAX)
        }
        Relation::Width { row, low, high } => {
            let ends = (low.to_string(), high.to_string());
            let width = format!("{}.channels", name(row));
            interval(&width, ends, low == high, high == u32::MAX)
        }
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => {
            let sign = comparison.as_str();
            format!("{}.depth {sign} {}.depth", name(left), name(right))
        }
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => {
            let sign = comparison.as_str();
            format!("{}.channels {sign} {}.channels", name(left), name(right))
        }
    }
}

fn interval(what: &str, (low, high): (String, String), is_point: bool, is_open: bool) -> String {
    match (is_point, is_open) {
        (true, _) => format!("{what} == {low}"),
        (_, true) => format!("{what} >= {low}"),
        // Depths and widths begin at 1, so that `in 0..3` has no other meaning.
        _ if low == "0" && what.contains('.') => format!("{what} <= {high}"),
        _ => format!("{what} in {low}..{high}"),
    }
}

/// The next number up that is short to write: three digits or a little more.
fn rounded_up(metric: Metric, value: u64) -> String {
    let step = short_step(value);
    metric.exact(value.div_ceil(step).saturating_mul(step))
}

fn rounded_down(metric: Metric, value: u64) -> String {
    let step = short_step(value);
    metric.exact(value / step * step)
}

fn short_step(value: u64) -> u64 {
    match value {
        0..10_000 => 1,
        10_000..10_000_000 => 1_000,
        10_000_000..10_000_000_000 => 1_000_000,
        _ => 1_000_000_000,
    }
}

fn list(values: &[u32]) -> String {
    let values: Vec<String> = values.iter().map(u32::to_string).collect();
    values.join(", ")
}
