//! What may be written at a place.

use super::context::{Owner, Slot, Takes, slots};
use super::names::{Declaration, What};
use super::{Project, hover, words};
use crate::space::{Activation, AttributeName, Metric, Norm, Operator, Padding, Verb};
use crate::syntax::{FILE_ITEMS, ITEMS, ast};

/// A word that may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// It.
    pub word: String,
    /// What it is.
    pub kind: CompletionKind,
    /// What it means, in Markdown; may be empty.
    pub text: String,
}

/// What a proposed word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompletionKind {
    /// A word of the grammar.
    Keyword,
    /// An operator.
    Operator,
    /// An attribute.
    Attribute,
    /// A word that is a value.
    Value,
    /// A metric.
    Metric,
    /// A `let` or `choice`.
    Let,
    /// A block.
    Block,
    /// A layer or stage.
    Row,
    /// A space.
    Space,
}

impl Project<'_> {
    /// Every word that may stand at a place; the part that is written is not looked at.
    pub fn complete(&self, offset: usize) -> Vec<Completion> {
        let slots = slots(self.text(), offset);
        let words = slots.iter().flat_map(|slot| self.words_of(slot));
        let mut all: Vec<Completion> = Vec::new();
        for word in words {
            if !all.iter().any(|one| one.word == word.word) {
                all.push(word);
            }
        }
        all
    }

    fn words_of(&self, slot: &Slot<'_>) -> Vec<Completion> {
        match slot {
            Slot::Version => vec![with_text("cream 1", CompletionKind::Keyword, "cream")],
            Slot::FileItem => keywords(&FILE_ITEMS),
            Slot::SpaceItem => keywords(&ITEMS),
            Slot::Words(words) => keywords(words),
            Slot::Fix => self.fixes(),
            Slot::Line => [self.fixes(), keywords(&["require"])].concat(),
            Slot::RowPart(row) => self.row_parts(row),
            Slot::Operator => self.operators(),
            Slot::Attribute { of, written } => self.attributes(*of, written),
            Slot::Part => self.row_words(),
            Slot::Detail(detail) => self.details(detail),
            Slot::Measure(measure) => self.measure(measure),
            Slot::Behind { of, written } => self.behind(of, written),
            Slot::Value { of, takes } => self.values(*of, *takes),
            Slot::Width => {
                let classes = explained(["classes"], CompletionKind::Value);
                [classes, self.constants()].concat()
            }
            Slot::Pick(target) => [self.picks(target), self.constants()].concat(),
            Slot::Fixed(place) => self.fixed(place),
            Slot::Constant => self.constants(),
            Slot::Domain => self.named(|what| match what {
                What::Let(item) => matches!(item.value, ast::LetValue::Domain(_)),
                _ => false,
            }),
            Slot::Bounded => {
                let metrics = Metric::COUNTED.iter().filter_map(|metric| metric.word());
                let metrics = explained(metrics, CompletionKind::Metric);
                let tables = self.named(|what| matches!(what, What::Table(_)));
                [metrics, tables, self.rows()].concat()
            }
            Slot::Stage => self.stages(),
            Slot::Compared(of) => {
                let rows = match of {
                    Some("depth") => self.stages(),
                    Some(_) => self.rows(),
                    None => Vec::new(),
                };
                [rows, self.constants()].concat()
            }
            Slot::Property { row, beside } => self.properties(row, *beside),
            Slot::Space => self.named(|what| matches!(what, What::Space(_))),
        }
    }

    /// The declared names of a kind.
    pub(super) fn named(&self, wanted: impl Fn(What<'_>) -> bool) -> Vec<Completion> {
        let all = self.declarations().into_iter();
        let wanted = all.filter(|one| wanted(one.what));
        wanted.map(|one| self.declared(one)).collect()
    }

    fn declared(&self, one: Declaration<'_>) -> Completion {
        let kind = match one.what {
            What::Let(_) | What::Choice(_) => CompletionKind::Let,
            What::Block(_) | What::Recipe(_) => CompletionKind::Block,
            What::Row(_) | What::Part(..) => CompletionKind::Row,
            What::Param(..) => CompletionKind::Attribute,
            What::Space(_) | What::Arch(_) => CompletionKind::Space,
            What::Table(_) => CompletionKind::Metric,
        };
        let text = match one.what {
            What::Space(_) | What::Arch(_) => String::new(),
            what => format!("```cream\n{}\n```", self.text_at(what.span())),
        };
        Completion {
            word: one.name.value.clone(),
            kind,
            text,
        }
    }

    fn stages(&self) -> Vec<Completion> {
        self.named(|what| matches!(what, What::Row(row) if row.kind == ast::RowKind::Stage))
    }

    fn rows(&self) -> Vec<Completion> {
        self.named(|what| matches!(what, What::Row(_)))
    }

    fn row_named(&self, name: &str) -> Option<&ast::Row> {
        let declared = self.declarations().into_iter();
        let mut rows = declared.filter_map(|one| match one.what {
            What::Row(row) => Some(row),
            _ => None,
        });
        rows.find(|row| row.name.value == name)
    }

    /// What of a row can be bounded, or compared with a property of another.
    fn properties(&self, row: &str, beside: Option<&str>) -> Vec<Completion> {
        let row = self.row_named(row);
        let is_stage = row.is_none_or(|row| row.kind == ast::RowKind::Stage);
        let mut words = vec!["depth", "channels"];
        words.retain(|word| is_stage || *word != "depth");
        words.retain(|word| beside.is_none_or(|beside| beside == *word));
        explained(words, CompletionKind::Attribute)
    }

    /// The names of single values.
    fn constants(&self) -> Vec<Completion> {
        self.named(|what| match what {
            What::Let(item) => matches!(item.value, ast::LetValue::Value(_)),
            _ => false,
        })
    }

    /// What a line fixes a row or a choice to, as far as it has a name.
    pub(super) fn picks(&self, target: &str) -> Vec<Completion> {
        if self.row_named(target).is_some() {
            return self.operators();
        }
        let declared = self.declarations().into_iter();
        let mut choices = declared.filter_map(|one| match one.what {
            What::Choice(choice) => Some(choice),
            _ => None,
        });
        let choice = choices.find(|choice| choice.name.value == target);
        let values = choice.map(|choice| self.words_in(&choice.domain));
        values.unwrap_or_default()
    }

    /// The words of the language in a set, or in the set that it names.
    fn words_in(&self, domain: &ast::Domain) -> Vec<Completion> {
        let values = match &domain.kind {
            ast::DomainKind::Set(values) => values,
            ast::DomainKind::Range { .. } => return Vec::new(),
            ast::DomainKind::Name(name) => match self.set_named(&name.value) {
                Some(values) => values,
                None => return Vec::new(),
            },
        };
        let words = values.iter().filter_map(|value| match value {
            ast::Value::Name(name) => Some(name.value.as_str()),
            ast::Value::Number(_) => None,
        });
        let known = words.filter(|word| words::meaning(word).is_some());
        known
            .map(|word| with_text(word, CompletionKind::Value, word))
            .collect()
    }

    fn set_named(&self, name: &str) -> Option<&Vec<ast::Value>> {
        let declared = self.declarations().into_iter();
        let mut sets = declared.filter(|one| one.name.value == name);
        sets.find_map(|one| match one.what {
            What::Let(ast::Let {
                value: ast::LetValue::Domain(domain),
                ..
            }) => match &domain.kind {
                ast::DomainKind::Set(values) => Some(values),
                _ => None,
            },
            _ => None,
        })
    }

    fn fixes(&self) -> Vec<Completion> {
        let mut all = self.named(|what| matches!(what, What::Row(_) | What::Choice(_)));
        let widths = self.named(|what| matches!(what, What::Row(row) if searches_width(row)));
        all.extend(widths.into_iter().map(|row| Completion {
            word: format!("{}.channels", row.word),
            kind: CompletionKind::Attribute,
            ..row
        }));
        all.extend(explained(["resolution"], CompletionKind::Attribute));
        all
    }

    /// What of a row a derived space can narrow: its depth and width, and what is searched in its blocks.
    fn row_parts(&self, row: &str) -> Vec<Completion> {
        let Some(row) = self.row_named(row) else {
            return Vec::new();
        };
        let mut words = Vec::new();
        words.extend((row.kind == ast::RowKind::Stage).then_some("depth"));
        words.extend(searches_width(row).then_some("channels"));
        let ops = std::iter::once(&row.op).chain(&row.then);
        ops.for_each(|op| self.searched_in(op, &mut words));
        let all = words.into_iter();
        all.map(|word| with_text(word, CompletionKind::Attribute, word))
            .collect()
    }

    /// The attributes that are searched in an op, or in a block it names; each once. A block that names
    /// itself is wrong, and looked into once.
    fn searched_in<'s>(&'s self, op: &'s ast::Op, words: &mut Vec<&'s str>) {
        let mut pending = vec![op];
        let mut blocks: Vec<&str> = Vec::new();
        while let Some(op) = pending.pop() {
            for prim in &op.alternatives {
                let (name, args) = match prim {
                    ast::Prim::Group(inner) => {
                        pending.push(inner);
                        continue;
                    }
                    ast::Prim::Call { name, args, .. } => (name.value.as_str(), args),
                };
                for arg in args {
                    match arg {
                        ast::Arg::Op(branch) => pending.push(branch),
                        ast::Arg::Attribute(one) if is_searched(one, words) => {
                            words.push(&one.name.value);
                        }
                        ast::Arg::Attribute(_) => {}
                    }
                }
                if !blocks.contains(&name) {
                    blocks.push(name);
                    pending.extend(self.block_named(name).map(|block| &block.op));
                }
            }
        }
    }

    /// The declaration of a block of either kind.
    pub(super) fn declared_block(&self, name: &str) -> Option<Completion> {
        let blocks = self.named(|what| matches!(what, What::Block(_) | What::Recipe(_)));
        blocks.into_iter().find(|block| block.word == name)
    }

    fn block_named(&self, name: &str) -> Option<&ast::Block> {
        let declared = self.declarations().into_iter();
        let mut blocks = declared.filter_map(|one| match one.what {
            What::Block(block) => Some(block),
            _ => None,
        });
        blocks.find(|block| block.name.value == name)
    }

    pub(super) fn operators(&self) -> Vec<Completion> {
        let operators = Operator::ALL.iter().map(|operator| Completion {
            word: operator.as_str().to_owned(),
            kind: CompletionKind::Operator,
            text: hover::page(*operator),
        });
        let mut all = self.named(|what| matches!(what, What::Block(_) | What::Recipe(_)));
        all.extend(operators);
        all
    }

    pub(super) fn attributes(&self, of: Owner<'_>, written: &[&str]) -> Vec<Completion> {
        let names: Vec<&str> = match of {
            Owner::Row(word) => match Verb::from_word(word) {
                Some(verb) => verb.attribute_names().collect(),
                None => self.of_operator(word),
            },
            Owner::Operator(word) => self.of_operator(word),
            of => attributes(of),
        };
        let open = names.into_iter().filter(|name| !written.contains(name));
        open.map(|word| with_text(word, CompletionKind::Attribute, word))
            .collect()
    }

    /// The attributes of an operator, or the parameters of a block of rows.
    fn of_operator(&self, word: &str) -> Vec<&str> {
        if let Some(operator) = Operator::from_word(word) {
            let specs = operator.attributes().iter();
            return specs.map(|spec| spec.name.as_str()).collect();
        }
        let declared = self.declarations().into_iter();
        let recipe = declared
            .filter(|one| one.name.value == word)
            .find_map(|one| match one.what {
                What::Recipe(recipe) => Some(recipe),
                _ => None,
            });
        let params = recipe.into_iter().flat_map(|recipe| &recipe.params);
        params.map(|param| param.name.value.as_str()).collect()
    }

    pub(super) fn values(&self, attribute: Option<&str>, takes: Takes) -> Vec<Completion> {
        let words = match attribute {
            Some(word) => AttributeName::from_word(word)
                .map(AttributeName::words)
                .unwrap_or_default(),
            None => every_value(),
        };
        let mut all = explained(words, CompletionKind::Value);
        all.extend(self.named(|what| match what {
            What::Let(ast::Let {
                value: ast::LetValue::Value(_),
                ..
            }) => takes >= Takes::Constants,
            What::Choice(_) => takes >= Takes::Choices,
            _ => false,
        }));
        all
    }
}

