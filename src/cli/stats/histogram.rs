//! How the costs of a space's paths are spread, drawn in text.

use creamc_lang::cost::Cost;
use creamc_lang::count::{Measure, Sampler};
use creamc_lang::plan::Plan;
use creamc_lang::space::Metric;
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
    let Ok(sampler) = Sampler::new(&plan.bounded_graph, &plan.windows, Measure::Paths) else {
        return String::new();
    };
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let costs: Vec<Cost> = (0..DRAWN)
        .map(|_| plan.cost(&sampler.draw(&mut random)))
        .collect();
    Metric::ALL
        .iter()
        .map(|&metric| one(metric, &costs))
        .collect()
}

fn one(metric: Metric, costs: &[Cost]) -> String {
    let values: Vec<u64> = costs.iter().map(|cost| cost.get(metric)).collect();
    let bins = bins(&values);
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
    let rows: Vec<Vec<String>> = bins.iter().map(|bin| bin.row(most, values.len())).collect();
    let table = text::table(&[Side::Right, Side::Right, Side::Left], &rows);
    format!(
        "\n{} of {} paths inside every bound, drawn evenly\n{table}",
        metric.as_str(),
        values.len()
    )
}

/// Values from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bin {
    low: u64,
    high: u64,
    count: usize,
}

impl Bin {
    fn row(self, most: usize, all: usize) -> Vec<String> {
        let range = match self.low == self.high {
            true => text::count(self.low),
            false => format!("{}..{}", text::count(self.low), text::count(self.high)),
        };
        let share = format!("{:.1}%", 100.0 * self.count as f64 / all as f64);
        vec![range, share, "#".repeat((BAR * self.count).div_ceil(most))]
    }
}

/// Bins of equal width that hold all values; fewer where the values lie close together.
fn bins(values: &[u64]) -> Vec<Bin> {
    let (Some(&least), Some(&most)) = (values.iter().min(), values.iter().max()) else {
        return Vec::new();
    };
    let width = ((most - least) / BINS as u64) + 1;
    let mut bins: Vec<Bin> = (least..=most)
        .step_by(usize::try_from(width).unwrap_or(usize::MAX))
        .map(|low| Bin {
            low,
            high: low.saturating_add(width - 1).min(most),
            count: 0,
        })
        .collect();
    for value in values {
        let at = (value - least) / width;
        bins[usize::try_from(at).expect("there are few bins")].count += 1;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_one_bin() {
        let values: Vec<u64> = (0..1000).map(|at| 81_700_000 + at * at).collect();
        let bins = bins(&values);
        assert_eq!(bins.len(), BINS);
        assert_eq!(
            bins.iter().map(|bin| bin.count).sum::<usize>(),
            values.len()
        );
        assert!(bins.windows(2).all(|pair| pair[0].high + 1 == pair[1].low));
    }

    #[test]
    fn one_value_makes_one_bin_and_two_neighbours_two() {
        assert_eq!(
            bins(&[7, 7]),
            [Bin {
                low: 7,
                high: 7,
                count: 2
            }]
        );
        assert_eq!(bins(&[7, 8]).len(), 2);
    }
}
