//! `fit NAME, …`: the order in which stages of a fitted depth are deepened.

use std::collections::BTreeMap;

use super::{Checker, Draft};
use crate::source::Name;
use crate::space::{Setting, report};
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// Indices of the rows with a fitted depth, in the order of the `fit` item, else of the rows.
    pub(super) fn fit(&mut self, space: &'a ast::Space, rows: &[Draft<'a>]) -> Option<Vec<usize>> {
        let mut items = space.items.iter().filter_map(|item| match item {
            ast::Item::Fit(fit) => Some(fit),
            _ => None,
        });
        let Some(item) = items.next() else {
            return Some((0..rows.len()).filter(|&at| is_fitted(&rows[at])).collect());
        };
        for double in items {
            let problem = report::duplicate_item("fit", double.span, item.span);
            self.found.push(problem);
        }
        let mut places = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            places.entry(row.row.name.value.as_str()).or_insert(at);
        }
        let mut order = Vec::new();
        let mut named: BTreeMap<usize, &Name> = BTreeMap::new();
        for name in &item.names {
            let place = places.get(name.value.as_str()).copied();
            if let Some(row) = self.fitted_row(name, place, rows) {
                match named.get(&row) {
                    Some(first) => self.found.push(report::fitted_twice(name, first)),
                    None => {
                        named.insert(row, name);
                        order.push(row);
                    }
                }
            }
        }
        let left_out = |at: &usize| is_fitted(&rows[*at]) && !named.contains_key(at);
        for at in (0..rows.len()).filter(left_out) {
            self.found.push(report::fit_leaves_out(rows[at].row, item));
        }
        Some(order)
    }

    /// The row of a fitted depth that a name means; `place` is that of the row of this name.
    fn fitted_row(
        &mut self,
        name: &Name,
        place: Option<usize>,
        rows: &[Draft<'a>],
    ) -> Option<usize> {
        let Some(index) = place else {
            let is_suggested = self.scope.suggests(rows.len());
            let fitted = rows.iter().filter(|row| is_suggested && is_fitted(row));
            let stages: Vec<&str> = fitted.map(|row| row.row.name.value.as_str()).collect();
            return self.wrong(report::unknown_stage(name, &stages));
        };
        match &rows[index].depth {
            // Wrong, and reported.
            None => None,
            Some(_) if is_fitted(&rows[index]) => Some(index),
            Some(_) => self.wrong(report::depth_not_fitted(name, rows[index].row)),
        }
    }
}

fn is_fitted(row: &Draft) -> bool {
    let depth = row.depth.as_ref().map(|depth| &depth.value);
    matches!(depth, Some(Setting::Fitted(_)))
}
