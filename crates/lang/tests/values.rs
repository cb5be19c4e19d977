//! The share of every value inside the bounds, and values that no path takes, against lists of all paths.

mod common;

use std::collections::BTreeSet;

use common::{holds, lower, lower_timed, no_cost};
use creamc_lang::cost::Cost;
use creamc_lang::count::Window;
use creamc_lang::ir::{Candidate, Ir, Path, Row, RowWidth};
use creamc_lang::plan::{Plan, Request, ValueShare, plan};
use creamc_lang::source::Span;
use creamc_lang::space::{Metric, Relation, Require, Setting};
use creamc_lang::testing::small_space;
use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Every path of a plan inside its windows; bounds on depths have none in these spaces.
fn listed(plan: &Plan) -> Vec<Path> {
    let inside = |cost: &Cost| plan.windows.iter().all(|window| window.holds(*cost));
    let all = every(plan).into_iter();
    let inside = all.filter(|path| inside(&plan.cost(path)));
    inside.collect()
}

/// Every path of a plan.
fn every(plan: &Plan) -> Vec<Path> {
    let decides = matches!(plan.ir.resolution.value, Setting::Searched(_));
    let sides: Vec<u32> = plan.sides().collect();
    let of_side = sides.into_iter().flat_map(|side| {
        let resolution = decides.then_some(side);
        let rows = listed_at(plan, side).into_iter();
        rows.map(move |rows| Path { resolution, rows })
    });
    of_side.collect()
}

fn listed_at(plan: &Plan, side: u32) -> Vec<Vec<Vec<u16>>> {
    let mut paths = vec![(Vec::new(), Cost::default())];
    for (row, costs) in plan.ir.rows.iter().zip(plan.costs_at(side)) {
        let ways = ways(row, costs);
        let with = |(rows, cost): &(Vec<Vec<u16>>, Cost)| {
            let longer = ways.iter().map(|(blocks, more)| {
                let mut rows = rows.clone();
                rows.push(blocks.clone());
                (rows, *cost + *more)
            });
            // At once, as most rows of a space with shared decisions do not go together.
            let agree =
                |rows: &[Vec<u16>]| plan.ir.shared_values(&Path::new(rows.to_vec())).is_ok();
            longer.filter(|(rows, _)| agree(rows)).collect::<Vec<_>>()
        };
        paths = paths.iter().flat_map(with).collect();
    }
    paths.into_iter().map(|(rows, _)| rows).collect()
}

fn ways(row: &Row, costs: &[Vec<Cost>]) -> Vec<(Vec<u16>, Cost)> {
    let mut all = Vec::new();
    for &depth in &row.depths {
        let mut ways = vec![(Vec::new(), Cost::default())];
        for slot in &costs[..depth as usize] {
            let with = |(blocks, cost): &(Vec<u16>, Cost)| {
                let next = slot.iter().enumerate().map(|(at, more)| {
                    let mut blocks = blocks.clone();
                    blocks.push(at as u16);
                    (blocks, *cost + *more)
                });
                next.collect::<Vec<_>>()
            };
            ways = ways.iter().flat_map(with).collect();
        }
        all.extend(ways);
    }
    all
}

/// How many times a value is taken by paths, and how many times it could be.
fn tally(ir: &Ir, paths: &[Path], one: &ValueShare) -> (usize, usize) {
    let Some(row) = &one.row else {
        if one.of == "resolution" {
            let side = |path: &Path| path.resolution.map(|side| side.to_string());
            let taken = paths
                .iter()
                .filter(|path| side(path).as_ref() == Some(&one.value));
            return (taken.count(), paths.len());
        }
        let at = ir.choices.iter().position(|choice| choice.name == one.of);
        let at = at.expect("it is a choice");
        let value = |path: &Path| {
            let values = ir.shared_values(path).expect("its blocks agree");
            values[at].map(|value| ir.choices[at].values[usize::from(value)].to_string())
        };
        let taken = paths
            .iter()
            .filter(|path| value(path).as_ref() == Some(&one.value));
        return (taken.count(), paths.len());
    };
    let at = ir.rows.iter().position(|other| other.name == *row);
    let at = at.expect("it is a row");
    if one.of == "depth" {
        let has = |path: &&Path| path.rows[at].len().to_string() == one.value;
        return (paths.iter().filter(has).count(), paths.len());
    }
    let blocks = paths
        .iter()
        .flat_map(|path| path.rows[at].iter().enumerate());
    let candidates = blocks
        .map(|(block, &candidate)| &ir.rows[at].slots[block].candidates[usize::from(candidate)]);
    let candidates: Vec<_> = candidates.collect();
    let with = candidates.iter().filter(|candidate| has(candidate, one));
    (with.count(), candidates.len())
}

