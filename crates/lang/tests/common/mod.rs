//! What tests of whole texts share: a file system of one file, and the meaning of bounds, written out a second time.
#![allow(dead_code, reason = "no test uses all of it")]

use std::path::Path;

use creamc_lang::compile::{self, Overrides};
use creamc_lang::ir::Ir;
use creamc_lang::source::{Files, ReadError};
use creamc_lang::space::{Metric, Relation};
use creamc_lang::syntax::ast::Comparison;

/// One text under any path.
pub struct One(pub String);

impl Files for One {
    fn read(&self, _: &Path) -> Result<String, ReadError> {
        Ok(self.0.clone())
    }
}

/// The space of a text that has no errors.
pub fn lower(text: &str) -> Ir {
    let files = One(text.to_owned());
    let unit = compile::load(&files, Path::new("x.cream"), &Overrides::default());
    let unit = unit.expect("the file can be read");
    unit.ir
        .unwrap_or_else(|| panic!("{text}\n{:?}", unit.diagnostics))
}

/// Whether a path of these depths, widths and costs meets a bound.
pub fn holds(
    relation: &Relation,
    depth: impl Fn(usize) -> u32,
    width: impl Fn(usize) -> u32,
    cost: impl Fn(Metric) -> u64,
) -> bool {
    match *relation {
        Relation::Metric { metric, low, high } => (low..=high).contains(&cost(metric)),
        Relation::Depth { row, low, high } => (low..=high).contains(&depth(row)),
        Relation::DepthPair {
            left,
            comparison,
            right,
        } => compares(depth(left), comparison, depth(right)),
        Relation::Width { row, low, high } => (low..=high).contains(&width(row)),
        Relation::WidthPair {
            left,
            comparison,
            right,
        } => compares(width(left), comparison, width(right)),
    }
}

fn compares(left: u32, comparison: Comparison, right: u32) -> bool {
    match comparison {
        Comparison::AtMost => left <= right,
        Comparison::AtLeast => left >= right,
        Comparison::Equal => left == right,
    }
}

/// For bounds of spaces that bound depths and widths only.
pub fn no_cost(_: Metric) -> u64 {
    panic!("a generated space bounds depths and widths only")
}