/// Whether an attribute is searched and not yet among `words`.
fn is_searched(attribute: &ast::Attribute, words: &[&str]) -> bool {
    let searched = match attribute.binding {
        ast::Binding::In(_) | ast::Binding::Fit(_) => true,
        ast::Binding::Is(_) => false,
    };
    searched && !words.contains(&attribute.name.value.as_str())
}

fn searches_width(row: &ast::Row) -> bool {
    row.attributes.iter().any(|attribute| {
        attribute.name.value == "channels" && matches!(attribute.binding, ast::Binding::In(_))
    })
}

fn every_value() -> Vec<&'static str> {
    let acts = Activation::ALL.iter().map(|act| act.as_str());
    let norms = Norm::ALL.iter().map(|norm| norm.as_str());
    let rules = Padding::ALL.iter().map(|rule| rule.as_str());
    acts.chain(norms).chain(rules).collect()
}

/// The attributes of what is no operator.
fn attributes(of: Owner<'_>) -> Vec<&'static str> {
    match of {
        Owner::Image => vec!["channels", "resolution"],
        Owner::Layer => vec!["channels", "stride"],
        Owner::Stage => vec!["channels", "stride", "depth"],
        Owner::Default => {
            let all = AttributeName::ALL.iter().map(|name| name.as_str());
            all.chain(["eps", "momentum"]).collect()
        }
        Owner::Operator(_) | Owner::Row(_) => Vec::new(),
    }
}

fn keywords(words: &[&'static str]) -> Vec<Completion> {
    explained(words.iter().copied(), CompletionKind::Keyword)
}

pub(super) fn explained(
    words: impl IntoIterator<Item = &'static str>,
    kind: CompletionKind,
) -> Vec<Completion> {
    words
        .into_iter()
        .map(|word| with_text(word, kind, word))
        .collect()
}

/// A word with the meaning of `explained`.
pub(super) fn with_text(word: &str, kind: CompletionKind, explained: &str) -> Completion {
    Completion {
        word: word.to_owned(),
        kind,
        text: words::meaning(explained)
            .or_else(|| words::in_rows(explained))
            .unwrap_or_default()
            .to_owned(),
    }
}