/// Whether a candidate has a value of its row.
fn has(candidate: &Candidate, one: &ValueShare) -> bool {
    match one.of.as_str() {
        "block" if candidate.branches.is_empty() => candidate.operator.as_str() == one.value,
        "block" => candidate.text() == one.value,
        of => {
            let mut values = candidate.values.iter();
            values.any(|(name, value, _)| name.as_str() == of && value.to_string() == one.value)
        }
    }
}

/// A small space with up to two random windows, where it has a path inside and not too many.
fn question(seed: u64) -> Option<Plan> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let text = small_space(&mut random);
    let mut ir = lower_timed(&text, &mut random);
    ir.requires.clear();
    let (free, _) = plan(&ir, &Request::default()).ok()?;
    if free.graph.count() > 5_000_u32.into() {
        return None;
    }
    let mut requires = Vec::new();
    for _ in 0..random.random_range(0..=2) {
        let metric = *[Metric::Macs, Metric::Params, Metric::Table(0)].choose(&mut random)?;
        let (least, most) = free.graph.extremes(metric)?;
        let ends = [0, 0].map(|_| random.random_range(least..=most));
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        requires.push(Require {
            relation: Relation::Metric { metric, low, high },
            span: Span::default(),
            value_span: Span::default(),
            comparison: None,
            is_inherited: false,
        });
    }
    let request = Request {
        requires,
        ..Request::default()
    };
    plan(&ir, &request).ok().map(|(plan, _)| plan)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn shares_of_values_are_those_of_a_list_of_all_paths(seed in any::<u64>()) {
        let Some(plan) = question(seed) else { return Ok(()) };
        let paths = listed(&plan);
        prop_assert!(!paths.is_empty());
        for one in plan.value_shares() {
            let (taken, all) = tally(&plan.ir, &paths, &one);
            let share = taken as f64 / all as f64;
            let (least, most) = (one.share.least - 1e-9, one.share.most + 1e-9);
            prop_assert!(least <= share && share <= most, "{one:?}: {taken} of {all}");
            prop_assert!((one.share.most == 0.0) <= (taken == 0), "{one:?}: {taken} of {all}");
        }
    }

    #[test]
    fn a_value_is_never_feasible_only_where_no_listed_path_takes_it(seed in any::<u64>()) {
        let Some(known) = question(seed) else { return Ok(()) };
        // The same bounds again, as if written in the file. With depths settled, another resolution may be the richest.
        let mut ir = known.ir.clone();
        let require = |window: &Window| Require {
            relation: Relation::Metric { metric: window.metric, low: window.low, high: window.high },
            span: Span::default(),
            value_span: Span::default(),
            comparison: None,
            is_inherited: false,
        };
        ir.requires = known.windows.iter().map(require).collect();
        let (plan, warnings) = plan(&ir, &Request::default()).expect("there is a path");
        let paths = listed(&plan);
        let said: Vec<&str> = warnings
            .iter()
            .filter(|one| one.code.as_str() == "value-never-feasible")
            .map(|one| one.message.as_str())
            .collect();
        let all = every(&plan);
        let shares = plan.value_shares();
        let told: Vec<&ValueShare> = shares.iter().filter(|one| is_said(&said, one)).collect();
        for one in &shares {
            let is_told = told.contains(&one);
            if is_told {
                prop_assert_eq!(tally(&plan.ir, &paths, one).0, 0, "{:?} of {:?}", one, said);
            }
            let is_missed = plan.windows.iter().any(|window| is_missed(&plan, &all, window, one));
            // Of what follows a choice with a value that is told nothing is said again.
            let is_due = is_missed && !follows_told(&plan.ir, &all, &told, one);
            prop_assert!(is_told || !is_due, "{one:?} of {said:?}");
            // What shows in no bound alone is not said.
            prop_assert!(is_missed || !is_told, "{one:?} of {said:?}");
        }
    }
}

