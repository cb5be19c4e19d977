//! Layers and stages: their operators and the attributes behind them.

use std::collections::BTreeMap;

use super::Checker;
use super::value::{CHANNELS, DEPTH, STRIDE, as_integer};
use crate::source::Spanned;
use crate::space::{AttributeName, AttributeValue, Block, Domain, Setting, report, shape};
use crate::syntax::ast;

/// A row before its widths are known.
pub(in crate::space) struct Draft<'a> {
    pub(in crate::space) row: &'a ast::Row,
    /// The first block; `None` when it is wrong.
    pub(in crate::space) first: Option<Block>,
    /// All later ones.
    pub(in crate::space) rest: Option<Block>,
    pub(in crate::space) width: DraftWidth,
    /// `None` when it is wrong. The span covers `stride = …`, or the row's name.
    pub(in crate::space) stride: Option<Spanned<u32>>,
    /// `None` when it is wrong. The span covers `depth …`, or the row's name.
    pub(in crate::space) depth: Option<Spanned<Setting<u32>>>,
}

/// Width of a row's output as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::space) enum DraftWidth {
    /// No `channels`: that of the input.
    Same,
    /// `channels = N`
    Number(Spanned<u32>),
    /// `channels in …`
    Searched(Spanned<Domain<u32>>),
    /// `channels = classes`; `None` when the number of classes is not known.
    Classes(Spanned<Option<u32>>),
    /// Wrong, and reported.
    Unknown,
}

impl<'a> Checker<'a> {
    pub(super) fn row(&mut self, row: &'a ast::Row) -> Draft<'a> {
        let first = self.block_of(&row.op);
        let rest = match &row.then {
            Some(op) => self.block_of(op),
            None => first.clone(),
        };
        let written = self.row_attributes(row, first.as_ref());
        Draft {
            row,
            first,
            rest,
            width: self.width(written.get("channels").copied()),
            stride: self.stride(row, written.get("stride").copied()),
            depth: self.depth(row, written.get("depth").copied()),
        }
    }

    pub(super) fn block_of(&mut self, op: &'a ast::Op) -> Option<Block> {
        let alternatives = self.op(op)?;
        Some(Block {
            alternatives,
            span: op.span,
        })
    }

    /// The attributes by name, doubles and strangers reported.
    fn row_attributes(
        &mut self,
        row: &'a ast::Row,
        first: Option<&Block>,
    ) -> BTreeMap<&'a str, &'a ast::Attribute> {
        let mut written: BTreeMap<&str, &ast::Attribute> = BTreeMap::new();
        for attribute in &row.attributes {
            let name = attribute.name.value.as_str();
            match (name, row.kind) {
                ("depth", ast::RowKind::Layer) => {
                    let stands_alone = first.is_some_and(shape::stands_alone);
                    let problem = report::depth_on_layer(row, attribute, stands_alone);
                    self.found.push(problem);
                }
                ("channels" | "stride" | "depth", _) => match written.get(name) {
                    Some(first) => {
                        let problem = report::duplicate_attribute(&attribute.name, first.span);
                        self.found.push(problem);
                    }
                    None => drop(written.insert(name, attribute)),
                },
                _ => self.unknown_row_attribute(row, attribute),
            }
        }
        written
    }

    fn unknown_row_attribute(&mut self, row: &'a ast::Row, attribute: &'a ast::Attribute) {
        let text = self.sources.text(attribute.span);
        let problem = match AttributeName::from_word(&attribute.name.value) {
            Some(_) => report::operator_attribute_on_row(row, attribute, text),
            None => report::unknown_row_attribute(row, attribute),
        };
        self.found.push(problem);
    }

    fn width(&mut self, attribute: Option<&'a ast::Attribute>) -> DraftWidth {
        let Some(attribute) = attribute else {
            return DraftWidth::Same;
        };
        match &attribute.binding {
            ast::Binding::Is(ast::Value::Name(name)) if name.value == "classes" => {
                let classes = self.classes.map(|classes| classes.value);
                DraftWidth::Classes(Spanned::new(classes, attribute.span))
            }
            ast::Binding::Is(value) => match self.fixed_or_searched(CHANNELS, value) {
                Some(value) => DraftWidth::Number(Spanned::new(as_integer(value), attribute.span)),
                None => DraftWidth::Unknown,
            },
            ast::Binding::In(domain) => match self.domain_or_fixed(CHANNELS, domain) {
                Some(values) => {
                    self.warn_single(attribute, domain, values.values().len());
                    DraftWidth::Searched(Spanned::new(integers(&values), attribute.span))
                }
                None => DraftWidth::Unknown,
            },
            ast::Binding::Fit(domain) => {
                let text = self.sources.text(domain.span);
                self.found.push(report::fit_not_allowed(attribute, text));
                DraftWidth::Unknown
            }
        }
    }

    fn stride(
        &mut self,
        row: &ast::Row,
        attribute: Option<&'a ast::Attribute>,
    ) -> Option<Spanned<u32>> {
        let Some(attribute) = attribute else {
            return Some(Spanned::new(1, row.name.span));
        };
        match &attribute.binding {
            ast::Binding::Is(value) => {
                let value = self.fixed(STRIDE, value)?;
                Some(Spanned::new(as_integer(value), attribute.span))
            }
            ast::Binding::In(_) | ast::Binding::Fit(_) => {
                self.wrong(report::stride_is_fixed(attribute))
            }
        }
    }

    fn depth(
        &mut self,
        row: &ast::Row,
        attribute: Option<&'a ast::Attribute>,
    ) -> Option<Spanned<Setting<u32>>> {
        let Some(attribute) = attribute else {
            return Some(Spanned::new(Setting::Fixed(1), row.name.span));
        };
        let setting = match &attribute.binding {
            ast::Binding::Is(value) => {
                Setting::Fixed(as_integer(self.fixed_or_searched(DEPTH, value)?))
            }
            ast::Binding::In(domain) => {
                let values = self.domain_or_fixed(DEPTH, domain)?;
                self.warn_single(attribute, domain, values.values().len());
                Setting::Searched(integers(&values))
            }
            ast::Binding::Fit(domain) => {
                let values = self.domain_or_fixed(DEPTH, domain)?;
                self.warn_single(attribute, domain, values.values().len());
                Setting::Fitted(integers(&values))
            }
        };
        Some(Spanned::new(setting, attribute.span))
    }
}

/// The domain of an integer kind as plain numbers.
pub(super) fn integers(values: &Domain<AttributeValue>) -> Domain<u32> {
    let numbers = values.values().iter().map(|&value| as_integer(value));
    Domain::new(numbers.collect()).expect("the values were a domain already")
}
