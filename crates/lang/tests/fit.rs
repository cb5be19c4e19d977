//! Settled depths against the rule of the language, followed step by step over all depths.

mod common;

use common::{holds, lower, no_cost};
use creamc_lang::cost;
use creamc_lang::ir::{Candidate, Ir, RowWidth};
use creamc_lang::plan::{Plan, Request, plan};
use creamc_lang::source::{Span, Spanned};
use creamc_lang::space::{Metric, Relation, Require};
use creamc_lang::testing::small_space;
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// At the smallest resolution, with a bound on flops.
fn request(ir: &Ir, high: u64) -> Request {
    Request {
        requires: vec![Require {
            relation: Relation::Metric {
                metric: Metric::Flops,
                low: 0,
                high,
            },
            span: Span::default(),
            value_span: Span::default(),
            comparison: None,
            is_inherited: false,
        }],
        resolution: Some(Spanned::new(
            ir.resolution.value.values()[0],
            Span::default(),
        )),
        depths: None,
    }
}

/// Every way to choose depths that the bounds allow, where some are settled.
fn ways(ir: &Ir, settled: &[(usize, u32)]) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    for (at, row) in ir.rows.iter().enumerate() {
        let fixed = settled.iter().find(|(row, _)| *row == at);
        let listed = fixed.map_or(row.depths.clone(), |(_, depth)| vec![*depth]);
        let with = |depths: &Vec<u32>, depth: u32| [depths.as_slice(), &[depth]].concat();
        all = all
            .iter()
            .flat_map(|depths| listed.iter().map(move |&depth| with(depths, depth)))
            .collect();
    }
    let bounds = ir.requires.iter().map(|one| &one.relation);
    let is_on_depths =
        |one: &&Relation| matches!(one, Relation::Depth { .. } | Relation::DepthPair { .. });
    let on_depths: Vec<_> = bounds.filter(is_on_depths).collect();
    all.retain(|depths| {
        on_depths
            .iter()
            .all(|one| holds(one, |row| depths[row], no_width, no_cost))
    });
    all
}

fn no_width(_: usize) -> u32 {
    panic!("bounds on widths are left out here")
}

/// Every way to decide all choices inside the bounds on widths.
fn assignments(ir: &Ir) -> Vec<Vec<u16>> {
    let mut all = vec![Vec::new()];
    for choice in &ir.choices {
        let values = 0..choice.values.len() as u16;
        let with = |decided: &Vec<u16>, value: u16| [decided.as_slice(), &[value]].concat();
        all = all
            .iter()
            .flat_map(|decided| values.clone().map(move |value| with(decided, value)))
            .collect();
    }
    let is_on_widths =
        |one: &&Relation| matches!(one, Relation::Width { .. } | Relation::WidthPair { .. });
    let bounds = ir.requires.iter().map(|one| &one.relation);
    let on_widths: Vec<_> = bounds.filter(is_on_widths).collect();
    all.retain(|decided| {
        let width = |row: usize| match ir.rows[row].width {
            RowWidth::Fixed(width) => width,
            RowWidth::Choice(choice) => {
                let choice = usize::from(choice);
                let width = ir.choices[choice].width(decided[choice]);
                width.expect("a row's width is a width")
            }
        };
        let no_depth = |_| panic!("bounds on depths are left out here");
        on_widths
            .iter()
            .all(|one| holds(one, no_depth, width, no_cost))
    });
    all
}

