//! How what paths cost is spread, from a sample that is drawn exactly evenly.

use std::fmt;

use rand::Rng;

use super::Plan;
use crate::cost::Cost;
use crate::count::{Measure, NoSample, Sampler};
use crate::quantity::grouped;
use crate::space::Metric;

/// Fewer paths say little of how costs are spread.
const FEWEST: usize = 100;

/// How every metric is spread over paths inside every bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spreads {
    /// How many paths were drawn: as many as asked for, or fewer where they are rare.
    pub drawn: usize,
    /// One a metric.
    pub metrics: Vec<Spread>,
}

/// Why nothing is known of how costs are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NoSpread {
    /// No path can be drawn.
    NoSample(NoSample),
    /// Paths inside every bound are so rare among those that look right that too few were found.
    TooFew {
        /// How many paths were found.
        drawn: usize,
        /// Among how many.
        walks: usize,
    },
}

impl fmt::Display for NoSpread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoSpread::NoSample(why) => why.fmt(f),
            NoSpread::TooFew { drawn, walks } => {
                let [drawn, walks] = [drawn, walks].map(|count| grouped(&count.to_string()));
                write!(
                    f,
                    "of {walks} paths that look right, {drawn} lie inside every bound; widen the bounds"
                )
            }
        }
    }
}

impl std::error::Error for NoSpread {}

/// How one metric is spread over paths inside every bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// Which metric.
    pub metric: Metric,
    /// Bins of equal width that hold all drawn values; fewer than asked for where these lie close together.
    pub bins: Vec<Bin>,
}

/// Values from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bin {
    /// The smallest.
    pub low: u64,
    /// The largest.
    pub high: u64,
    /// How many drawn paths have one of them.
    pub count: usize,
}

impl Plan {
    /// Every metric over `wanted` paths inside every bound, each as likely as the others, in at most
    /// `bins` bins; over fewer paths where finding as many would take long.
    ///
    /// # Errors
    /// When no path can be drawn, or only a few.
    pub fn spreads(
        &self,
        wanted: usize,
        bins: usize,
        random: &mut impl Rng,
    ) -> Result<Spreads, NoSpread> {
        let sampler = Sampler::new(&self.bounded_graph, &self.windows, Measure::Paths);
        let found = (sampler.map_err(NoSpread::NoSample)?).draw_up_to(wanted, random);
        let (drawn, walks) = (found.paths.len(), found.walks);
        if drawn < wanted.min(FEWEST) {
            return Err(NoSpread::TooFew { drawn, walks });
        }
        let costs: Vec<Cost> = found.paths.iter().map(|path| self.cost(path)).collect();
        let spread = |(metric, _): (Metric, &str)| {
            let values: Vec<u64> = costs.iter().map(|cost| cost.get(metric)).collect();
            Spread {
                metric,
                bins: binned(&values, bins),
            }
        };
        Ok(Spreads {
            drawn,
            metrics: self.ir.metrics().map(spread).collect(),
        })
    }
}

fn binned(values: &[u64], most_bins: usize) -> Vec<Bin> {
    let (Some(&least), Some(&most)) = (values.iter().min(), values.iter().max()) else {
        return Vec::new();
    };
    let width = ((most - least) / most_bins.max(1) as u64) + 1;
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

    const BINS: usize = 8;

    #[test]
    fn every_value_lies_in_one_bin() {
        let values: Vec<u64> = (0..1000).map(|at| 81_700_000 + at * at).collect();
        let bins = binned(&values, BINS);
        assert_eq!(bins.len(), BINS);
        assert_eq!(
            bins.iter().map(|bin| bin.count).sum::<usize>(),
            values.len()
        );
        assert!(bins.windows(2).all(|pair| pair[0].high + 1 == pair[1].low));
    }

    #[test]
    fn one_value_makes_one_bin_and_two_neighbours_two() {
        let one = Bin {
            low: 7,
            high: 7,
            count: 2,
        };
        assert_eq!(binned(&[7, 7], BINS), [one]);
        assert_eq!(binned(&[7, 8], BINS).len(), 2);
    }
}
