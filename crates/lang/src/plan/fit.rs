//! Settling the resolution: the largest one that leaves a rich choice.

use num_bigint::BigUint;

use super::{Bounded, Level};
use crate::diagnostic::Diagnostic;

/// Paths inside every bound that are always a rich choice.
const RICH: u32 = 100_000_000;

/// Why `fit` settled on a resolution. Numbers of paths are proved: where a count takes too long, an end of its
/// guaranteed interval stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is the only one, or was asked for.
    Only,
    /// The largest that surely leaves so many paths inside every bound: enough for a rich choice.
    Rich(BigUint),
    /// None surely leaves enough; so many are sure on this one, and on no other more.
    Most(BigUint),
}

/// The space at the largest listed resolution with at least 10^8 paths, or a tenth of
/// all paths, surely inside every bound; if none has that many, at the one where most are sure, ties to the one that
/// can have more, then to the larger.
pub(super) fn settle(space: &Bounded, listed: &[u32]) -> Result<(Level, Reason), Diagnostic> {
    if let [only] = listed {
        return Ok((space.level(*only)?, Reason::Only));
    }
    for &resolution in listed.iter().rev() {
        let level = space.level(resolution)?;
        let enough = rich(&level);
        if level.bounded.surely_has(space.windows, &enough) {
            return Ok((level, Reason::Rich(enough)));
        }
    }
    // One level at a time: they can be many.
    let mut best: Option<(Level, (BigUint, BigUint))> = None;
    for &resolution in listed.iter().rev() {
        let level = space.level(resolution)?;
        let ends = level.bounded.count_ends(space.windows);
        if best.as_ref().is_none_or(|(_, most)| ends > *most) {
            best = Some((level, ends));
        }
    }
    let (level, (least, _)) = best.expect("a domain has a value");
    Ok((level, Reason::Most(least)))
}

/// How many paths are enough: a tenth of all is rounded up, as part of a path is none.
fn rich(level: &Level) -> BigUint {
    let tenth = (level.graph.count() + 9u32) / 10u32;
    tenth.min(BigUint::from(RICH))
}
