//! How likely every candidate is before any bound.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ir::{Ir, Path, Shared, Slot};

/// One weight of at least 0 for every candidate of every slot of a space; those that differ in widths alone
/// have the same.
///
/// Weights count within their slot only: doubling all of one slot changes nothing. A prior
/// says which candidate a live block gets; how likely the depths are is left to the measure.
///
/// - Under [`Measure::Decisions`](super::Measure::Decisions) a block's candidate is drawn by
///   its weight over the sum of its slot's weights.
///   Where blocks share decisions, that is so for the candidates that agree with those; between
///   candidates that follow different choices the sums of their weights decide, each over its
///   number of combinations of values. Shared decisions stay even.
/// - Under [`Measure::Paths`](super::Measure::Paths) a path weighs the product over its blocks
///   of weight · number of candidates / sum of weights. That factor is 1 on average in every
///   slot, also of the candidates alone that agree with any values of shared decisions, so the paths of each combination of depths weigh as much together as without a prior.
///
/// Bounds then condition the draws as they do without a prior. With equal weights everywhere
/// every draw is the same as without, bit for bit. A candidate of weight 0 is never drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    /// `[row][block][candidate]`: weight · number of candidates / sum of weights.
    factors: Vec<Vec<Vec<f64>>>,
}

/// Why numbers are no prior.
#[derive(Debug, Clone, PartialEq)]
pub enum PriorError {
    /// A number is negative, infinite or none at all.
    Weight {
        /// Its place among the numbers.
        at: usize,
        /// The number.
        weight: f64,
    },
    /// Every number is zero.
    AllZero,
    /// No block has as many candidates to choose from as there are numbers.
    NoSlot {
        /// How many numbers there are.
        given: usize,
        /// The numbers of candidates that blocks of the space choose from, ascending.
        choices: Vec<usize>,
    },
}

impl fmt::Display for PriorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PriorError::Weight { at, weight } => write!(
                f,
                "number {} of the prior is {weight}; every number must be finite and at least 0",
                at + 1
            ),
            PriorError::AllZero => f.write_str(
                "every number of the prior is 0, so nothing could be drawn; make one larger",
            ),
            PriorError::NoSlot { choices, .. } if choices.is_empty() => {
                f.write_str("no block of the space has a choice of candidates; leave the prior out")
            }
            PriorError::NoSlot { given, choices } => {
                let listed: Vec<String> = choices.iter().map(usize::to_string).collect();
                write!(
                    f,
                    "the prior has {given} numbers, but no block chooses among {given} candidates; \
                     blocks of this space choose among {}: give one number for each candidate",
                    listed.join(" or ")
                )
            }
        }
    }
}

impl std::error::Error for PriorError {}

impl Prior {
    /// Every candidate as likely as its neighbours.
    pub fn even(ir: &Ir) -> Prior {
        Prior::of(ir, |_, _, slot| vec![1.0; slot.structures()])
    }

    /// The same weights in every slot that chooses among exactly as many candidates, in their
    /// order; all other slots are even.
    ///
    /// # Errors
    /// When a number is negative or not finite, when all are zero, and when no slot chooses
    /// among that many.
    pub fn per_candidate(ir: &Ir, weights: &[f64]) -> Result<Prior, PriorError> {
        let bad = |weight: f64| !weight.is_finite() || weight < 0.0;
        if let Some(at) = weights.iter().position(|&weight| bad(weight)) {
            let weight = weights[at];
            return Err(PriorError::Weight { at, weight });
        }
        let choices = choices(ir);
        if !choices.contains(&weights.len()) {
            return Err(PriorError::NoSlot {
                given: weights.len(),
                choices: choices.into_iter().collect(),
            });
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            return Err(PriorError::AllZero);
        }
        Ok(Prior::of(ir, |_, _, slot| match slot.structures() {
            count if count == weights.len() => weights.to_vec(),
            count => vec![1.0; count],
        }))
    }