/// Flops of the smallest and of the largest path: the end of every block's candidates, those that
/// agree with one way to decide the choices.
fn ends(ir: &Ir, resolution: u32, settled: &[(usize, u32)]) -> Option<(u64, u64)> {
    let ends = assignments(ir).into_iter();
    ends.filter_map(|decided| ends_of(ir, resolution, settled, &decided))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn ends_of(
    ir: &Ir,
    resolution: u32,
    settled: &[(usize, u32)],
    decided: &[u16],
) -> Option<(u64, u64)> {
    let at = ir.at(resolution);
    let inputs = at.shapes(resolution);
    let agrees = |one: &&Candidate| {
        let mut values = one.shared.values.iter();
        values.all(|&(choice, value)| decided[usize::from(choice)] == value)
    };
    let block = |row: usize, block: usize| {
        let candidates = at.rows[row].slots[block].candidates.iter().filter(agrees);
        let costs = candidates.map(|one| cost::candidate(one, one.input(inputs[row][block])).flops);
        let (least, most) = (costs.clone().min(), costs.max());
        least.zip(most).expect("a block has a candidate")
    };
    let flops = |depths: &Vec<u32>| {
        let rows = depths.iter().enumerate();
        let blocks = rows.flat_map(|(row, &depth)| (0..depth as usize).map(move |at| (row, at)));
        let sum = |sum: (u64, u64), end: (u64, u64)| (sum.0 + end.0, sum.1 + end.1);
        blocks.map(|(row, at)| block(row, at)).fold((0, 0), sum)
    };
    let ways = ways(ir, settled).into_iter();
    ways.map(|depths| flops(&depths))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The rule, word by word.
fn by_the_rule(ir: &Ir, resolution: u32, high: u64) -> Vec<(usize, u32)> {
    let mut order: Vec<usize> = (0..ir.rows.len())
        .filter(|&row| ir.rows[row].fit.is_some())
        .collect();
    order.sort_by_key(|&row| ir.rows[row].fit);
    let mut settled: Vec<(usize, u32)> = order
        .iter()
        .map(|&row| (row, ir.rows[row].depths[0]))
        .collect();
    let breaks = |settled: &[(usize, u32)]| {
        let ends = ends(ir, resolution, settled);
        ends.is_some_and(|(_, most)| most > high)
    };
    loop {
        let before = settled.clone();
        for at in 0..settled.len() {
            let mut next = settled.clone();
            let (row, depth) = next[at];
            let deeper = ir.rows[row].depths.iter().find(|&&one| one > depth);
            let is_full = deeper.is_none();
            next[at].1 = deeper.copied().unwrap_or(depth);
            let is_kept = !ways(ir, &settled).is_empty() && ways(ir, &next).is_empty();
            if is_full || is_kept {
                continue;
            }
            if breaks(&next) {
                return settled;
            }
            settled = next;
        }
        if settled == before {
            return settled;
        }
    }
}

fn settled(plan: &Plan) -> Vec<(usize, u32)> {
    let rows = plan.ir.rows.iter().enumerate();
    let fitted = rows.filter(|(_, row)| row.fit.is_some());
    fitted.map(|(at, row)| (at, row.depths[0])).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn depths_are_settled_by_the_rule(seed in any::<u64>(), share in 0.0f64..1.2) {
        let text = small_space(&mut ChaCha8Rng::seed_from_u64(seed));
        let ir = lower(&text);
        let resolution = ir.resolution.value.values()[0];
        let all = ends(&ir, resolution, &[]).map_or(0, |(_, most)| most);
        let high = (all as f64 * share) as u64;
        let mut expected = by_the_rule(&ir, resolution, high);
        expected.sort_unstable();
        match plan(&ir, &request(&ir, high)) {
            Ok((plan, _)) => prop_assert_eq!(settled(&plan), expected, "{}", text),
            Err(_) => prop_assert!(
                ends(&ir, resolution, &expected).is_none_or(|(least, _)| least > high),
                "{} at most {}", text, high
            ),
        }
    }

    #[test]
    fn a_higher_bound_never_makes_a_stage_shallower(seed in any::<u64>(), shares in (0.0f64..1.1, 0.0f64..1.1)) {
        let text = small_space(&mut ChaCha8Rng::seed_from_u64(seed));
        let ir = lower(&text);
        let all = ends(&ir, ir.resolution.value.values()[0], &[]).map_or(0, |(_, most)| most);
        let bound = |share: f64| (all as f64 * share) as u64;
        let (low, high) = (bound(shares.0.min(shares.1)), bound(shares.0.max(shares.1)));
        if let (Ok(low), Ok(high)) = (plan(&ir, &request(&ir, low)), plan(&ir, &request(&ir, high))) {
            for (less, more) in settled(&low.0).iter().zip(settled(&high.0)) {
                prop_assert!(less.1 <= more.1, "{}", text);
            }
        }
    }
}
