//! What is known of a row: shapes, costs, and how much is left open.

use super::Project;
use crate::cost::{self, Cost};
use crate::count::Graph;
use crate::ir::{Ir, Row, RowWidth, Shape, Slot};
use crate::quantity::{count_for_reading, grouped};
use crate::space::{Metric, Setting};

/// A row in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowFacts {
    /// Side of the image that shapes and costs are for.
    pub(super) resolution: u32,
    /// What goes in, with every width it may have.
    pub(super) input: (Vec<u32>, Shape),
    /// What comes out.
    pub(super) output: (Vec<u32>, Shape),
    /// The least and the most that its blocks cost together, a metric each.
    pub(super) costs: Vec<(Metric, u128, u128)>,
    /// Candidates of the first block and of every later one, widths left aside.
    pub(super) candidates: (usize, Option<usize>),
    /// Depths it may take.
    pub(super) depths: Vec<u32>,
    /// Ways to fill it behind rows of a given width; `None` where they are too many for the type.
    pub(super) choices: Option<u128>,
}

impl Project<'_> {
    /// The side of the image that is told about: the plan's, or the largest there is.
    pub(super) fn shown_resolution(&self, ir: &Ir) -> u32 {
        let largest = ir.resolution.value.values().last().copied();
        self.plan
            .map(|plan| plan.resolution)
            .or(largest)
            .unwrap_or(1)
    }

    pub(super) fn row_facts(&self, name: &str) -> Option<RowFacts> {
        let ir = self.ir()?;
        let at = ir.rows.iter().position(|row| row.name == name)?;
        Some(facts(ir, at, self.shown_resolution(ir)))
    }
}

pub(super) fn facts(ir: &Ir, at: usize, resolution: u32) -> RowFacts {
    let row = &ir.rows[at];
    let shapes = &ir.shapes(resolution)[at];
    let before = at.checked_sub(1).map(|before| ir.rows[before].width);
    let before = before.unwrap_or(RowWidth::Fixed(ir.input_channels));
    RowFacts {
        resolution,
        input: (ir.widths(before), shapes[0]),
        // All blocks behind a row's first keep the shape.
        output: (ir.widths(row.width), row.slots[0].output(shapes[0])),
        costs: costs(ir, at, resolution),
        candidates: (
            row.slots[0].structures(),
            row.slots.get(1).map(Slot::structures),
        ),
        depths: row.depths.clone(),
        choices: choices(ir, at),
    }
}

/// The least and the most of every metric over all depths and candidates.
fn costs(ir: &Ir, at: usize, resolution: u32) -> Vec<(Metric, u128, u128)> {
    let row = &ir.rows[at];
    let table = &cost::table(ir, resolution)[at];
    if !ir.choices.is_empty() {
        return shared_costs(ir, at, table);
    }
    let ends = |metric: Metric| {
        let of_depth = row.depths.iter().map(|&depth| {
            let slots = table[..depth as usize].iter();
            let slots = slots.map(|costs| costs.iter().map(|cost| u128::from(cost.get(metric))));
            slots.fold((0, 0), |(least, most), costs| {
                let low = costs.clone().min().unwrap_or(0);
                (least + low, most + costs.max().unwrap_or(0))
            })
        });
        let all: Vec<(u128, u128)> = of_depth.collect();
        let least = all.iter().map(|ends| ends.0).min().unwrap_or(0);
        let most = all.iter().map(|ends| ends.1).max().unwrap_or(0);
        (metric, least, most)
    };
    Metric::ALL.iter().map(|&metric| ends(metric)).collect()
}

/// The same where blocks share decisions, so that not every candidate goes with every other.
fn shared_costs(ir: &Ir, at: usize, table: &[Vec<Cost>]) -> Vec<(Metric, u128, u128)> {
    let graph = graph(&only_row(ir, at), std::slice::from_ref(&table.to_vec()));
    let ends = |&metric: &Metric| {
        let (least, most) = graph.as_ref()?.extremes(metric)?;
        Some((metric, least.into(), most.into()))
    };
    Metric::ALL.iter().filter_map(ends).collect()
}

