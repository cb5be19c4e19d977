//! How the costs of a space's paths are spread, drawn in text.

use creamc_lang::plan::{Bin, Plan, Spread};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::cli::text::{self, Side};

/// Paths drawn; enough for shares of a percent.
const DRAWN: usize = 2000;
const BINS: usize = 8;
/// Length of the longest bar in characters.
const BAR: usize = 40;

/// One histogram a metric, over paths inside every bound drawn evenly; empty where none can be drawn.
pub fn all(plan: &Plan) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let spreads = plan.spreads(DRAWN, BINS, &mut random).unwrap_or_default();
    spreads.iter().map(|spread| one(plan, spread)).collect()
}

fn one(plan: &Plan, spread: &Spread) -> String {
    let most = spread.bins.iter().map(|bin| bin.count).max();
    let row = |bin: &Bin| row(spread, *bin, most.unwrap_or(0).max(1));
    let rows: Vec<Vec<String>> = spread.bins.iter().map(row).collect();
    let table = text::table(&[Side::Right, Side::Right, Side::Left], &rows);
    let name = plan.ir.metric_name(spread.metric);
    format!("\n{name} of {DRAWN} paths inside every bound, drawn evenly\n{table}")
}

fn row(spread: &Spread, bin: Bin, most: usize) -> Vec<String> {
    let [low, high] = [bin.low, bin.high].map(|end| spread.metric.for_reading(end));
    let range = match bin.low == bin.high {
        true => low,
        false => format!("{low}..{high}"),
    };
    let share = format!("{:.1}%", 100.0 * bin.count as f64 / DRAWN as f64);
    vec![range, share, "#".repeat((BAR * bin.count).div_ceil(most))]
}
