//! Pieces of the tree as text on one line. Numbers and strings are taken from the source, as written.

use crate::source::{Name, Span};
use crate::syntax::ast::{
    Arg, Attribute, Binding, Detail, Domain, DomainKind, Dotted, Expr, ExprKind, Fix, LetValue,
    Measure, Narrow, Op, Operand, Part, Pick, Prim, Recipe, Relation, Value,
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

    pub fn narrow(self, narrow: &Narrow) -> String {
        let (target, word) = (self.dotted(&narrow.target), narrow.word.value.as_str());
        format!("{target} {word} {}", self.domain(&narrow.domain))
    }

    /// `ghost(kernel = 3, ratio)`.
    pub fn signature(self, recipe: &Recipe) -> String {
        let params = joined(&recipe.params, ", ", |param| match &param.default {
            Some(value) => format!("{} = {}", param.name.value, self.value(value)),
            None => param.name.value.clone(),
        });
        match params.is_empty() {
            true => recipe.name.value.clone(),
            false => format!("{}({params})", recipe.name.value),
        }
    }

    /// Name, primitive, `channels`, `stride`, and what keeps to no such order.
    pub fn part(self, part: &Part) -> Vec<String> {
        let name = part.name.as_ref();
        let name = name.map_or(String::new(), |name| format!("{}:", name.value));
        let details = joined(&part.details, ", ", |detail| match detail {
            Detail::Word(word) => word.value.clone(),
            Detail::Measure(measure) => self.measure(measure),
        });
        let primitive = &part.primitive.value;
        let mut cells = vec![
            name,
            match details.is_empty() {
                true => primitive.clone(),
                false => format!("{primitive}({details})"),
            },
        ];
        for measure in &part.measures {
            let is_stride = measure.name.value == "stride" && cells.len() == 2;
            cells.extend(is_stride.then(String::new));
            cells.push(self.measure(measure));
        }
        cells
    }

    fn measure(self, measure: &Measure) -> String {
        format!("{} = {}", measure.name.value, self.expr(&measure.value))
    }

    fn expr(self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Number(_) => self.at(expr.span),
            ExprKind::Name(name) => name.value.clone(),
            ExprKind::Call { name, of } => format!("{}({})", name.value, self.expr(of)),
            ExprKind::Group(inner) => format!("({})", self.expr(inner)),
            ExprKind::Chain { first, rest } => {
                let rest = rest
                    .iter()
                    .map(|(sign, side)| format!(" {} {}", sign.as_str(), self.expr(side)));
                self.expr(first) + &rest.collect::<String>()
            }
        }
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