/// A depth or a width of every row.
type Shape = Vec<(u32, u32)>;

/// Every way to choose depths and widths.
fn shapes(ir: &Ir) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = vec![Vec::new()];
    for (at, row) in ir.rows.iter().enumerate() {
        let longer = |before: &Shape| {
            let same = (0..at).find(|&other| is_same_width(ir, other, at));
            let widths = match same {
                Some(other) => vec![before[other].1],
                None => ir.widths(row.width),
            };
            let depths = row.depths.iter();
            let both = depths.flat_map(|&depth| widths.iter().map(move |&width| (depth, width)));
            let with = |one| [before.as_slice(), &[one]].concat();
            both.map(with).collect::<Vec<_>>()
        };
        shapes = shapes.iter().flat_map(longer).collect();
    }
    shapes
}

fn is_same_width(ir: &Ir, one: usize, other: usize) -> bool {
    let widths = [one, other].map(|row| ir.rows[row].width);
    widths[0] == widths[1] && matches!(widths[0], RowWidth::Choice(_))
}

/// A searched depth or width.
struct Open {
    row: usize,
    is_depth: bool,
    value: u32,
    /// As messages write it.
    text: String,
}

impl Open {
    fn is_in(&self, shape: &Shape) -> bool {
        let (depth, width) = shape[self.row];
        self.value == if self.is_depth { depth } else { width }
    }

    /// Whether a bound with a number excludes it.
    fn is_meant(&self, ir: &Ir) -> bool {
        let mut relations = ir.requires.iter().map(|require| &require.relation);
        relations.any(|relation| match *relation {
            Relation::Depth { row, low, high } if self.is_depth && row == self.row => {
                !(low..=high).contains(&self.value)
            }
            Relation::Width { row, low, high } if !self.is_depth => {
                is_same_width(ir, row, self.row) && !(low..=high).contains(&self.value)
            }
            _ => false,
        })
    }
}

fn open(ir: &Ir) -> Vec<Open> {
    let mut all = Vec::new();
    for (at, row) in ir.rows.iter().enumerate() {
        let depths = row.depths.iter().filter(|_| row.depths.len() > 1);
        all.extend(depths.map(|&value| Open {
            row: at,
            is_depth: true,
            value,
            text: format!("`{}.depth = {value}`", row.name),
        }));
        let RowWidth::Choice(choice) = row.width else {
            continue;
        };
        let choice = &ir.choices[usize::from(choice)];
        let widths = ir.widths(row.width);
        let is_own = choice.width_of == Some(at) && widths.len() > 1;
        let widths = widths.into_iter().filter(|_| is_own);
        all.extend(widths.map(|value| Open {
            row: at,
            is_depth: false,
            value,
            text: format!("`{} = {value}`", choice.name),
        }));
    }
    all
}

/// The warnings about values of a small space under its own bounds on rows, and the depths and widths that they are
/// due for; `None` where no path is left.
fn under_bounds_on_rows(seed: u64) -> Option<(Vec<String>, Vec<Open>)> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let ir = lower(&small_space(&mut random));
    let (plan, warnings) = plan(&ir, &Request::default()).ok()?;
    let inside = |shape: &Shape| {
        let mut relations = plan.ir.requires.iter().map(|require| &require.relation);
        relations.all(|one| holds(one, |row| shape[row].0, |row| shape[row].1, no_cost))
    };
    let inside: Vec<Shape> = shapes(&plan.ir).into_iter().filter(inside).collect();
    assert!(!inside.is_empty(), "a plan has a path");
    let mut due = open(&plan.ir);
    due.retain(|one| !inside.iter().any(|shape| one.is_in(shape)) && !one.is_meant(&plan.ir));
    let told = warnings.into_iter();
    let told = told.filter(|one| one.code.as_str() == "value-never-feasible");
    Some((told.map(|one| one.message).collect(), due))
}

