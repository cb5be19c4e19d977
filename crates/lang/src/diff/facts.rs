//! What a space says as a whole: images, classes, norms.

use super::{Change, What};
use crate::space::Space;

/// What differs.
pub(super) fn changes(before: &Space, after: &Space) -> Vec<Change> {
    let facts = [facts(before), facts(after)];
    let pairs = facts[0].iter().zip(&facts[1]);
    pairs
        .filter(|(was, is)| was != is)
        .map(|((place, was), (_, is))| Change::new(*place, What::Changed, was, is))
        .collect()
}

fn facts(space: &Space) -> [(&'static str, String); 4] {
    [
        ("image channels", space.input_channels.value.to_string()),
        ("classes", space.classes.value.to_string()),
        ("eps", space.norm.eps.to_string()),
        ("momentum", space.norm.momentum.to_string()),
    ]
}