    /// Every candidate weighs one more than the number of `paths` it is on, at its place and with
    /// whatever widths; with no paths the prior is even.
    ///
    /// # Panics
    /// When a path is not one of the space.
    pub fn from_paths<'p>(ir: &Ir, paths: impl Iterator<Item = &'p Path>) -> Prior {
        let ones = |slot: &Slot| vec![1.0; slot.structures()];
        let mut counts: Vec<Vec<Vec<f64>>> = ir
            .rows
            .iter()
            .map(|row| row.slots.iter().map(ones).collect())
            .collect();
        for path in paths {
            for (row, block, candidate) in path.blocks() {
                let candidate = &ir.rows[row].slots[block].candidates[candidate];
                counts[row][block][usize::from(candidate.structure())] += 1.0;
            }
        }
        Prior::of(ir, |row, block, _| std::mem::take(&mut counts[row][block]))
    }

    /// Asks for the weights of every slot's structures by row and block.
    fn of(ir: &Ir, mut weights: impl FnMut(usize, usize, &Slot) -> Vec<f64>) -> Prior {
        let mut factors = Vec::new();
        for (row, slots) in ir.rows.iter().enumerate() {
            let slots = slots.slots.iter().enumerate();
            let of_slot = |(block, slot): (usize, &Slot)| {
                let of_structures = weights(row, block, slot);
                let candidates = slot.candidates.iter();
                let weights: Vec<f64> = candidates
                    .map(|one| of_structures[usize::from(one.structure())])
                    .collect();
                match ir.choices.is_empty() {
                    true => relative(&weights),
                    false => relative_shared(&weights, &shared(slot)),
                }
            };
            factors.push(slots.map(of_slot).collect());
        }
        Prior { factors }
    }

    /// The prior of bare weights, `[row][block][candidate]`, each slot's sum above zero.
    #[cfg(test)]
    pub(super) fn of_weights(weights: &[Vec<Vec<f64>>], sharing: &super::Sharing) -> Prior {
        let of_slot = |row, block, weights: &[f64]| match sharing.slot(row, block) {
            None => relative(weights),
            Some(slot) => relative_shared(weights, &slot.candidates),
        };
        let of_row = |(row, slots): (usize, &Vec<Vec<f64>>)| {
            let slots = slots.iter().enumerate();
            slots
                .map(|(block, weights)| of_slot(row, block, weights))
                .collect()
        };
        Prior {
            factors: weights.iter().enumerate().map(of_row).collect(),
        }
    }

    /// What a candidate's chance is over its chance without the prior.
    ///
    /// # Panics
    /// When the space of the prior has no such candidate.
    pub fn factor(&self, row: usize, block: usize, candidate: usize) -> f64 {
        self.factors[row][block][candidate]
    }
}

/// The numbers of candidates that slots choose from.
fn choices(ir: &Ir) -> BTreeSet<usize> {
    let slots = ir.rows.iter().flat_map(|row| &row.slots);
    slots
        .map(Slot::structures)
        .filter(|&count| count > 1)
        .collect()
}

fn shared(slot: &Slot) -> Vec<Shared> {
    let candidates = slot.candidates.iter();
    candidates.map(|one| one.shared.clone()).collect()
}

/// The weight of all candidates that follow the same choices, and every combination of values.
type Group<'s> = (f64, BTreeSet<&'s [(u16, u16)]>);

/// The same where candidates stand for values of shared decisions: first it is drawn which choices
/// are followed, then one of the candidates that agree with their values.
pub(super) fn relative_shared(weights: &[f64], candidates: &[Shared]) -> Vec<f64> {
    let choices = |one: &Shared| -> Vec<u16> { one.values.iter().map(|value| value.0).collect() };
    let largest = weights.iter().copied().fold(0.0, f64::max);
    // By the choices that are followed: the weight, and all combinations of values that occur.
    let mut groups: BTreeMap<Vec<u16>, Group<'_>> = BTreeMap::new();
    let mut agreeing: BTreeMap<&[(u16, u16)], f64> = BTreeMap::new();
    for (weight, one) in weights.iter().zip(candidates) {
        let weight = weight / largest;
        let group = groups.entry(choices(one)).or_default();
        group.0 += weight;
        group.1.insert(&one.values);
        *agreeing.entry(&one.values).or_default() += weight;
    }
    let share = |(weight, values): &Group<'_>| weight / values.len() as f64;
    let all: f64 = groups.values().map(share).sum();
    let kinds = candidates.iter().map(|one| one.kind);
    let kinds = kinds.collect::<BTreeSet<u16>>().len() as f64;
    let factor = |(weight, one): (&f64, &Shared)| {
        if *weight == 0.0 {
            return 0.0; // perhaps of a group without any weight
        }
        let of_group = share(&groups[&choices(one)]) / all;
        kinds * of_group * (weight / largest) / agreeing[one.values.as_slice()]
    };
    weights.iter().zip(candidates).map(factor).collect()
}

/// Weights over their mean. Equal ones give exactly 1, so that an even prior changes no bit.
fn relative(weights: &[f64]) -> Vec<f64> {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    // Over the largest first: a sum of finite numbers can be infinite.
    let scaled: Vec<f64> = weights.iter().map(|weight| weight / largest).collect();
    let sum: f64 = scaled.iter().sum();
    let count = weights.len() as f64;
    scaled.iter().map(|weight| weight * count / sum).collect()
}
