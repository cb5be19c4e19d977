//! Settling the resolution: the largest one that leaves a rich choice.

use num_bigint::BigUint;

use super::{Bounded, Level};
use crate::diagnostic::Diagnostic;

/// Paths inside every bound that are always a rich choice.
const RICH: u32 = 100_000_000;

/// The space at the largest listed resolution with at least 10^8 paths, or a tenth of
/// all paths, inside every bound; if none has that many, at the one with the most, ties
/// to the larger.
pub(super) fn settle(space: &Bounded, listed: &[u32]) -> Result<Level, Diagnostic> {
    if let [only] = listed {
        return space.level(*only);
    }
    for &resolution in listed.iter().rev() {
        let level = space.level(resolution)?;
        if level.bounded.has_at_least(space.windows, &rich(&level)) {
            return Ok(level);
        }
    }
    // One level at a time: they can be thousands.
    let mut best: Option<(BigUint, Level)> = None;
    for &resolution in listed.iter().rev() {
        let level = space.level(resolution)?;
        let count = level.bounded.best_count(space.windows);
        if best.as_ref().is_none_or(|(most, _)| count > *most) {
            best = Some((count, level));
        }
    }
    Ok(best.expect("a domain has a value").1)
}

/// How many paths are enough: a tenth of all is rounded up, as part of a path is none.
fn rich(level: &Level) -> BigUint {
    let tenth = (level.graph.count() + 9u32) / 10u32;
    tenth.min(BigUint::from(RICH))
}
