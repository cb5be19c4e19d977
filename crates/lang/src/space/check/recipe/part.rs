//! One row of a block.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rows;
use crate::source::Name;
use crate::space::check::Checker;
use crate::space::check::literal::Literal;
use crate::space::check::value::{Form, Kind};
use crate::space::recipe::{
    Exact, Given, Number, NumberForm, Param, Part, Recipe, Verb, What, prelude,
};
use crate::space::report::At;
use crate::space::resolve::Meaning;
use crate::space::{Activation, AttributeName, AttributeValue, Norm, Operator, Padding, report};
use crate::syntax::ast::{self, Detail, Measure};

/// What is written in a row's parentheses or behind it, by name.
type Measures<'a> = BTreeMap<&'a str, &'a Measure>;

impl<'a> Checker<'a> {
    /// The block that a row names, if it is one.
    pub(super) fn row_block(&self, word: &str) -> Option<Arc<Recipe>> {
        if let Some(operator) = Operator::from_word(word) {
            // The prelude is made of primitives alone: it must not ask for itself.
            return match self.is_prelude {
                true => None,
                false => prelude(operator).cloned(),
            };
        }
        self.recipes.get(word).cloned().flatten()
    }

    pub(super) fn part(
        &mut self,
        part: &'a ast::Part,
        name: String,
        rows: &Rows<'_, 'a>,
    ) -> Option<Part> {
        let word = &part.primitive;
        match (Verb::from_word(&word.value), self.row_block(&word.value)) {
            (Some(verb), _) => self.primitive(part, verb, name, rows),
            (None, Some(recipe)) => self.block_row(part, &recipe, name, rows),
            (None, None) => self.no_row(word),
        }
    }

    fn no_row(&mut self, word: &'a Name) -> Option<Part> {
        if Operator::from_word(&word.value).is_some() {
            return self.wrong(report::not_in_rows(word));
        }
        let Some(entry) = self.scope.get(&word.value) else {
            let recipes = self
                .scope
                .names(|meaning| matches!(meaning, Meaning::Recipe(_)));
            return self.wrong(report::unknown_row(word, &recipes));
        };
        match entry.meaning {
            // It is wrong, or part of a circle, which is reported.
            Meaning::Recipe(_) | Meaning::Twice => None,
            _ => self.wrong(report::wrong_kind(
                word,
                "a primitive or a block of rows",
                entry,
            )),
        }
    }

    fn primitive(
        &mut self,
        part: &'a ast::Part,
        verb: Verb,
        name: String,
        rows: &Rows<'_, 'a>,
    ) -> Option<Part> {
        let names: Vec<&str> = verb.attributes().iter().map(|(name, ..)| *name).collect();
        let written = self.written_in(part, &names);
        let measures = self.measures(part, verb.measures());
        let reads = self.reads(part, Some(verb), rows);
        let (written, (reads, word)) = (written?, reads?);
        let missing: Vec<&str> = verb
            .attributes()
            .iter()
            .filter(|(name, _, is_required)| *is_required && !written.contains_key(name))
            .map(|(name, ..)| *name)
            .collect();
        if !missing.is_empty() {
            return self.wrong(report::missing_in_row(part, &missing));
        }
        let is_gate = verb == Verb::Scale && reads.len() == 2;
        let what = match is_gate {
            true => Some(What::Gate),
            false => self.what(part, verb, &written, word, rows),
        };
        let measures = measures?;
        self.finished(part, name, what?, reads, &measures, rows)
    }

    fn finished(
        &mut self,
        part: &'a ast::Part,
        name: String,
        what: What,
        reads: Vec<crate::space::recipe::Read>,
        measures: &Measures<'a>,
        rows: &Rows<'_, 'a>,
    ) -> Option<Part> {
        if let (What::Pool { kernel: None, .. }, Some(stride)) = (&what, measures.get("stride")) {
            return self.wrong(report::whole_pool_stride(stride));
        }
        let mut measure = |what| match measures.get(what) {
            Some(measure) => self.number(what, &measure.value, rows).map(Some),
            None => Some(None),
        };
        let (channels, stride) = (measure("channels"), measure("stride"));
        Some(Part {
            name,
            what,
            reads,
            channels: channels?,
            stride: stride?,
            span: part.span,
        })
    }

