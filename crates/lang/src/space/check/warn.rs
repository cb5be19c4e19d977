//! Warnings that need no costs: text that means something, probably not what was wanted.

use super::Checker;
use crate::space::resolve::Meaning;
use crate::space::{Operator, Row, Setting, Space, report};
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// A domain with one value leaves nothing to search.
    pub(super) fn warn_single(
        &mut self,
        attribute: &ast::Attribute,
        domain: &ast::Domain,
        values: usize,
    ) {
        if values != 1 {
            return;
        }
        let text = self.only_value(domain);
        self.found
            .push(report::searches_nothing(attribute, domain, text));
    }

    /// The only value of a domain of one, where it is written there.
    pub(super) fn only_value(&self, domain: &ast::Domain) -> Option<&'a str> {
        let only = match &domain.kind {
            ast::DomainKind::Set(values) => values.first(),
            ast::DomainKind::Range { low, .. } => Some(low),
            ast::DomainKind::Name(_) => None,
        };
        only.map(|value| self.sources.text(value.span()))
    }

    pub(super) fn warn(&mut self, space: Option<&Space>) {
        self.warn_choices();
        self.warn_unused();
        for row in space.into_iter().flat_map(|space| &space.rows) {
            self.warn_never_live(row);
            self.warn_same_network(row);
        }
    }

    /// Only names of the space itself: those of a file may be meant for other files.
    fn warn_unused(&mut self) {
        for entry in self.scope.declared() {
            if !entry.is_local || self.used.contains(entry.name.value.as_str()) {
                continue;
            }
            match entry.meaning {
                Meaning::Let(item) => self.found.push(report::unused_let(item)),
                Meaning::Block(item) => {
                    self.found.push(report::unused_block(&item.name, item.span))
                }
                Meaning::Recipe(item) => {
                    self.found.push(report::unused_block(&item.name, item.span));
                }
                Meaning::Table(item) => self.found.push(report::unused_table(item)),
                _ => {}
            }
        }
    }

    fn warn_never_live(&mut self, row: &Row) {
        if row.deepest() == 1 && row.blocks.len() > 1 {
            self.found.push(report::never_live(row));
        }
    }

    /// A depth of 2 and a depth of 3 with a `skip` in it are the same network.
    fn warn_same_network(&mut self, row: &Row) {
        let is_searched = matches!(row.depth.value, Setting::Searched(_));
        let mut later = row.block(1).alternatives.iter();
        let skip = later.find(|alternative| alternative.operator == Operator::Skip);
        if let (true, Some(skip)) = (is_searched, skip) {
            self.found.push(report::same_network_twice(row, skip.span));
        }
    }
}
