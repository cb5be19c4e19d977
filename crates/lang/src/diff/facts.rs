//! What a space says as a whole: images, classes, norms, tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Change, What};
use crate::latency::Times;
use crate::space::Space;

/// What differs.
pub(super) fn changes(before: &Space, after: &Space) -> Vec<Change> {
    let facts = [facts(before), facts(after)];
    let pairs = facts[0].iter().zip(&facts[1]);
    let changed = pairs.filter(|(was, is)| was != is);
    changed
        .map(|((place, was), (_, is))| Change::new(*place, What::Changed, was, is))
        .chain(tables(before, after))
        .collect()
}

/// Tables are the same when they have the same rows, whatever their files are called.
fn tables(before: &Space, after: &Space) -> Vec<Change> {
    let find = |space: &Space, name: &str| -> Option<Arc<Times>> {
        let mut tables = space.tables.iter();
        let found = tables.find(|table| table.name.value == name);
        found.map(|table| table.times.clone())
    };
    let all = before.tables.iter().chain(&after.tables);
    let names: BTreeSet<&str> = all.map(|table| table.name.value.as_str()).collect();
    let change = |name: &str| {
        let place = format!("table {name}");
        match (find(before, name), find(after, name)) {
            (Some(was), Some(is)) if was == is => None,
            (Some(was), Some(is)) => {
                let now = format!("{}, {} as before", rows(&is), was.common(&is));
                Some(Change::new(place, What::Changed, &rows(&was), &now))
            }
            (Some(was), None) => Some(Change::removed(place, rows(&was))),
            (None, is) => is.map(|is| Change::added(place, rows(&is))),
        }
    };
    names.into_iter().filter_map(change).collect()
}

fn rows(times: &Times) -> String {
    match times.len() {
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    }
}

fn facts(space: &Space) -> [(&'static str, String); 4] {
    [
        ("image channels", space.input_channels.value.to_string()),
        ("classes", space.classes.value.to_string()),
        ("eps", space.norm.eps.to_string()),
        ("momentum", space.norm.momentum.to_string()),
    ]
}
