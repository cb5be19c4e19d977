//! Whether a candidate is reached on two ways.
//!
//! Every candidate has a number that equal ones have in common, and is looked up by it: a block has at most
//! 4,096 candidates, but pairs of them without number. Numbers are sums of hashes, so that a candidate takes
//! one addition for each value that it does not have in common with the one before.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::operator::common_values;
use crate::source::Span;
use crate::space::{Alternative, Block};

/// One of two alternatives, with the call that reaches it.
pub(super) type Way<'r> = (Span, &'r Alternative);

/// The first two alternatives of different calls that share a candidate; none of the calls has too many.
pub(super) fn find(reached: &[(Span, Arc<[Alternative]>)]) -> Option<[Way<'_>; 2]> {
    if reached.len() < 2 {
        return None;
    }
    // By its number where a candidate is first: the call and the alternative in it.
    let mut known: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
    for (call, (span, alternatives)) in reached.iter().enumerate() {
        for (at, later) in alternatives.iter().enumerate() {
            let numbers = numbers(later);
            let places = numbers.iter().filter_map(|number| known.get(number));
            let earlier = places
                .filter(|(other, at)| *other != call && shares(&reached[*other].1[*at], later));
            if let Some(&(other, at)) = earlier.min() {
                return Some([(reached[other].0, &reached[other].1[at]), (*span, later)]);
            }
            for number in numbers {
                known.entry(number).or_insert((call, at));
            }
        }
    }
    None
}

/// A number for every candidate of an alternative.
fn numbers(alternative: &Alternative) -> Vec<u64> {
    let kind = (alternative.operator, alternative.branches.len());
    let mut sums = vec![hash(&kind)];
    for (at, attribute) in alternative.attributes.iter().enumerate() {
        let values = attribute.setting.values().iter();
        let parts: Vec<u64> = values.map(|value| hash(&(at, value))).collect();
        sums = each_with_each(sums, &parts);
    }
    for (at, branch) in alternative.branches.iter().enumerate() {
        let candidates = branch.alternatives.iter().flat_map(numbers);
        let parts: Vec<u64> = candidates.map(|number| hash(&(at, number))).collect();
        sums = each_with_each(sums, &parts);
    }
    sums
}

fn each_with_each(sums: Vec<u64>, parts: &[u64]) -> Vec<u64> {
    let with = |sum: u64| parts.iter().map(move |part| sum.wrapping_add(*part));
    sums.into_iter().flat_map(with).collect()
}

/// The same in every run.
fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Whether some candidate belongs to both.
fn shares(a: &Alternative, b: &Alternative) -> bool {
    let branches = a.branches.iter().zip(&b.branches);
    a.operator == b.operator
        && common_values(a, b).is_some()
        && a.branches.len() == b.branches.len()
        && branches.into_iter().all(|(a, b)| blocks_share(a, b))
}

fn blocks_share(a: &Block, b: &Block) -> bool {
    let shared = |one: &Alternative| b.alternatives.iter().any(|other| shares(one, other));
    a.alternatives.iter().any(shared)
}
