//! `creamc dump --pass PASS FILE`.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use creamc_lang::plan::Plan;

use super::load::{Loaded, SpaceArgs};
use super::text::{Side, table};
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
    let mut text = format!(
        "plan {} of space {}\nweights {}\nresolution {}\npaths {}\n",
        plan.fingerprint,
        plan.ir.space,
        plan.weights,
        plan.resolution,
        plan.graph.count()
    );
    for window in &plan.windows {
        let _ = writeln!(
            text,
            "bound {} {}..{}",
            plan.ir.metric_name(window.metric),
            window.low,
            window.high
        );
    }
    let mut columns = vec![Side::Left, Side::Right, Side::Left];
    columns.resize(3 + plan.ir.metrics().count(), Side::Right);
    text + "\n" + &table(&columns, &cost_rows(plan))
}

fn cost_rows(plan: &Plan) -> Vec<Vec<String>> {
    let head = ["row", "block", "candidate"].into_iter();
    let metrics = plan.ir.metrics().map(|(_, name)| name);
    let mut rows = vec![head.chain(metrics).map(String::from).collect()];
    for (row, costs) in plan.ir.rows.iter().zip(&plan.costs) {
        for (block, (slot, costs)) in row.slots.iter().zip(costs).enumerate() {
            for (candidate, cost) in costs.iter().enumerate() {
                let name = vec![row.name.clone(), block.to_string(), slot.text(candidate)];
                let metrics = plan.ir.metrics();
                let numbers = metrics.map(|(metric, _)| cost.get(metric).to_string());
                rows.push(name.into_iter().chain(numbers).collect());
            }
        }
    }
    rows
}
