//! `creamc dump --pass PASS FILE`.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use creamc_lang::ir::Slot;
use creamc_lang::plan::Plan;
use creamc_lang::space::Metric;

use super::load::{Loaded, SpaceArgs};
use super::text::{self, Side, table};
use super::{CANNOT_WRITE, Verdict};

/// Prints what a step of the compiler makes of a file
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: creamc dump --pass ir spaces/mobile.cream")]
pub struct Args {
    /// Which step
    #[arg(long)]
    pass: Pass,
    /// The file
    file: PathBuf,
    #[command(flatten)]
    space: SpaceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Pass {
    /// The syntax tree
    Ast,
    /// Names resolved, attributes and domains checked
    Space,
    /// Slots, candidates and their primitive operators
    Ir,
    /// Resolution, bounds, identities and the cost of every candidate
    Plan,
}

/// Prints the value, or the messages that say why there is none.
///
/// # Errors
/// When the file cannot be read, or nothing can be written.
pub fn run(args: &Args, out: &mut impl Write) -> anyhow::Result<Verdict> {
    let mut loaded = Loaded::read(&args.file, &args.space)?;
    let dumped = dumped(&mut loaded, args.pass);
    loaded.show();
    if let Some(text) = dumped {
        writeln!(out, "{}", text.trim_end()).context(CANNOT_WRITE)?;
    }
    Ok(if loaded.has_errors() {
        Verdict::Faulty
    } else {
        Verdict::Clean
    })
}

fn dumped(loaded: &mut Loaded, pass: Pass) -> Option<String> {
    match pass {
        Pass::Ast => Some(format!("{:#?}", loaded.unit.ast)),
        Pass::Space => loaded
            .unit
            .space
            .as_ref()
            .map(|space| format!("{space:#?}")),
        Pass::Ir => loaded.unit.ir.as_ref().map(|ir| ir.print()),
        Pass::Plan => loaded.plan().map(|plan| plan_text(&plan)),
    }
}

fn plan_text(plan: &Plan) -> String {
    let mut lines = format!(
        "plan {} of space {}\nweights {}\nresolution {}\npaths {}\n",
        plan.fingerprint,
        plan.ir.space,
        plan.weights,
        text::listed(&plan.sides().collect::<Vec<_>>()),
        plan.graph.count()
    );
    for window in &plan.windows {
        let _ = writeln!(
            lines,
            "bound {} {}..{}",
            window.metric.as_str(),
            window.low,
            window.high
        );
    }
    let is_one = plan.smaller.is_empty();
    for side in plan.sides() {
        lines.push('\n');
        if !is_one {
            let _ = writeln!(lines, "at {side} pixels a side:");
        }
        lines += &table(&COLUMNS, &cost_rows(plan, side));
    }
    lines
}

const COLUMNS: [Side; 7] = [
    Side::Left,
    Side::Right,
    Side::Left,
    Side::Right,
    Side::Right,
    Side::Right,
    Side::Right,
];

/// A candidate, with its widths where another differs in them alone.
fn candidate_text(slot: &Slot, candidate: usize) -> String {
    let text = slot.text(candidate);
    let (input, output) = slot.candidates[candidate].widths;
    match slot.structures() < slot.candidates.len() {
        true => format!("{text}, {input} to {output}"),
        false => text,
    }
}

fn cost_rows(plan: &Plan, side: u32) -> Vec<Vec<String>> {
    let head = ["row", "block", "candidate"].into_iter();
    let metrics = Metric::ALL.iter().map(|metric| metric.as_str());
    let mut rows = vec![head.chain(metrics).map(String::from).collect()];
    for (row, costs) in plan.ir.rows.iter().zip(plan.costs_at(side)) {
        for (block, (slot, costs)) in row.slots.iter().zip(costs).enumerate() {
            for (candidate, cost) in costs.iter().enumerate() {
                let name = vec![
                    row.name.clone(),
                    block.to_string(),
                    candidate_text(slot, candidate),
                ];
                let numbers = Metric::ALL
                    .iter()
                    .map(|&metric| cost.get(metric).to_string());
                rows.push(name.into_iter().chain(numbers).collect());
            }
        }
    }
    rows
}
