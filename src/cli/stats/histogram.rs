//! How the costs of a space's paths are spread, drawn in text.

use creamc_lang::plan::{Bin, Plan, Spread};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::cli::text::{self, Side};

/// Paths drawn; enough for shares of a percent.
const WANTED: usize = 2000;
const BINS: usize = 8;
/// Length of the longest bar in characters.
const BAR: usize = 40;

/// One histogram a metric, over paths inside every bound drawn evenly; why there is none where too few are found.
pub fn all(plan: &Plan) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    match plan.spreads(WANTED, BINS, &mut random) {
        Ok(spreads) => {
            let metrics = spreads.metrics.iter();
            metrics
                .map(|one| of_one(plan, one, spreads.drawn))
                .collect()
        }
        Err(why) => format!("\nno histograms: {why}\n"),
    }
}

fn of_one(plan: &Plan, spread: &Spread, drawn: usize) -> String {
    let most = spread.bins.iter().map(|bin| bin.count).max();
    let row = |bin: &Bin| row(spread, *bin, (most.unwrap_or(0).max(1), drawn));
    let rows: Vec<Vec<String>> = spread.bins.iter().map(row).collect();
    let table = text::table(&[Side::Right, Side::Right, Side::Left], &rows);
    let name = plan.ir.metric_name(spread.metric);
    format!("\n{name} of {drawn} paths inside every bound, drawn evenly\n{table}")
}

fn row(spread: &Spread, bin: Bin, (most, drawn): (usize, usize)) -> Vec<String> {
    let [low, high] = [bin.low, bin.high].map(|end| spread.metric.for_reading(end));
    let range = match bin.low == bin.high {
        true => low,
        false => format!("{low}..{high}"),
    };
    let share = format!("{:.1}%", 100.0 * bin.count as f64 / drawn as f64);
    vec![range, share, "#".repeat((BAR * bin.count).div_ceil(most))]
}
