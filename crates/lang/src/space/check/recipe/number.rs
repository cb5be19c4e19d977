//! Arithmetic in rows: names resolved, numbers exact.

use super::Rows;
use super::params::{ROUND8, SHAPE_WORDS};
use crate::source::{Name, Span};
use crate::space::check::Checker;
use crate::space::check::value::{Form, Kind, ratio};
use crate::space::recipe::{Exact, Number, NumberForm};
use crate::space::report::At;
use crate::space::resolve::given_meaning;
use crate::space::{limits, report};
use crate::syntax::ast::{Expr, ExprKind};

impl<'a> Checker<'a> {
    /// The number that `what`, an attribute, is.
    pub(super) fn number(
        &mut self,
        what: &'static str,
        expr: &'a Expr,
        rows: &Rows<'_, 'a>,
    ) -> Option<Number> {
        self.number_of(number_kind(what), expr, rows)
    }

    /// The same of a kind. Where something is computed, what comes out is checked at the place of use.
    pub(super) fn number_of(
        &mut self,
        kind: Kind,
        expr: &'a Expr,
        rows: &Rows<'_, 'a>,
    ) -> Option<Number> {
        let what = kind.name;
        let form = match &expr.kind {
            ExprKind::Number(number) => {
                let literal = super::super::literal::Literal {
                    constant: super::super::literal::Constant::Number(*number),
                    at: At::new(expr.span),
                };
                let value = self.typed(kind, &literal)?;
                NumberForm::Constant(Exact::of(value)?)
            }
            ExprKind::Name(name) => self.number_named(kind, name, rows)?,
            ExprKind::Group(inner) => return self.number_of(kind, inner, rows),
            ExprKind::Call { name, of } => {
                let of = self.number(what, of, rows);
                if name.value != ROUND8 {
                    return self.wrong(report::unknown_function(name));
                }
                NumberForm::Round8(Box::new(of?))
            }
            ExprKind::Chain { first, rest } => {
                let first = self.number(what, first, rows);
                let mut sides = Vec::new();
                for (sign, side) in rest {
                    sides.push(self.number(what, side, rows).map(|side| (*sign, side)));
                }
                let sides = sides.into_iter().collect::<Option<_>>();
                NumberForm::Chain(Box::new(first?), sides?)
            }
        };
        let span: Span = expr.span;
        Some(Number { form, span })
    }

    fn number_named(
        &mut self,
        kind: Kind,
        name: &'a Name,
        rows: &Rows<'_, 'a>,
    ) -> Option<NumberForm> {
        if let Some((at, param)) = rows.params.get(&name.value) {
            return match param.form {
                Form::Word(_) => None,
                _ => Some(NumberForm::Param(at)),
            };
        }
        match name.value.as_str() {
            "in_channels" => return Some(NumberForm::InChannels),
            "out_channels" => return Some(NumberForm::OutChannels),
            "stride" => return Some(NumberForm::Stride),
            _ => {}
        }
        let is_known = self.scope.get(&name.value).is_some();
        if !is_known && given_meaning(&name.value).is_none() {
            let mut known = rows.params.names();
            known.extend(SHAPE_WORDS);
            known.extend(self.let_names());
            return self.wrong(report::unknown_in_row(name, "a number", &known));
        }
        let literal = self.named_literal(name)?;
        let value = self.typed(kind, &literal)?;
        Some(NumberForm::Constant(Exact::of(value)?))
    }
}

fn number_kind(what: &'static str) -> Kind {
    ratio(what, 0, limits::NUMBER, 9)
}
