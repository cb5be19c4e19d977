//! What may be written at a place.

use super::context::{Owner, Slot, slots};
use super::names::{Declaration, What};
use super::{Project, hover, words};
use crate::space::{Activation, AttributeName, Metric, Norm, Operator, Padding};
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
            Slot::Operator => self.operators(),
            Slot::Attribute { of, written } => attributes(*of, written),
            Slot::Value(attribute) => self.values(*attribute),
            Slot::Domain => self.named(|what| match what {
                What::Let(item) => matches!(item.value, ast::LetValue::Domain(_)),
                _ => false,
            }),
            Slot::Bounded => {
                let metrics = Metric::ALL.iter().map(|metric| metric.as_str());
                let metrics = explained(metrics, CompletionKind::Metric);
                [metrics, self.stages()].concat()
            }
            Slot::Stage => self.stages(),
            Slot::Property => explained(["depth", "channels"], CompletionKind::Attribute),
            Slot::Space => self.named(|what| matches!(what, What::Space(_))),
        }
    }

    /// The declared names of a kind.
    fn named(&self, wanted: impl Fn(What<'_>) -> bool) -> Vec<Completion> {
        let all = self.declarations().into_iter();
        let wanted = all.filter(|one| wanted(one.what));
        wanted.map(|one| self.declared(one)).collect()
    }

    fn declared(&self, one: Declaration<'_>) -> Completion {
        let kind = match one.what {
            What::Let(_) | What::Choice(_) => CompletionKind::Let,
            What::Block(_) => CompletionKind::Block,
            What::Row(_) => CompletionKind::Row,
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

    fn operators(&self) -> Vec<Completion> {
        let operators = Operator::ALL.iter().map(|operator| Completion {
            word: operator.as_str().to_owned(),
            kind: CompletionKind::Operator,
            text: hover::page(*operator),
        });
        let mut all = self.named(|what| matches!(what, What::Block(_)));
        all.extend(operators);
        all
    }

    fn values(&self, attribute: Option<&str>) -> Vec<Completion> {
        let words = match attribute {
            Some("channels") => vec!["classes"],
            Some(word) => AttributeName::from_word(word)
                .map(AttributeName::words)
                .unwrap_or_default(),
            None => every_value(),
        };
        let mut all = explained(words, CompletionKind::Value);
        all.extend(self.named(|what| match what {
            What::Let(item) => matches!(item.value, ast::LetValue::Value(_)),
            What::Choice(_) => true,
            _ => false,
        }));
        all
    }
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

fn attributes(of: Owner<'_>, written: &[&str]) -> Vec<Completion> {
    let names: Vec<&'static str> = match of {
        Owner::Image => vec!["channels", "resolution"],
        Owner::Layer => vec!["channels", "stride"],
        Owner::Stage => vec!["channels", "stride", "depth"],
        Owner::Default => {
            let all = AttributeName::ALL.iter().map(|name| name.as_str());
            all.chain(["eps", "momentum"]).collect()
        }
        Owner::Operator(word) => {
            let operator = Operator::from_word(word);
            let specs = operator.map(Operator::attributes).unwrap_or_default();
            specs.iter().map(|spec| spec.name.as_str()).collect()
        }
    };
    let open = names.into_iter().filter(|name| !written.contains(name));
    explained(open, CompletionKind::Attribute)
}

fn keywords(words: &[&'static str]) -> Vec<Completion> {
    explained(words.iter().copied(), CompletionKind::Keyword)
}

fn explained(
    words: impl IntoIterator<Item = &'static str>,
    kind: CompletionKind,
) -> Vec<Completion> {
    words
        .into_iter()
        .map(|word| with_text(word, kind, word))
        .collect()
}

/// A word with the meaning of `explained`.
fn with_text(word: &str, kind: CompletionKind, explained: &str) -> Completion {
    Completion {
        word: word.to_owned(),
        kind,
        text: words::meaning(explained).unwrap_or_default().to_owned(),
    }
}
