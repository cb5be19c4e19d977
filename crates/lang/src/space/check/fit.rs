//! `fit NAME, …`: the order in which stages of a fitted depth are deepened.

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
        let mut order: Vec<(usize, &Name)> = Vec::new();
        for name in &item.names {
            if let Some(row) = self.fitted_row(name, rows) {
                match order.iter().find(|(other, _)| *other == row) {
                    Some((_, first)) => self.found.push(report::fitted_twice(name, first)),
                    None => order.push((row, name)),
                }
            }
        }
        let left_out = |at: &usize| is_fitted(&rows[*at]) && order.iter().all(|(row, _)| row != at);
        for at in (0..rows.len()).filter(left_out) {
            self.found.push(report::fit_leaves_out(rows[at].row, item));
        }
        Some(order.into_iter().map(|(row, _)| row).collect())
    }

    /// The row of a fitted depth that a name means.
    fn fitted_row(&mut self, name: &Name, rows: &[Draft<'a>]) -> Option<usize> {
        let named = |row: &Draft| row.row.name.value == name.value;
        let Some(index) = rows.iter().position(named) else {
            let fitted = rows.iter().filter(|row| is_fitted(row));
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
