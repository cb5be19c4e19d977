//! Fixed values by which candidates of one operator are told apart, as `conv(kernel = 3) or conv(kernel = 7)` needs them.
//!
//! A space derived from such a one may leave one of the two only: its archs still say which, for they are archs of the base.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::space::{Alternative, AttributeValue, Block, Operator, Setting};

/// What archs say of an alternative's candidates beside what is searched.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// The searched attributes, by their places.
    searched: Vec<usize>,
    /// Values of those that fit candidates of another alternative as well.
    shared: HashSet<Vec<AttributeValue>>,
    /// The attributes that tell candidates of the operator apart, by their places.
    differing: Arc<[usize]>,
}

impl Told {
    /// The places of the attributes that an arch says of the candidate with these values.
    pub(crate) fn of(&self, values: &[AttributeValue]) -> &[usize] {
        let searched = self.searched.iter().map(|&at| values[at]);
        match self.shared.contains(&searched.collect::<Vec<_>>()) {
            true => &self.differing,
            false => &[],
        }
    }
}

/// The block with what its archs must say.
pub(super) fn told(block: &Block) -> Block {
    let mut block = block.clone();
    if has_twins(&block) {
        mark(Arc::make_mut(&mut block.alternatives).iter_mut());
    }
    block
}

/// Whether there can be something to mark: most blocks need no copy.
fn has_twins(block: &Block) -> bool {
    let mut known = BTreeSet::new();
    let mut operators = block.alternatives.iter().map(|one| one.operator);
    operators.any(|operator| operator == Operator::Sum || !known.insert(operator))
}

/// Marks alternatives that can stand in one place.
fn mark<'a>(alternatives: impl Iterator<Item = &'a mut Alternative>) {
    let mut of_operator: BTreeMap<Operator, Vec<&mut Alternative>> = BTreeMap::new();
    for one in alternatives {
        of_operator.entry(one.operator).or_default().push(one);
    }
    for (operator, twins) in of_operator {
        match operator {
            Operator::Sum => mark_branches(twins),
            _ => mark_twins(twins),
        }
    }
}

/// A branch is told from those that stand in its place in other sums.
fn mark_branches(sums: Vec<&mut Alternative>) {
    let mut places: Vec<Vec<&mut Alternative>> = Vec::new();
    for (at, branch) in sums
        .into_iter()
        .flat_map(|sum| sum.branches.iter_mut().enumerate())
    {
        if places.len() == at {
            places.push(Vec::new());
        }
        places[at].extend(Arc::make_mut(&mut branch.alternatives));
    }
    places.into_iter().for_each(|place| mark(place.into_iter()));
}

/// Those that could be taken for another say all that is not the same in all of them.
fn mark_twins(twins: Vec<&mut Alternative>) {
    let differing: Arc<[usize]> = differing(&twins).into();
    let shared = shared(&twins);
    for (twin, (searched, shared)) in twins.into_iter().zip(shared) {
        if !shared.is_empty() {
            twin.told = Some(Arc::new(Told {
                searched: searched.into_iter().collect(),
                shared,
                differing: Arc::clone(&differing),
            }));
        }
    }
}

/// The attributes that have more than one value, by their places.
fn differing(twins: &[&mut Alternative]) -> Vec<usize> {
    let count = twins.first().map_or(0, |one| one.attributes.len());
    let differs = |at: &usize| {
        let mut values = twins
            .iter()
            .flat_map(|one| one.attributes[*at].setting.values());
        let first = values.next();
        values.any(|value| Some(value) != first)
    };
    (0..count).filter(differs).collect()
}

/// For each alternative of one operator its searched attributes, and the values of those that fit candidates of another
/// alternative too. They are looked up by their values, for there can be thousands.
fn shared(twins: &[&mut Alternative]) -> Vec<(BTreeSet<usize>, HashSet<Vec<AttributeValue>>)> {
    let searched: Vec<BTreeSet<usize>> = twins.iter().map(|one| searched(one)).collect();
    let mut all: Vec<_> = searched
        .iter()
        .map(|one| (one.clone(), HashSet::new()))
        .collect();
    for wanted in searched.iter().collect::<BTreeSet<_>>() {
        // By its values the alternative that they fit; `None` for several.
        let mut fitting: HashMap<Vec<AttributeValue>, Option<usize>> = HashMap::new();
        for (at, twin) in twins.iter().enumerate() {
            if searched[at].is_subset(wanted) {
                for values in picks(twin, wanted) {
                    let known = fitting.entry(values).or_insert(Some(at));
                    *known = known.filter(|&one| one == at);
                }
            }
        }
        for at in (0..twins.len()).filter(|&at| searched[at] == *wanted) {
            let own = picks(twins[at], wanted).into_iter();
            all[at].1 = own.filter(|values| fitting[values].is_none()).collect();
        }
    }
    all
}

/// The places of the searched attributes.
fn searched(alternative: &Alternative) -> BTreeSet<usize> {
    let attributes = alternative.attributes.iter().enumerate();
    let searched = attributes.filter(|(_, one)| matches!(one.setting, Setting::Searched(_)));
    searched.map(|(at, _)| at).collect()
}

/// Every way to pick values of some attributes.
fn picks(alternative: &Alternative, attributes: &BTreeSet<usize>) -> Vec<Vec<AttributeValue>> {
    let mut all = vec![Vec::new()];
    for &at in attributes {
        let values = alternative.attributes[at].setting.values();
        let with = |picked: Vec<AttributeValue>| {
            let more = values.iter().map(move |&value| (picked.clone(), value));
            more.map(|(mut picked, value)| {
                picked.push(value);
                picked
            })
        };
        all = all.into_iter().flat_map(with).collect();
    }
    all
}
