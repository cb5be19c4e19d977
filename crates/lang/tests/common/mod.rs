//! What tests of whole texts share: a file system of one file, and the meaning of bounds, written out a second time.
#![allow(dead_code, reason = "no test uses all of it")]

use std::path::Path;

use creamc_lang::compile::{self, Overrides};
use creamc_lang::ir::{self, Ir};
use creamc_lang::latency::Times;
use creamc_lang::source::{Files, ReadError};
use creamc_lang::space::{Metric, Relation};
use creamc_lang::syntax::ast::Comparison;
use rand::Rng;

/// One text under any path but that of the space that `phone` is derived from.
pub struct One(pub String);

impl Files for One {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match path.to_str() {
            Some("mobile.cream") => Ok(include_str!("../../../../spaces/mobile.cream").to_owned()),
            _ => Ok(self.0.clone()),
        }
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

/// A text, and one table under any path that ends as tables do.
pub struct Timed {
    pub text: String,
    pub table: String,
}

impl Files for Timed {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        let is_table = path.extension().is_some_and(|end| end == "yaml");
        Ok(if is_table { &self.table } else { &self.text }.clone())
    }
}

impl Timed {
    /// A text that names a table, in which every block takes some time.
    pub fn at_random(text: String, random: &mut impl Rng) -> Timed {
        let mut files = Timed {
            text,
            table: String::new(),
        };
        let open = Overrides {
            open_tables: true,
            ..Overrides::default()
        };
        for (signature, _) in files.lower(&open).timed_blocks() {
            let time = random.random_range(1..40);
            files.table += &format!("{signature}: {time}us\n");
        }
        files
    }

    /// The space of a text that has no errors.
    pub fn lower(&self, overrides: &Overrides) -> Ir {
        let unit = compile::load(self, Path::new("x.cream"), overrides);
        let unit = unit.expect("the file can be read");
        unit.ir
            .unwrap_or_else(|| panic!("{}\n{:?}", self.text, unit.diagnostics))
    }

    pub fn times(&self) -> Times {
        Times::read(&self.table).expect("it is a table")
    }
}

/// What a table says of a path, block by block.
pub fn time(times: &Times, ir: &Ir, path: &ir::Path, resolution: u32) -> u64 {
    let network = ir.network(path, resolution);
    let blocks = path.blocks().zip(&network.layers);
    let signatures = blocks.filter_map(|((row, block, candidate), layer)| {
        let slot = &ir.rows[row].slots[block];
        slot.candidates[candidate].signature(slot.stride, layer.input)
    });
    let time = |signature: String| times.get(&signature).expect("the table is whole");
    signatures.map(time).sum()
}

/// The space of a text without errors, with a table `times` in which every block takes some time.
pub fn lower_timed(text: &str, random: &mut impl Rng) -> Ir {
    let item = "table times = latency(\"times.yaml\")\n    output";
    let files = Timed::at_random(text.replacen("output", item, 1), random);
    files.lower(&Overrides::default())
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
