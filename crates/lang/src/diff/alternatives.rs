//! Which alternative of the one block is which of the other.

use std::collections::{BTreeMap, BTreeSet};

use super::domains::{Of, alternative_text, attribute_text, own_changes};
use crate::space::{Alternative, Block};

/// How many alternatives of a block that are not in the other one are compared each with each.
const COMPARED: usize = 32;

/// For every alternative of the first block the one of the second that it is: one that says the same, else one of the same
/// operator, those first that differ in the least.
pub(super) fn paired([before, after]: [Of<Block>; 2]) -> Vec<Option<usize>> {
    let sides = [before, after].map(|side| {
        let alternatives = side.0.alternatives.iter();
        let alternatives = alternatives.map(|one| Of(one, side.1));
        alternatives.collect::<Vec<_>>()
    });
    let mut pairs = equal(&sides);
    for (one, other) in alike(&sides, &pairs) {
        pairs[one] = Some(other);
    }
    pairs
}

type Sides<'s> = [Vec<Of<'s, Alternative>>; 2];

fn equal([before, after]: &Sides) -> Vec<Option<usize>> {
    let texts = after.iter().map(|one| alternative_text(*one)).zip(0..);
    let mut known: BTreeMap<String, usize> = texts.collect();
    let before = before.iter();
    let pairs = before.map(|one| known.remove(&alternative_text(*one)));
    pairs.collect()
}

/// Pairs of one operator among those that are left.
fn alike(sides: &Sides, equal: &[Option<usize>]) -> Vec<(usize, usize)> {
    let taken: BTreeSet<usize> = equal.iter().flatten().copied().collect();
    let ones = (0..equal.len()).filter(|&one| equal[one].is_none());
    let others = (0..sides[1].len()).filter(|other| !taken.contains(other));
    let (ones, others): (Vec<usize>, Vec<usize>) = (ones.collect(), others.collect());
    match ones.len() <= COMPARED && others.len() <= COMPARED {
        true => nearest(sides, &ones, &others),
        false => in_order(sides, &ones, others),
    }
}

/// Those first that differ in the least, then those that stand first.
fn nearest(sides: &Sides, ones: &[usize], others: &[usize]) -> Vec<(usize, usize)> {
    let with_each = |&one: &usize| others.iter().map(move |&other| (one, other));
    let mut pairs: Vec<(usize, usize)> = ones.iter().flat_map(with_each).collect();
    pairs.retain(|&pair| is_of_one_operator(sides, pair));
    pairs.sort_by_cached_key(|&(one, other)| {
        let difference = difference([sides[0][one], sides[1][other]]);
        (difference, one + other)
    });
    let mut taken = [BTreeSet::new(), BTreeSet::new()];
    pairs.retain(|(one, other)| {
        let is_free = !taken[0].contains(one) && !taken[1].contains(other);
        if is_free {
            taken[0].insert(*one);
            taken[1].insert(*other);
        }
        is_free
    });
    pairs
}

/// How much differs between two alternatives of one operator. What their branches are made of is counted and not paired:
/// each pair would be paired again inside of every pair around it.
fn difference(both: [Of<Alternative>; 2]) -> usize {
    let mut parts = BTreeMap::new();
    for (one, sign) in both.into_iter().zip([1, -1]) {
        add_parts(one, sign, 0, &mut parts);
    }
    let apart: usize = parts.values().map(|count| count.unsigned_abs()).sum();
    own_changes("", both).len() + apart
}

/// The operators and attributes inside of an alternative's branches, each with the level and the branch that it stands in.
fn add_parts(of: Of<Alternative>, sign: isize, level: usize, parts: &mut BTreeMap<String, isize>) {
    let Of(alternative, choices) = of;
    for (at, branch) in alternative.branches.iter().enumerate() {
        for one in branch.alternatives.iter() {
            let place = format!("{level} {at} {}", one.operator);
            for attribute in &one.attributes {
                let value = attribute_text(Of(attribute, choices));
                let part = format!("{place} {} {value}", attribute.name);
                *parts.entry(part).or_default() += sign;
            }
            *parts.entry(place).or_default() += sign;
            add_parts(Of(one, choices), sign, level + 1, parts);
        }
    }
}

/// The first with the first.
fn in_order(sides: &Sides, ones: &[usize], mut others: Vec<usize>) -> Vec<(usize, usize)> {
    let pair = |&one: &usize| {
        let mut left = others.iter();
        let at = left.position(|&other| is_of_one_operator(sides, (one, other)))?;
        Some((one, others.remove(at)))
    };
    ones.iter().filter_map(pair).collect()
}

fn is_of_one_operator(sides: &Sides, (one, other): (usize, usize)) -> bool {
    sides[0][one].0.operator == sides[1][other].0.operator
}
