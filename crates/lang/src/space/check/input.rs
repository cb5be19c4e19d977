//! What goes in and what comes out.

use std::collections::BTreeMap;

use super::Checker;
use super::literal::{Constant, Literal};
use super::row::integers;
use super::value::{CHANNELS, CLASSES, RESOLUTION, as_integer};
use crate::source::{Span, Spanned};
use crate::space::report::{self, At};
use crate::space::{Setting, limits};
use crate::syntax::ast;

/// The image; a part is `None` when it is wrong.
pub(in crate::space) struct Input {
    pub(in crate::space) channels: Option<Spanned<u32>>,
    pub(in crate::space) resolution: Option<Spanned<Setting<u32>>>,
}

impl<'a> Checker<'a> {
    pub(super) fn input(&mut self, space: &'a ast::Space) -> Option<Input> {
        let mut inputs = space.items.iter().filter_map(|item| match item {
            ast::Item::Input(input) => Some(input),
            _ => None,
        });
        let Some(input) = inputs.next() else {
            return self.wrong(report::no_input(space));
        };
        for double in inputs {
            let problem = report::duplicate_item("input", double.span, input.span);
            self.found.push(problem);
        }
        self.image(input)
    }

    fn image(&mut self, input: &'a ast::Input) -> Option<Input> {
        let mut written: BTreeMap<&str, &ast::Attribute> = BTreeMap::new();
        let mut is_whole = true;
        for attribute in &input.attributes {
            let name = attribute.name.value.as_str();
            let problem = match (name, written.get(name)) {
                ("channels" | "resolution", None) => {
                    written.insert(name, attribute);
                    continue;
                }
                (_, Some(first)) => report::duplicate_attribute(&attribute.name, first.span),
                (_, None) => report::unknown_image_attribute(attribute),
            };
            self.found.push(problem);
            is_whole = false;
        }
        let missing: Vec<&str> = ["channels", "resolution"]
            .into_iter()
            .filter(|name| is_whole && !written.contains_key(name))
            .collect();
        if !missing.is_empty() {
            self.found
                .push(report::missing_image_attributes(&missing, input.span));
        }
        Some(Input {
            channels: written
                .get("channels")
                .and_then(|channels| self.image_channels(channels)),
            resolution: written
                .get("resolution")
                .and_then(|side| self.resolution(side)),
        })
    }

    fn image_channels(&mut self, attribute: &'a ast::Attribute) -> Option<Spanned<u32>> {
        match &attribute.binding {
            ast::Binding::Is(value) => {
                let value = self.fixed(CHANNELS, value)?;
                Some(Spanned::new(as_integer(value), attribute.span))
            }
            ast::Binding::In(_) | ast::Binding::Fit(_) => {
                self.wrong(report::image_channels_are_fixed(attribute))
            }
        }
    }

    fn resolution(&mut self, attribute: &'a ast::Attribute) -> Option<Spanned<Setting<u32>>> {
        let setting = match &attribute.binding {
            ast::Binding::Is(value) => {
                Setting::Fixed(as_integer(self.fixed_or_searched(RESOLUTION, value)?))
            }
            ast::Binding::Fit(domain) => {
                let values = self.domain_or_fixed(RESOLUTION, domain)?;
                self.warn_single(attribute, domain, values.values().len());
                Setting::Fitted(integers(&values))
            }
            ast::Binding::In(domain) => {
                let values = self.domain_or_fixed(RESOLUTION, domain)?;
                let count = values.values().len();
                if count > limits::RESOLUTIONS {
                    return self.wrong(report::too_many_resolutions(count, domain.span));
                }
                self.warn_single(attribute, domain, values.values().len());
                Setting::Searched(integers(&values))
            }
        };
        Some(Spanned::new(setting, attribute.span))
    }

    /// The number of classes; the caller's word goes before the file's.
    pub(super) fn output(
        &mut self,
        space: &'a ast::Space,
        classes: Option<u32>,
    ) -> Option<Spanned<u32>> {
        let mut outputs = space.items.iter().filter_map(|item| match item {
            ast::Item::Output(output) => Some(output),
            _ => None,
        });
        let Some(output) = outputs.next() else {
            return self.wrong(report::no_output(space));
        };
        for double in outputs {
            let problem = report::duplicate_item("output", double.span, output.span);
            self.found.push(problem);
        }
        let literal = Literal {
            constant: Constant::Number(output.classes.value),
            at: At::new(output.classes.span),
        };
        let written = as_integer(self.typed(CLASSES, &literal)?);
        let span: Span = output.classes.span;
        match classes {
            Some(given) if !(1..=limits::CLASSES).contains(&given) => {
                let (text, range) = (given.to_string(), (1, limits::CLASSES));
                let problem = report::out_of_range(CLASSES, &text, range, At::new(span));
                self.wrong(
                    problem.note(format!("{given} is given instead of the file's {written}")),
                )
            }
            _ => Some(Spanned::new(classes.unwrap_or(written), span)),
        }
    }
}
