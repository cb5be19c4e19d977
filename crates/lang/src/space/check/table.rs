//! `table NAME = latency("PATH")`: metrics of measured times. Their files are read after the check.

use super::Checker;
use crate::space::{TABLES, Table, report};
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// The tables of a space, in order, without rows yet.
    pub(super) fn tables(&mut self, space: &'a ast::Space) -> Vec<Table> {
        let items = table_items(space);
        if let Some(one_too_many) = items.get(TABLES) {
            self.found.push(report::too_many_tables(one_too_many));
        }
        let table = |item: &&ast::Table| Table {
            name: item.name.clone(),
            path: item.path.clone(),
            times: Default::default(),
            span: item.span,
        };
        items.iter().map(table).collect()
    }
}

/// The tables of a space, in order.
fn table_items(space: &ast::Space) -> Vec<&ast::Table> {
    let items = space.items.iter();
    let tables = items.filter_map(|item| match item {
        ast::Item::Table(item) => Some(item),
        _ => None,
    });
    tables.collect()
}
