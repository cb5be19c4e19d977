//! `choice NAME in …`: one decision for all attributes that follow it.

use super::Checker;
use super::value::Kind;
use crate::source::Name;
use crate::space::report::{self, At};
use crate::space::resolve::{Meaning, domain_names};
use crate::space::{AttributeValue, Choice, Domain, limits};
use crate::syntax::ast;

/// The choices of a space, in order, with what they can be once an attribute has followed them.
pub(super) struct Choices<'a>(Vec<(&'a ast::Choice, Vec<AttributeValue>)>);

impl<'a> Choices<'a> {
    pub(super) fn of(space: Option<&'a ast::Space>) -> Choices<'a> {
        let items = space.into_iter().flat_map(|space| &space.items);
        let choices = items.filter_map(|item| match item {
            ast::Item::Choice(item) => Some((item, Vec::new())),
            _ => None,
        });
        Choices(choices.collect())
    }

    /// As a checked space has them.
    pub(super) fn checked(&self) -> Vec<Choice> {
        let choices = self.0.iter();
        choices
            .map(|(item, values)| Choice {
                name: item.name.clone(),
                values: values.clone(),
                span: item.span,
            })
            .collect()
    }
}

impl<'a> Checker<'a> {
    /// The choice that a value names, if it names one.
    pub(super) fn choice_named(
        &self,
        value: &'a ast::Value,
    ) -> Option<(&'a Name, &'a ast::Choice)> {
        let ast::Value::Name(name) = value else {
            return None;
        };
        match self.scope.get(&name.value)?.meaning {
            Meaning::Choice(choice) => Some((name, choice)),
            _ => None,
        }
    }

    pub(super) fn check_choice_count(&mut self) {
        let count = self.choices.0.len();
        if let Some((choice, _)) = self.choices.0.get(limits::CHOICES) {
            self.found.push(report::too_many_choices(choice, count));
        }
    }

    /// The values of a choice for an attribute of a kind, with the choice's index.
    pub(super) fn follow(
        &mut self,
        kind: Kind,
        name: &'a Name,
        choice: &'a ast::Choice,
    ) -> Option<(usize, Domain<AttributeValue>)> {
        self.used.insert(&name.value);
        let values = self.domain_at(
            kind,
            &choice.domain,
            At::new(choice.domain.span).used_at(name.span),
        )?;
        let mut choices = self.choices.0.iter_mut();
        let index = choices.position(|(item, _)| std::ptr::eq(*item, choice));
        let index = index.expect("a choice in scope is an item of the space");
        self.choices.0[index].1 = values.values().to_vec();
        Some((index, values))
    }

    /// Choices that nothing follows, and choices between one value.
    pub(super) fn warn_choices(&mut self) {
        for at in 0..self.choices.0.len() {
            let (choice, ref values) = self.choices.0[at];
            let followed = self.used.contains(choice.name.value.as_str());
            let single = values.len() == 1;
            if !followed {
                self.found.push(report::unused_choice(choice));
                // What only it mentions goes with it.
                let mut names = Vec::new();
                domain_names(&choice.domain, &mut names);
                self.used.extend(names);
            } else if single {
                let text = self.only_value(&choice.domain);
                self.found.push(report::chooses_nothing(choice, text));
            }
        }
    }
}
