//! Parts of the language that are read but not built yet: one plain message for each part.

use super::Checker;
use crate::source::Span;
use crate::space::report;
use crate::syntax::ast;

/// A part of the language without its compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::space) enum Feature {
    /// `table NAME = …`
    Table,
}

impl<'a> Checker<'a> {
    /// Notes a part met at `span` and gives the marker of an error.
    pub(super) fn not_built<T>(&mut self, feature: Feature, span: Span) -> Option<T> {
        self.not_built.entry(feature).or_default().push(span);
        None
    }

    /// Items that are such a part as a whole.
    pub(super) fn note_not_built_items(&mut self, items: &'a [ast::Item]) {
        for item in items {
            if let ast::Item::Table(item) = item {
                self.not_built::<()>(Feature::Table, item.span);
            }
        }
    }

    pub(super) fn report_not_built(&mut self) {
        for (feature, mut spans) in std::mem::take(&mut self.not_built) {
            spans.sort();
            self.found.push(report::not_built_yet(feature, &spans));
        }
    }
}
