//! Values as written: a number or a word, reached directly or through `let`s.

use super::Checker;
use super::value::Kind;
use crate::diagnostic::Diagnostic;
use crate::quantity::Quantity;
use crate::source::Name;
use crate::space::report::{self, At};
use crate::space::resolve::{Entry, Meaning};
use crate::space::{AttributeValue, Domain};
use crate::syntax::ast;

/// What a `let` stands for in the end.
#[derive(Debug, Clone)]
pub(super) enum LetMeaning<'a> {
    Literal(Literal),
    Domain(&'a ast::Domain),
}

/// A number or a word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    Number(Quantity),
    Word(String),
}

/// A constant and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    pub(super) constant: Constant,
    pub(super) at: At,
}

impl Literal {
    /// The same inside a domain: where that is mentioned, this is.
    pub(super) fn inside(self, domain: At) -> Literal {
        let used = self.at.used_at.or(domain.used_at);
        Literal {
            at: At {
                used_at: used,
                ..self.at
            },
            ..self
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn check_let(&mut self, item: &'a ast::Let) {
        let meaning = match &item.value {
            ast::LetValue::Domain(domain) => Some(LetMeaning::Domain(domain)),
            ast::LetValue::Value(value) => self.let_value(value),
        };
        self.lets.insert(&item.name.value, meaning);
    }

    /// A bare name may also be that of a `let` with a domain.
    fn let_value(&mut self, value: &'a ast::Value) -> Option<LetMeaning<'a>> {
        if let ast::Value::Name(name) = value
            && let Some(Some(LetMeaning::Domain(domain))) =
                self.lets.get(name.value.as_str()).cloned()
        {
            self.used.insert(&name.value);
            return Some(LetMeaning::Domain(domain));
        }
        self.literal(value).map(LetMeaning::Literal)
    }

    /// The number or word a value stands for.
    pub(super) fn literal(&mut self, value: &'a ast::Value) -> Option<Literal> {
        match value {
            ast::Value::Number(number) => Some(Literal {
                constant: Constant::Number(number.value),
                at: At::new(number.span),
            }),
            ast::Value::Name(name) => self.named_literal(name),
        }
    }

    pub(super) fn named_literal(&mut self, name: &'a Name) -> Option<Literal> {
        let Some(entry) = self.scope.get(&name.value) else {
            return Some(Literal {
                constant: Constant::Word(name.value.clone()),
                at: At::new(name.span),
            });
        };
        match self.let_meaning(name, entry, ("a value", report::choice_for_value))? {
            LetMeaning::Literal(literal) => Some(Literal {
                constant: literal.constant,
                at: literal.at.used_at(name.span),
            }),
            LetMeaning::Domain(_) => self.wrong(report::domain_for_value(name, entry.name)),
        }
    }

    /// The domain a name stands for.
    pub(super) fn named_domain(&mut self, name: &'a Name) -> Option<&'a ast::Domain> {
        let Some(entry) = self.scope.get(&name.value) else {
            let lets = self.let_names();
            return self.wrong(report::unknown_domain(name, &lets));
        };
        match self.let_meaning(name, entry, ("a domain", report::choice_for_domain))? {
            LetMeaning::Domain(domain) => Some(domain),
            LetMeaning::Literal(_) => self.wrong(report::value_for_domain(name, entry.name)),
        }
    }

    /// What a name stands for where only that of a `let` can; what is `wanted` there, and the message about a choice.
    fn let_meaning(
        &mut self,
        name: &'a Name,
        entry: Entry<'a>,
        (wanted, choice): (&str, fn(&Name, &Name) -> Diagnostic),
    ) -> Option<LetMeaning<'a>> {
        self.used.insert(&name.value);
        match entry.meaning {
            Meaning::Twice => None,
            Meaning::Choice(_) => self.wrong(choice(name, entry.name)),
            Meaning::Let(_) => self.lets.get(name.value.as_str()).cloned()?,
            Meaning::Block(_) | Meaning::Recipe(_) | Meaning::Row(_) | Meaning::Table(_) => {
                self.wrong(report::wrong_kind(name, wanted, entry))
            }
        }
    }

    /// The single value behind an `=` in whose place `in` could stand.
    pub(super) fn fixed_or_searched(
        &mut self,
        kind: Kind,
        value: &'a ast::Value,
    ) -> Option<AttributeValue> {
        let named = match value {
            ast::Value::Name(name) => self.let_named(name),
            ast::Value::Number(_) => None,
        };
        match named {
            Some((name, declared, LetMeaning::Domain(_))) => {
                self.used.insert(&name.value);
                self.wrong(report::domain_to_search(name, declared))
            }
            _ => self.fixed(kind, value),
        }
    }

    /// The domain behind an `in` or `fit` in whose place `=` could stand.
    pub(super) fn domain_or_fixed(
        &mut self,
        kind: Kind,
        domain: &'a ast::Domain,
    ) -> Option<Domain<AttributeValue>> {
        let named = match &domain.kind {
            ast::DomainKind::Name(name) => self.let_named(name),
            _ => None,
        };
        match named {
            Some((name, declared, LetMeaning::Literal(_))) => {
                self.used.insert(&name.value);
                self.wrong(report::value_to_fix(name, declared))
            }
            _ => self.domain(kind, domain),
        }
    }

    /// The same of an attribute that could follow a choice.
    pub(super) fn domain_or_followed(
        &mut self,
        kind: Kind,
        domain: &'a ast::Domain,
    ) -> Option<Domain<AttributeValue>> {
        if let ast::DomainKind::Name(name) = &domain.kind
            && let Some(entry) = self.scope.get(&name.value)
            && let Meaning::Choice(_) = entry.meaning
        {
            self.used.insert(&name.value);
            return self.wrong(report::choice_to_follow(name, entry.name));
        }
        self.domain_or_fixed(kind, domain)
    }

    /// What a name stands for that is one of a `let`, and where that is declared.
    pub(super) fn let_named(&self, name: &'a Name) -> Option<(&'a Name, &'a Name, LetMeaning<'a>)> {
        let entry = self.scope.get(&name.value)?;
        let Meaning::Let(_) = entry.meaning else {
            return None;
        };
        let meaning = self.lets.get(name.value.as_str()).cloned()??;
        Some((name, entry.name, meaning))
    }

    /// A name that nothing has: this one, with a number behind it where it is taken.
    pub(in crate::space) fn free_name(&self, wanted: &str) -> String {
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        let found = names.find(|name| self.scope.get(name).is_none());
        found.expect("there are more numbers than names")
    }

    pub(super) fn let_names(&self) -> Vec<&'a str> {
        self.scope
            .names(|meaning| matches!(meaning, Meaning::Let(_)))
    }
}
