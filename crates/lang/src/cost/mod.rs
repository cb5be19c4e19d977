//! Exact costs, as whole numbers. One file a metric; one walk over the primitives sums them all.

mod activations;
mod flops;
mod macs;
mod params;

use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::sync::Arc;

use crate::ir::{Candidate, Ir, Layer, Measured, Network, Op, Row, Shape};
use crate::space::Metric;

/// Cost of every candidate at one resolution: `table[row][block][candidate]`.
pub type Table = Vec<Vec<Vec<Cost>>>;

/// The cost of an op, a candidate or a whole path; for one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Cost {
    /// What the paper and its code call FLOPs.
    pub flops: u64,
    /// Multiply-accumulates of convolutions and linear layers.
    pub macs: u64,
    /// Trainable numbers.
    pub params: u64,
    /// Output elements of convolutions.
    pub activations: u64,
    /// Nanoseconds by the tables of the space, in their order; [`UNKNOWN`](crate::ir::UNKNOWN) where a row is missing.
    pub times: Measured,
}

impl Cost {
    /// One of them.
    pub fn get(self, metric: Metric) -> u64 {
        match metric {
            Metric::Flops => self.flops,
            Metric::Macs => self.macs,
            Metric::Params => self.params,
            Metric::Activations => self.activations,
            Metric::Table(table) => self.times[usize::from(table)],
        }
    }
}

/// Sums stop at `u64::MAX`; [`fits`] holds for every space that is planned, so none gets there.
impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost {
            flops: self.flops.saturating_add(other.flops),
            macs: self.macs.saturating_add(other.macs),
            params: self.params.saturating_add(other.params),
            activations: self.activations.saturating_add(other.activations),
            times: std::array::from_fn(|at| self.times[at].saturating_add(other.times[at])),
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Cost) {
        *self = *self + other;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Cost>>(costs: I) -> Cost {
        costs.fold(Cost::default(), Cost::add)
    }
}

/// Cost of one primitive that reads `input` and makes `output`. Tables know blocks only.
pub fn of_op(op: &Op, input: Shape, output: Shape) -> Cost {
    let narrow = |wide: u128| u64::try_from(wide).unwrap_or(u64::MAX);
    Cost {
        flops: narrow(flops::of(op, input, output)),
        macs: narrow(macs::of(op, output)),
        params: narrow(params::of(op)),
        activations: narrow(activations::of(op, output)),
        times: Measured::default(),
    }
}

/// The one walk: every op with its shapes.
fn walk(ops: &[Op], input: Shape, shapes: &[Shape]) -> Cost {
    ops.iter()
        .zip(shapes)
        .map(|(op, &output)| of_op(op, op.input(input, shapes), output))
        .sum()
}

/// Cost of one block of a network.
pub fn of_layer(layer: &Layer) -> Cost {
    Cost {
        times: layer.times,
        ..walk(&layer.ops, layer.input, &layer.shapes)
    }
}

/// Cost of a whole network.
pub fn of_network(network: &Network) -> Cost {
    network.layers.iter().map(of_layer).sum()
}

/// What is counted of a candidate where images of shape `input` go into its block; times are not.
/// Linear layers must be settled for that shape ([`Ir::at`]).
pub fn candidate(candidate: &Candidate, input: Shape) -> Cost {
    walk(&candidate.ops, input, &candidate.shapes(input))
}

/// Cost of every candidate at `resolution`: `table[row][block][candidate]`.
pub fn table(ir: &Ir, resolution: u32) -> Table {
    let ir = ir.at(resolution);
    let inputs = ir.shapes(resolution);
    let rows = ir.rows.iter().zip(&inputs);
    rows.map(|(row, inputs)| row_table(&ir, row, inputs))
        .collect()
}

fn row_table(ir: &Ir, row: &Row, inputs: &[Shape]) -> Vec<Vec<Cost>> {
    let mut table: Vec<Vec<Cost>> = Vec::with_capacity(row.slots.len());
    for (block, slot) in row.slots.iter().enumerate() {
        // Most blocks of a stage are the same block again.
        let again = block > 0
            && inputs[block] == inputs[block - 1]
            && Arc::ptr_eq(&slot.candidates, &row.slots[block - 1].candidates);
        let costs = match again {
            true => table[block - 1].clone(),
            false => {
                let candidates = slot.candidates.iter();
                let cost = |one: &Candidate| {
                    let input = one.input(inputs[block]);
                    Cost {
                        times: ir.times(slot, one, input),
                        ..candidate(one, input)
                    }
                };
                candidates.map(cost).collect()
            }
        };
        table.push(costs);
    }
    table
}

/// An upper bound on every path's cost: all slots, the dearest candidate of each, metric by metric.
pub fn ceiling(table: &[Vec<Vec<Cost>>]) -> Cost {
    let dearest = |slot: &Vec<Cost>| slot.iter().copied().fold(Cost::default(), larger);
    table.iter().flatten().map(dearest).sum()
}

fn larger(a: Cost, b: Cost) -> Cost {
    Cost {
        flops: a.flops.max(b.flops),
        macs: a.macs.max(b.macs),
        params: a.params.max(b.params),
        activations: a.activations.max(b.activations),
        times: std::array::from_fn(|at| a.times[at].max(b.times[at])),
    }
}

/// Whether no path of the space can cost 2^63 or more at any of its resolutions, so that
/// sums of costs are exact.
pub fn fits(ir: &Ir) -> bool {
    let resolutions = ir.resolution.value.values();
    let largest = resolutions.iter().max();
    // Counts grow with the resolution; measured times need not.
    let asked = resolutions
        .iter()
        .filter(|&one| !ir.tables.is_empty() || Some(one) == largest);
    let mut asked = asked.into_iter();
    asked.all(|&resolution| table_fits(ir, &table(ir, resolution)))
}

/// The same at the resolution of a table.
pub fn table_fits(ir: &Ir, table: &Table) -> bool {
    let ceiling = ceiling(table);
    let mut metrics = ir.metrics();
    metrics.all(|(metric, _)| ceiling.get(metric) < 1 << 63)
}
