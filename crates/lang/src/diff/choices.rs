//! Named choices, as far as they are more than the attributes that follow them.

use std::collections::BTreeSet;

use super::{Change, Side, What};

/// Whether those that some block of both can follow stand in another order: paths and plans count them in it.
pub(super) fn order(before: &Side, after: &Side) -> Option<Change> {
    let names = [before, after].map(|side| {
        let named = side.plan.ir.choices.iter();
        let named = named.filter(|choice| choice.width_of.is_none());
        named.map(|choice| choice.name.as_str()).collect::<Vec<_>>()
    });
    let [was, is] = [0, 1].map(|side| {
        let others: BTreeSet<&str> = names[1 - side].iter().copied().collect();
        let both = names[side].iter().copied();
        let both: Vec<&str> = both.filter(|name| others.contains(name)).collect();
        both.join(", ")
    });
    (was != is).then(|| Change::new("choices", What::Reordered, &was, &is))
}