#[test]
fn depths_and_widths_are_never_feasible_exactly_where_bounds_between_rows_leave_no_path() {
    let (mut depths, mut widths) = (0, 0);
    for seed in 0..1500 {
        let Some((told, due)) = under_bounds_on_rows(seed) else {
            continue;
        };
        for one in &due {
            let is_told = told.iter().any(|message| message.contains(&one.text));
            assert!(is_told, "seed {seed}: {} of {told:?}", one.text);
            *(if one.is_depth {
                &mut depths
            } else {
                &mut widths
            }) += 1;
        }
        let named = told.iter().map(|message| message.matches('`').count() / 2);
        assert_eq!(named.sum::<usize>(), due.len(), "seed {seed}: {told:?}");
    }
    assert!(depths > 10 && widths > 10, "{depths} {widths}");
}

#[test]
fn values_of_every_kind_are_never_feasible_in_some_of_these_spaces() {
    let mut kinds = BTreeSet::new();
    for seed in 0..400 {
        let Some(plan) = question(seed) else { continue };
        let all = every(&plan);
        for one in plan.value_shares() {
            if plan
                .windows
                .iter()
                .any(|window| is_missed(&plan, &all, window, &one))
            {
                kinds.insert((one.row.is_some(), one.of == "depth"));
            }
        }
    }
    // Of choices and resolutions, of attributes and blocks, of depths.
    assert_eq!(kinds.len(), 3);
}

/// Whether one of some messages names a value.
fn is_said(said: &[&str], one: &ValueShare) -> bool {
    let text = match (one.row.as_deref(), one.of.as_str()) {
        (Some(row), "depth") => format!("`{row}.depth = {}`", one.value),
        (Some(_), "block") => format!("`{}`", one.value),
        (_, of) => format!("`{of} = {}`", one.value),
    };
    let at = match (one.row.as_deref(), one.of.as_str()) {
        (Some(row), of) if of != "depth" => format!(" in `{row}`"),
        _ => String::new(),
    };
    let is_of_row = |said: &&str| match at.is_empty() {
        true => !said.contains("` in `"),
        false => said.ends_with(&at),
    };
    let mut said = said.iter().filter(|said| is_of_row(said));
    said.any(|said| said.contains(&text))
}

/// Whether every path with a value lies on one side of a window.
fn is_missed(plan: &Plan, all: &[Path], window: &Window, one: &ValueShare) -> bool {
    let with = all.iter();
    let with = with.filter(|path| tally(&plan.ir, std::slice::from_ref(*path), one).0 > 0);
    let costs: Vec<u64> = with
        .map(|path| plan.cost(path).get(window.metric))
        .collect();
    !costs.is_empty()
        && (costs.iter().all(|&cost| cost > window.high)
            || costs.iter().all(|&cost| cost < window.low))
}

/// Whether a value of a row stands only in blocks that follow a choice with a value that is told.
fn follows_told(ir: &Ir, all: &[Path], told: &[&ValueShare], one: &ValueShare) -> bool {
    let Some(row) = &one.row else { return false };
    if one.of == "depth" {
        return false;
    }
    let is_told = |&(choice, value): &(u16, u16)| {
        let choice = &ir.choices[usize::from(choice)];
        let value = choice.values[usize::from(value)].to_string();
        let mut told = told.iter();
        told.any(|one| one.row.is_none() && one.of == choice.name && one.value == value)
    };
    let at = ir.rows.iter().position(|other| other.name == *row);
    let at = at.expect("it is a row");
    let blocks = all.iter().flat_map(|path| path.rows[at].iter().enumerate());
    let blocks: BTreeSet<(usize, u16)> = blocks.map(|(block, &one)| (block, one)).collect();
    let candidates = blocks
        .into_iter()
        .map(|(block, candidate)| &ir.rows[at].slots[block].candidates[usize::from(candidate)]);
    let mut with = candidates.filter(|candidate| has(candidate, one));
    with.all(|candidate| candidate.shared.values.iter().any(is_told))
}
