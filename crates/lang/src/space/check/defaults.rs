//! `default NAME = VALUE, …`.

use std::collections::BTreeMap;

use super::Checker;
use super::value::{EPS, Kind, MOMENTUM};
use crate::quantity::Ratio;
use crate::source::Span;
use crate::space::{AttributeName, AttributeValue, report};
use crate::syntax::ast;

/// What holds where an operator says nothing; `None` for a value that is wrong.
pub(super) struct Defaults {
    pub(super) attributes: BTreeMap<AttributeName, Option<AttributeValue>>,
    pub(super) eps: Option<Ratio>,
    pub(super) momentum: Option<Ratio>,
}

impl Default for Defaults {
    fn default() -> Defaults {
        let ratio = |denominator| {
            Some(Ratio {
                numerator: 1,
                denominator,
            })
        };
        Defaults {
            attributes: BTreeMap::new(),
            eps: ratio(100_000),
            momentum: ratio(10),
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn check_defaults(&mut self, items: &'a [ast::Item]) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for item in items {
            let ast::Item::Default(item) = item else {
                continue;
            };
            for attribute in &item.attributes {
                match seen.insert(&attribute.name.value, attribute.span) {
                    Some(first) => {
                        let problem = report::duplicate_attribute(&attribute.name, first);
                        self.found.push(problem);
                    }
                    None => self.check_default(attribute),
                }
            }
        }
    }

    fn check_default(&mut self, attribute: &'a ast::Attribute) {
        let ast::Binding::Is(value) = &attribute.binding else {
            panic!("the parser reads defaults with `=` only");
        };
        match attribute.name.value.as_str() {
            "eps" => self.defaults.eps = self.fixed_ratio(EPS, value),
            "momentum" => self.defaults.momentum = self.fixed_ratio(MOMENTUM, value),
            name => match AttributeName::from_word(name) {
                Some(name) => {
                    let value = self.fixed(Kind::of(name), value);
                    self.defaults.attributes.insert(name, value);
                }
                None => self.found.push(report::unknown_default(&attribute.name)),
            },
        }
    }

    fn fixed_ratio(&mut self, kind: Kind, value: &'a ast::Value) -> Option<Ratio> {
        match self.fixed(kind, value)? {
            AttributeValue::Ratio(ratio) => Some(ratio),
            _ => unreachable!("a ratio kind gives ratios"),
        }
    }
}
