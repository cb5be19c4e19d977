//! Values that no path inside every bound takes.

use super::bounded::{Property, RowBounds};
use super::lists::Lists;
use super::{Decision, Key, Value, decisions};
use crate::count::{Decided, Window};
use crate::diagnostic::Diagnostic;
use crate::plan::{Bounded, Level, report};
use crate::space::Require;

/// A value that no path inside every bound takes.
pub(in crate::plan) struct Never<'a> {
    pub(in crate::plan) value: &'a str,
    pub(in crate::plan) why: Why<'a>,
}

/// Why none does.
#[derive(Clone, Copy)]
pub(in crate::plan) enum Why<'a> {
    /// Every path with it is on one side of a window: what one costs at least, where that is too much, else at most.
    Cost(Window, u64),
    /// A bound lets it go with nothing of the other row that it names.
    Row {
        require: &'a Require,
        other: usize,
        /// Whether it would without other bounds, too.
        is_alone: bool,
    },
}

/// One warning for each decision with values that no path inside every bound takes, as far as that shows in each
/// bound on costs alone, and one for each with values that bounds between rows leave no path.
pub(in crate::plan) fn never_feasible(space: &Bounded, level: &Level) -> Vec<Diagnostic> {
    let bounds = RowBounds::of(space);
    if space.windows.is_empty() && bounds.has_no_pairs() {
        return Vec::new();
    }
    let lists = Lists::of(space.ir);
    let decisions = decisions(space.ir, &lists);
    let costs = Costs::of(space, level, &lists);
    let choices = costs.missed_choices(&decisions);
    let taken = level.bounded.values_on_paths();
    let is_meant = |property| bounds.cuts_off(property);
    let by_cost = |value: &Value| {
        let why = costs.missed(value)?;
        let is_meant = Property::of(space.ir, value).is_some_and(is_meant);
        (!is_meant && !follows_one_of(&lists, value, &choices)).then_some(why)
    };
    let by_rows = |value: &Value| {
        let property = Property::of(space.ir, value)?;
        let is_due = !value.keys[0].of(&taken) && !is_meant(property);
        is_due.then(|| bounds.keeps_apart(property))?
    };
    let of = |decision| {
        [
            told(space, decision, by_cost),
            told(space, decision, by_rows),
        ]
    };
    decisions.iter().flat_map(of).flatten().collect()
}

/// What is said of the values of a decision that no path takes for some reason.
fn told<'v>(
    space: &Bounded,
    decision: &'v Decision,
    why: impl Fn(&Value) -> Option<Why<'v>>,
) -> Option<Diagnostic> {
    let values = decision.values.iter();
    let missed = values.filter_map(|value| {
        why(value).map(|why| Never {
            value: &value.text,
            why,
        })
    });
    let missed: Vec<Never> = missed.collect();
    let row = decision.row.map(|row| &space.ir.rows[row]);
    (!missed.is_empty())
        .then(|| report::never_feasible(space, row, (&decision.of, decision.place), &missed))
}

/// Whether a value stands only in blocks that follow a choice with one of these values, of
/// which it is told already.
fn follows_one_of(lists: &Lists, value: &Value, choices: &[Key]) -> bool {
    let follows = |key: &Key| match *key {
        Key::Candidate(row, list, candidate) => {
            let shared = &lists.0[row].all[list][candidate].shared;
            shared.values.iter().any(|&(choice, value)| {
                let mut told = choices.iter();
                told.any(|key| matches!(*key, Key::Choice(c, v) if (c, v) == (choice.into(), value.into())))
            })
        }
        _ => false,
    };
    value.keys.iter().all(follows)
}

/// The least and the most that paths cost; `None` where there are none.
type Ends = Option<(u64, u64)>;

/// What paths with each value cost, for every window.
struct Costs(Vec<(Window, Decided<Ends>)>);

impl Costs {
    fn of(space: &Bounded, level: &Level, lists: &Lists) -> Costs {
        let widen = |all: &mut _, ends| *all = wider(*all, ends);
        let ends = |window: &Window| {
            let ends = level.bounded.value_extremes(window.metric);
            (*window, lists.gathered(ends, widen))
        };
        Costs(space.windows.iter().map(ends).collect())
    }

    /// The first window that every path with a value misses on one side.
    fn missed<'a>(&self, value: &Value) -> Option<Why<'a>> {
        let mut all = self.0.iter();
        all.find_map(|(window, ends)| missed(value, window, ends))
    }

    /// The values of choices among those that miss one.
    fn missed_choices(&self, decisions: &[Decision]) -> Vec<Key> {
        let values = decisions.iter().flat_map(|decision| &decision.values);
        let choices = values.filter(|value| matches!(value.keys[..], [Key::Choice(..)]));
        let missed = choices.filter(|value| self.missed(value).is_some());
        missed.map(|value| value.keys[0]).collect()
    }
}

/// The ends of two ranges together, either of which may be empty.
fn wider(one: Ends, other: Ends) -> Ends {
    let both = one.zip(other);
    let both = both.map(|(one, other)| (one.0.min(other.0), one.1.max(other.1)));
    both.or(one).or(other)
}

fn missed<'a>(value: &Value, window: &Window, ends: &Decided<Ends>) -> Option<Why<'a>> {
    let of_keys = value.keys.iter().map(|key| key.of(ends));
    let (least, most) = of_keys.fold(None, wider)?;
    match (least > window.high, most < window.low) {
        (true, _) => Some(Why::Cost(*window, least)),
        (_, true) => Some(Why::Cost(*window, most)),
        _ => None,
    }
}
