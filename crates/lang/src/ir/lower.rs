//! Space to slots of candidates.

use std::sync::Arc;

use super::expand::{Place, expand, sum};
use super::{Candidate, Ir, Row, Slot};
use crate::space::{self, Alternative, AttributeName, AttributeValue, Operator, Setting, Space};

/// Unrolls every depth and writes out every candidate. Cannot fail: a checked space has a meaning.
///
/// Candidates stand in the order of the alternatives; within one, the searched
/// attributes count in the operator's order, the first one slowest.
pub fn lower(space: &Space) -> Ir {
    let mut ir = Ir {
        space: space.name.value.clone(),
        input_channels: space.input_channels.value,
        resolution: space.resolution.clone(),
        classes: space.classes.value,
        norm: space.norm,
        rows: rows(space),
        requires: space.requires.clone(),
    };
    ir.flatten(smallest(&space.resolution.value));
    debug_assert_eq!(ir.verify(), Ok(()));
    ir
}

fn smallest(resolution: &Setting<u32>) -> u32 {
    resolution.values()[0]
}

fn rows(space: &Space) -> Vec<Row> {
    let place = |index: usize| space.fit.iter().position(|&fitted| fitted == index);
    let rows = space.rows.iter().enumerate();
    rows.map(|(index, of)| row(of, place(index))).collect()
}

fn row(row: &space::Row, fit: Option<usize>) -> Row {
    let depths = row.depth.value.values().to_vec();
    let deepest = depths.iter().copied().max().unwrap_or(1);
    Row {
        name: row.name.value.clone(),
        is_stage: row.is_stage,
        slots: slots(row, deepest),
        depths,
        fit,
    }
}

/// All slots after the first are one slot, repeated.
fn slots(row: &space::Row, deepest: u32) -> Vec<Slot> {
    let width = row.out_channels.value;
    let first = Place {
        in_channels: row.in_channels,
        out_channels: width,
        stride: row.stride,
    };
    let rest = Place {
        in_channels: width,
        out_channels: width,
        stride: 1,
    };
    let mut slots = vec![slot(&row.first, first)];
    if deepest > 1 {
        let repeated = slot(&row.rest, rest);
        slots.resize(deepest as usize, repeated);
    }
    slots
}

fn slot(block: &space::Block, place: Place) -> Slot {
    Slot {
        in_channels: place.in_channels,
        out_channels: place.out_channels,
        stride: place.stride,
        candidates: candidates(block, place),
    }
}

fn candidates(block: &space::Block, place: Place) -> Arc<[Candidate]> {
    let alternatives = block.alternatives.iter();
    alternatives
        .flat_map(|alternative| match alternative.operator {
            Operator::Sum => sums(alternative, place),
            _ => plain(alternative, place),
        })
        .collect()
}

fn plain(alternative: &Alternative, place: Place) -> Vec<Candidate> {
    let values = picks(alternative).into_iter();
    values
        .map(|values| Candidate {
            operator: alternative.operator,
            block: alternative.block.clone(),
            branches: Vec::new(),
            ops: expand(alternative.operator, &values, place),
            values,
        })
        .collect()
}

/// Every way to pick one candidate for each branch, the first branch slowest.
fn sums(alternative: &Alternative, place: Place) -> Vec<Candidate> {
    let mut all = vec![Vec::new()];
    for branch in &alternative.branches {
        let next = candidates(branch, place);
        let with = |picked: &Vec<Candidate>, one: &Candidate| {
            let mut picked = picked.clone();
            picked.push(one.clone());
            picked
        };
        all = all
            .iter()
            .flat_map(|picked| next.iter().map(move |one| with(picked, one)))
            .collect();
    }
    let sum = |branches: Vec<Candidate>| Candidate {
        operator: alternative.operator,
        block: alternative.block.clone(),
        values: Vec::new(),
        ops: sum::expand(&branches),
        branches,
    };
    all.into_iter().map(sum).collect()
}

type Values = Vec<(AttributeName, AttributeValue, bool)>;

/// Every way to pick one value for each attribute, the first attribute slowest.
fn picks(alternative: &Alternative) -> Vec<Values> {
    let mut all = vec![Values::new()];
    for attribute in &alternative.attributes {
        let searched = matches!(attribute.setting, Setting::Searched(_));
        let values = attribute.setting.values();
        all = all
            .iter()
            .flat_map(|picked| {
                values.iter().map(move |&value| {
                    let mut picked = picked.clone();
                    picked.push((attribute.name, value, searched));
                    picked
                })
            })
            .collect();
    }
    all
}