    fn what(
        &mut self,
        part: &'a ast::Part,
        verb: Verb,
        written: &Measures<'a>,
        word: Option<&'a Name>,
        rows: &Rows<'_, 'a>,
    ) -> Option<What> {
        let mut number = |what: &'static str| {
            let measure = written.get(what)?;
            self.number(what, &measure.value, rows)
        };
        Some(match verb {
            Verb::Conv | Verb::DwConv => {
                let kernel = number("kernel");
                let groups = match (verb, written.contains_key("groups")) {
                    (Verb::DwConv, _) => None,
                    (_, true) => Some(number("groups")?),
                    (_, false) => Some(constant(1, part)),
                };
                let padding = self.padding_of(written.get("padding").copied(), rows);
                What::Conv {
                    kernel: kernel?,
                    groups,
                    padding: padding?,
                }
            }
            Verb::Squeeze => What::Squeeze(number("ratio")?),
            Verb::Pool | Verb::MaxPool => What::Pool {
                kernel: match written.contains_key("kernel") {
                    true => Some(number("kernel")?),
                    false => None,
                },
                is_largest: verb == Verb::MaxPool,
            },
            Verb::Split => {
                let (share, of) = (number("part"), number("parts"));
                What::Split {
                    part: share?,
                    of: of?,
                }
            }
            Verb::Shuffle => What::Shuffle(number("groups")?),
            Verb::Scale => What::Scale(match written.contains_key("start") {
                true => number("start")?,
                false => constant(1, part),
            }),
            Verb::Norm => What::Norm(self.word_of(AttributeName::Norm, word, rows)?),
            Verb::Act => What::Act(self.word_of(AttributeName::Act, word, rows)?),
            Verb::Shortcut => What::Shortcut(self.word_of(AttributeName::Norm, word, rows)?),
            Verb::Linear => What::Linear,
            Verb::Concat => What::Concat,
            Verb::Add => What::Add,
            Verb::Residual => What::Residual,
        })
    }

    fn padding_of(&mut self, written: Option<&'a Measure>, rows: &Rows<'_, 'a>) -> Option<Given> {
        match written {
            Some(measure) => self.word_measure(AttributeName::Padding, measure, rows),
            None => self.word_of(AttributeName::Padding, None, rows),
        }
    }

    /// A word behind `=`.
    fn word_measure(
        &mut self,
        attribute: AttributeName,
        measure: &'a Measure,
        rows: &Rows<'_, 'a>,
    ) -> Option<Given> {
        match &measure.value.kind {
            ast::ExprKind::Name(name) => self.word_of(attribute, Some(name), rows),
            _ => self.wrong(report::number_for_word(
                Kind::of(attribute),
                &attribute.words(),
                At::new(measure.value.span),
            )),
        }
    }

    /// The word that is named; without one that of the block's parameter of this name, then that of
    /// `default`, then the language's.
    fn word_of(
        &mut self,
        attribute: AttributeName,
        word: Option<&'a Name>,
        rows: &Rows<'_, 'a>,
    ) -> Option<Given> {
        let name = word.map_or(attribute.as_str(), |word| word.value.as_str());
        if let Some((at, kind)) = rows.params.get(name) {
            // A parameter of another type was reported.
            return (kind.form == Form::Word(attribute)).then_some(Given::Param(at));
        }
        let Some(word) = word else {
            return Some(Given::Value(self.default_word(attribute)));
        };
        let literal: Literal = self.named_literal(word)?;
        let value = self.typed(Kind::of(attribute), &literal)?;
        Some(Given::Value(value))
    }

    fn default_word(&self, attribute: AttributeName) -> AttributeValue {
        let of_file = self.defaults.attributes.get(&attribute).copied().flatten();
        of_file.unwrap_or(match attribute {
            AttributeName::Norm => AttributeValue::Norm(Norm::Batch),
            AttributeName::Padding => AttributeValue::Padding(Padding::Symmetric),
            _ => AttributeValue::Act(Activation::Relu),
        })
    }

    /// Another block in the place of a row.
    fn block_row(
        &mut self,
        part: &'a ast::Part,
        recipe: &Arc<Recipe>,
        name: String,
        rows: &Rows<'_, 'a>,
    ) -> Option<Part> {
        self.used.insert(&part.primitive.value);
        let names: Vec<&str> = recipe.names().map(AttributeName::as_str).collect();
        let written = self.written_in(part, &names);
        let measures = self.measures(part, &["channels", "stride"]);
        let reads = self.reads(part, None, rows);
        let (written, measures, (reads, _)) = (written?, measures?, reads?);
        let mut missing = Vec::new();
        let mut values = Vec::new();
        for param in &recipe.params {
            match self.given(param, written.get(param.name.as_str()).copied(), rows) {
                Some(given) => values.push(given),
                None => missing.push(param.name.as_str()),
            }
        }
        if !missing.is_empty() {
            return self.wrong(report::missing_in_row(part, &missing));
        }
        let recipe = Arc::clone(recipe);
        let values = values.into_iter().collect::<Option<_>>()?;
        let what = What::Block { recipe, values };
        self.finished(part, name, what, reads, &measures, rows)
    }

    /// What a row gives to a parameter of the block it names: what is written, then what a call
    /// without it would take. `None` where it must be written.
    #[allow(
        clippy::option_option,
        reason = "missing, wrong and right are three things"
    )]
    fn given(
        &mut self,
        param: &Param,
        written: Option<&'a Measure>,
        rows: &Rows<'_, 'a>,
    ) -> Option<Option<Given>> {
        let word = match param.kind.form {
            Form::Word(attribute) => Some(attribute),
            _ => None,
        };
        match (written, word) {
            (Some(measure), Some(attribute)) => Some(self.word_measure(attribute, measure, rows)),
            (Some(measure), None) => {
                let number = self.number_of(param.kind, &measure.value, rows);
                Some(number.map(Given::Number))
            }
            (None, _) => match param.own_word() {
                Some(attribute) => Some(self.word_of(attribute, None, rows)),
                None => {
                    let value = self.default_number(param).or(param.default);
                    value.map(|value| Some(Given::Value(value)))
                }
            },
        }
    }

    /// What `default` says of a parameter that is a number, as for a layer's operators.
    fn default_number(&self, param: &Param) -> Option<AttributeValue> {
        let of_file = self.defaults.attributes.get(&param.name).copied().flatten();
        of_file.filter(|value| param.kind.takes(*value))
    }

    /// The attributes in the parentheses, doubles and strangers reported.
    fn written_in(&mut self, part: &'a ast::Part, known: &[&str]) -> Option<Measures<'a>> {
        let measures = part.details.iter().filter_map(|detail| match detail {
            Detail::Measure(measure) => Some(measure),
            Detail::Word(_) => None,
        });
        self.known_measures(part, measures, known, true)
    }

    /// The attributes behind the row.
    fn measures(&mut self, part: &'a ast::Part, known: &[&str]) -> Option<Measures<'a>> {
        self.known_measures(part, part.measures.iter(), known, false)
    }

    fn known_measures(
        &mut self,
        part: &'a ast::Part,
        measures: impl Iterator<Item = &'a Measure>,
        known: &[&str],
        is_inside: bool,
    ) -> Option<Measures<'a>> {
        let mut written = Measures::new();
        let mut is_whole = true;
        for measure in measures {
            let name = measure.name.value.as_str();
            let problem = match written.get(name) {
                _ if !known.contains(&name) => {
                    report::unknown_in_parentheses(part, measure, known, is_inside)
                }
                Some(first) => report::duplicate_attribute(&measure.name, first.span),
                None => {
                    written.insert(name, measure);
                    continue;
                }
            };
            self.found.push(problem);
            is_whole = false;
        }
        is_whole.then_some(written)
    }
}

fn constant(value: u32, part: &ast::Part) -> Number {
    Number {
        form: NumberForm::Constant(Exact::whole(value)),
        span: part.primitive.span,
    }
}