/// Ways to fill a row behind rows of a given width; `None` where they are too many for the type.
pub(super) fn choices(ir: &Ir, at: usize) -> Option<u128> {
    if ir.choices.is_empty() {
        return product(&ir.rows[at]);
    }
    // Each width of the rows before has as many.
    let first = ir.rows[at].slots[0].candidates[0].shared.values.iter();
    let before = first
        .map(|value| &ir.choices[usize::from(value.0)])
        .filter(|choice| choice.width_of.is_some_and(|row| row != at));
    let widths: u128 = before.map(|choice| choice.values.len() as u128).product();
    Some(ways(&only_row(ir, at))? / widths)
}

/// Paths of a space, bounds left aside; `None` where they are too many for the type.
pub(super) fn paths(ir: &Ir) -> Option<u128> {
    let resolutions = match &ir.resolution.value {
        Setting::Searched(domain) => domain.values().len() as u128,
        Setting::Fixed(_) | Setting::Fitted(_) => 1,
    };
    paths_at_one(ir)?.checked_mul(resolutions)
}

/// The same at one resolution.
fn paths_at_one(ir: &Ir) -> Option<u128> {
    if !ir.choices.is_empty() {
        return ways(ir);
    }
    let of_rows = ir.rows.iter().map(product);
    of_rows
        .into_iter()
        .try_fold(1_u128, |product, one| product.checked_mul(one?))
}

fn only_row(ir: &Ir, at: usize) -> Ir {
    Ir {
        rows: vec![ir.rows[at].clone()],
        ..ir.clone()
    }
}

fn ways(ir: &Ir) -> Option<u128> {
    let free = |slot: &Slot| vec![Cost::default(); slot.candidates.len()];
    let costs: Vec<Vec<Vec<Cost>>> = ir
        .rows
        .iter()
        .map(|row| row.slots.iter().map(free).collect())
        .collect();
    u128::try_from(graph(ir, &costs)?.count()).ok()
}

fn graph(ir: &Ir, costs: &[Vec<Vec<Cost>>]) -> Option<Graph> {
    Graph::build(ir, costs, &[]).ok()
}

/// Over all depths, the product of the candidates of the blocks.
fn product(row: &Row) -> Option<u128> {
    let of_depth = |depth: u32| {
        let slots = row.slots[..depth as usize].iter();
        slots
            .map(|slot| slot.candidates.len() as u128)
            .try_fold(1, u128::checked_mul)
    };
    row.depths
        .iter()
        .try_fold(0_u128, |sum, &depth| sum.checked_add(of_depth(depth)?))
}

impl RowFacts {
    /// As lines of Markdown.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} → {} at resolution {}",
            shape(&self.input),
            shape(&self.output),
            self.resolution
        )];
        lines.extend(
            self.costs.iter().map(|&(metric, least, most)| {
                format!("{} {}", metric.as_str(), range(least, most))
            }),
        );
        lines.extend(self.open());
        lines
    }

    /// What is left open, if anything is.
    fn open(&self) -> Option<String> {
        if self.choices == Some(1) {
            return None;
        }
        let candidates = match self.candidates {
            (first, Some(later)) if first != later => {
                format!("{first} candidates for the first block, {later} for each later one")
            }
            (first, _) => format!(
                "{first} candidate{} a block",
                if first == 1 { "" } else { "s" }
            ),
        };
        let depth = match self.depths.as_slice() {
            [only] => format!("depth {only}"),
            depths => format!("depth {} to {}", depths[0], depths[depths.len() - 1]),
        };
        let choices = match self.choices {
            Some(choices) => grouped(&choices.to_string()),
            None => "more than 10^38".to_owned(),
        };
        Some(format!("{candidates}, {depth}: {choices} choices"))
    }
}

/// `[24, 56, 56]`: channels, height, width; `[24 or 32, 56, 56]` where the channels are searched.
fn shape((widths, shape): &(Vec<u32>, Shape)) -> String {
    let widths: Vec<String> = widths.iter().map(u32::to_string).collect();
    format!(
        "`[{}, {}, {}]`",
        widths.join(" or "),
        shape.height,
        shape.width
    )
}

/// `1.2M` or `1.2M to 3.4M`.
pub(super) fn range(least: u128, most: u128) -> String {
    match least == most {
        true => count_for_reading(least),
        false => format!(
            "{} to {}",
            count_for_reading(least),
            count_for_reading(most)
        ),
    }
}
