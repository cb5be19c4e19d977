//! What changed in meaning between two spaces, or between two archs.
//!
//! In: two planned spaces, or two archs with their spaces. Out: the changes one by one, and for
//! spaces how many paths both have. Layout, comments, the names of spaces, blocks and `let`s mean
//! nothing here.
//!
//! Rows are paired by name, in order; rows without a pair between the same two others that say the same, or
//! nearly so, are renamed ones. Two paths are the same when all their rows are pairs and hold the same blocks: the
//! same operators with the same values, made of the same primitives. So every number that
//! shapes the network counts, and names of rows and the resolution do not.

mod alternatives;
mod archs;
mod bounds;
mod choices;
mod count;
mod domains;
mod facts;
mod metrics;
mod pairs;
mod product;
mod twins;

pub use archs::{ArchDiff, ArchSide, archs};
pub use metrics::Compared;

use num_bigint::BigUint;

use crate::count::TooManySums;
use crate::plan::Plan;
use crate::space::{Metric, Require, Space};

/// One of two compared spaces.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// As it is written.
    pub space: &'a Space,
    /// As it is settled.
    pub plan: &'a Plan,
    /// Every bound that holds, those from outside the file included.
    pub requires: &'a [Require],
}

/// How much work counting may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// A few seconds; an interval where that is not enough.
    Moderate,
    /// Up to ten seconds and a gigabyte a number; an error where that is not enough.
    Exact,
}

/// What happened to one thing that the files say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Only the second has it.
    Added,
    /// Only the first has it.
    Removed,
    /// The same row under another name.
    Renamed,
    /// A row both have, among others in another order.
    Moved,
    /// Has all values it had, and more.
    Widened,
    /// Has some of the values it had, and no others.
    Narrowed,
    /// A bound that lets through some of what it did, and nothing else.
    Tightened,
    /// A bound that lets through all that it did, and more.
    Loosened,
    /// Is something else.
    Changed,
    /// The same values or candidates in another order.
    Reordered,
}

impl What {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            What::Added => "added",
            What::Removed => "removed",
            What::Renamed => "renamed",
            What::Moved => "moved",
            What::Widened => "widened",
            What::Narrowed => "narrowed",
            What::Tightened => "tightened",
            What::Loosened => "loosened",
            What::Changed => "changed",
            What::Reordered => "reordered",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What of: `resolution`, `s1`, `s1.depth`, `s1 ir.kernel`, `flops`, the rows of a block of one's own.
    pub place: String,
    /// What happened.
    pub what: What,
    /// What it was; absent where it is new, and for the rows of a block.
    pub before: Option<String>,
    /// What it is; absent where it is gone, and for the rows of a block.
    pub after: Option<String>,
}

impl Change {
    fn new(place: impl Into<String>, what: What, before: &str, after: &str) -> Change {
        Change {
            place: place.into(),
            what,
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
        }
    }

    fn added(place: impl Into<String>, after: String) -> Change {
        Change {
            place: place.into(),
            what: What::Added,
            before: None,
            after: Some(after),
        }
    }

    fn removed(place: impl Into<String>, before: String) -> Change {
        Change {
            place: place.into(),
            what: What::Removed,
            before: Some(before),
            after: None,
        }
    }
}

/// A number of paths: an interval that is guaranteed to hold it, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// At least so many.
    pub least: BigUint,
    /// At most so many; equal where the number is exact.
    pub most: BigUint,
}

impl Count {
    /// The number, where it is known.
    pub fn exact(&self) -> Option<&BigUint> {
        (self.least == self.most).then_some(&self.least)
    }
}

/// The paths of two spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Of the first.
    pub before: Count,
    /// Of the second.
    pub after: Count,
    /// Of both.
    pub shared: Count,
    /// Of the first alone.
    pub lost: Count,
    /// Of the second alone.
    pub gained: Count,
}

/// The difference between two spaces.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceDiff {
    /// Every change, rows first, in order.
    pub changes: Vec<Change>,
    /// All paths, bounds left aside.
    pub paths: Paths,
    /// The paths inside every bound of their space.
    pub feasible: Paths,
    /// The side of the image in pixels that each settles on.
    pub resolution: [u32; 2],
    /// The least and the most a path costs in each, bounds left aside.
    pub costs: Vec<Compared<(u64, u64)>>,
    /// Identities of the weights: a supernet's weights belong to every space with the same one.
    pub weights: [String; 2],
    /// Whether the plans are the same: structure, resolution and bounds.
    pub same_plan: bool,
}

impl SpaceDiff {
    /// Whether both mean the same.
    pub fn is_same(&self) -> bool {
        self.changes.is_empty() && self.same_plan
    }

    /// Whether the weights of a supernet of the one fit the other.
    pub fn weights_fit(&self) -> bool {
        self.weights[0] == self.weights[1]
    }
}

/// Compares two spaces.
///
/// # Errors
/// When exact counts are asked for and out of reach.
pub fn spaces(before: &Side, after: &Side, effort: Effort) -> Result<SpaceDiff, TooManySums> {
    let pairs = pairs::Pairs::of(before.space, after.space);
    let mut changes = pairs.changes(&before.space.rows, &after.space.rows);
    changes.extend(facts::changes(before.space, after.space));
    changes.extend(choices::order(before, after));
    changes.extend(domains::resolution(before, after));
    changes.extend(domains::rows(before, after, &pairs));
    changes.extend(bounds::changes(before, after, &pairs));
    let twins = pairs
        .all(before, after)
        .then(|| twins::Twins::of(before.plan, after.plan));
    let (paths, feasible) = count::paths(before.plan, after.plan, twins.as_ref(), effort)?;
    let sides = [before.plan, after.plan];
    Ok(SpaceDiff {
        changes,
        paths,
        feasible,
        resolution: sides.map(|plan| plan.resolution),
        costs: costs(sides),
        weights: sides.map(|plan| plan.weights.clone()),
        same_plan: before.plan.fingerprint == after.plan.fingerprint,
    })
}

fn costs(sides: [&Plan; 2]) -> Vec<Compared<(u64, u64)>> {
    let ends = |side: usize, metric: &Metric| sides[side].graph.extremes(*metric);
    let metrics = metrics::metrics(sides.map(|plan| &plan.ir)).into_iter();
    metrics.map(|metric| metric.and_then(ends)).collect()
}
