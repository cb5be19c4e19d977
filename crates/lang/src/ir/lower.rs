//! Space to slots of candidates.

use super::expand::{Place, expand};
use super::{Candidate, Ir, Row, Slot};
use crate::space::{self, Alternative, AttributeName, AttributeValue, Setting, Space};

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
        rows: space.rows.iter().map(row).collect(),
        requires: space.requires.clone(),
    };
    ir.flatten(smallest(&space.resolution.value));
    debug_assert_eq!(ir.verify(), Ok(()));
    ir
}

fn smallest(resolution: &Setting<u32>) -> u32 {
    resolution.values()[0]
}

fn row(row: &space::Row) -> Row {
    let depths = row.depth.value.values().to_vec();
    let deepest = depths.iter().copied().max().unwrap_or(1);
    Row {
        name: row.name.value.clone(),
        is_stage: row.is_stage,
        slots: (0..deepest).map(|block| slot(row, block)).collect(),
        depths,
    }
}

fn slot(row: &space::Row, index: u32) -> Slot {
    let out_channels = row.out_channels.value;
    let (block, in_channels, stride) = match index {
        0 => (&row.first, row.in_channels, row.stride),
        _ => (&row.rest, out_channels, 1),
    };
    let place = Place {
        in_channels,
        out_channels,
        stride,
    };
    Slot {
        in_channels,
        out_channels,
        stride,
        candidates: candidates(block, place),
    }
}

fn candidates(block: &space::Block, place: Place) -> Vec<Candidate> {
    block
        .alternatives
        .iter()
        .flat_map(|alternative| {
            picks(alternative).into_iter().map(move |values| Candidate {
                operator: alternative.operator,
                block: alternative.block.clone(),
                ops: expand(alternative.operator, &values, place),
                values,
            })
        })
        .collect()
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
