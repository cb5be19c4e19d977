//! Pieces of the tree as text on one line. Numbers and strings are taken from the source, as written.

use crate::source::{Name, Span};
use crate::syntax::ast::{
    Arg, Attribute, Binding, Domain, DomainKind, Dotted, Fix, LetValue, Op, Operand, Pick, Prim,
    Relation, Value,
};

/// A tree's source, to take numbers from.
#[derive(Clone, Copy)]
pub(super) struct Text<'a>(pub &'a str);

impl Text<'_> {
    pub fn at(self, span: Span) -> String {
        self.0[span.range()].to_owned()
    }

    pub fn op(self, op: &Op) -> String {
        joined(&op.alternatives, " or ", |prim| self.prim(prim))
    }

    pub fn prim(self, prim: &Prim) -> String {
        match prim {
            Prim::Group(op) => format!("({})", self.op(op)),
            Prim::Call { name, args, .. } if args.is_empty() => name.value.clone(),
            Prim::Call { name, args, .. } => {
                format!(
                    "{}({})",
                    name.value,
                    joined(args, ", ", |arg| self.arg(arg))
                )
            }
        }
    }

    fn arg(self, arg: &Arg) -> String {
        match arg {
            Arg::Attribute(attribute) => self.attribute(attribute),
            Arg::Op(op) => self.op(op),
        }
    }

    pub fn attributes(self, attributes: &[Attribute]) -> String {
        joined(attributes, ", ", |attribute| self.attribute(attribute))
    }

    pub fn attribute(self, attribute: &Attribute) -> String {
        let (word, right) = match &attribute.binding {
            Binding::Is(value) => ("=", self.value(value)),
            Binding::In(domain) => ("in", self.domain(domain)),
            Binding::Fit(domain) => ("fit", self.domain(domain)),
        };
        format!("{} {word} {right}", attribute.name.value)
    }

    pub fn domain(self, domain: &Domain) -> String {
        match &domain.kind {
            DomainKind::Name(name) => name.value.clone(),
            DomainKind::Set(values) => {
                format!("{{{}}}", joined(values, ", ", |value| self.value(value)))
            }
            DomainKind::Range { low, high, step } => {
                let step = step
                    .as_ref()
                    .map_or(String::new(), |step| format!(" step {}", self.value(step)));
                format!("{}{step}", self.range(low, high))
            }
        }
    }

    fn range(self, low: &Value, high: &Value) -> String {
        format!("{}..{}", self.value(low), self.value(high))
    }

    pub fn value(self, value: &Value) -> String {
        match value {
            Value::Number(number) => self.at(number.span),
            Value::Name(name) => name.value.clone(),
        }
    }

    pub fn let_value(self, value: &LetValue) -> String {
        match value {
            LetValue::Value(value) => self.value(value),
            LetValue::Domain(domain) => self.domain(domain),
        }
    }

    pub fn relation(self, relation: &Relation) -> String {
        match relation {
            Relation::In { low, high, .. } => format!("in {}", self.range(low, high)),
            Relation::Compare { comparison, right } => {
                let right = match right {
                    Operand::Number(number) => self.at(number.span),
                    Operand::Dotted(dotted) => self.dotted(dotted),
                };
                format!("{} {right}", comparison.value.as_str())
            }
        }
    }

    pub fn fix(self, fix: &Fix) -> String {
        let picks = joined(&fix.picks, ", ", |pick| match pick {
            Pick::Number(number) => self.at(number.span),
            Pick::Prim(prim) => self.prim(prim),
        });
        format!("{} = {picks}", self.dotted(&fix.target))
    }

    pub fn dotted(self, dotted: &Dotted) -> String {
        joined(&dotted.names, ".", |name| name.value.clone())
    }
}

/// `a, b, c`.
pub(super) fn names(names: &[Name]) -> String {
    joined(names, ", ", |name| name.value.clone())
}

fn joined<T>(parts: &[T], between: &str, text: impl Fn(&T) -> String) -> String {
    parts.iter().map(text).collect::<Vec<_>>().join(between)
}
