//! Costs that must hold.

use std::fmt;
use std::ops::RangeInclusive;

use super::table;
use crate::ir::Path;
use crate::plan::Plan;
use crate::space::Metric;

/// What a cost is to be: a number, or a range with both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected(RangeInclusive<u64>);

impl From<u64> for Expected {
    fn from(exactly: u64) -> Expected {
        Expected(exactly..=exactly)
    }
}

impl From<RangeInclusive<u64>> for Expected {
    fn from(range: RangeInclusive<u64>) -> Expected {
        Expected(range)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = (self.0.start(), self.0.end());
        match low == high {
            true => write!(f, "{low}"),
            false => write!(f, "in {low}..{high}"),
        }
    }
}

/// Asserts what a path of a plan costs along a metric, for one image.
///
/// # Panics
/// When it costs something else; the message has the cost of every block.
#[track_caller]
pub fn assert_cost(plan: &Plan, path: &Path, metric: Metric, expected: impl Into<Expected>) {
    let (expected, cost) = (expected.into(), plan.cost(path).get(metric));
    assert!(
        expected.0.contains(&cost),
        "the {} of the path are {cost}, not {expected}\n{}",
        plan.ir.metric_name(metric),
        table(plan, path)
    );
}

/// Asserts the FLOPs of a path: `assert_flops!(plan, path, 320_120)`, `assert_flops!(plan, path, 0..=800_000)`.
///
/// Where they are others it panics, with the cost of every block.
#[macro_export]
macro_rules! assert_flops {
    ($plan:expr, $path:expr, $expected:expr $(,)?) => {
        $crate::testing::assert_cost(&$plan, &$path, $crate::space::Metric::Flops, $expected)
    };
}
