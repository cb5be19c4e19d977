//! Domains: sets and ranges as lists of typed values, ascending and without doubles.

use super::Checker;
use super::number::{common_divisor, lowest_terms};
use super::value::{Form, Kind, words_of};
use crate::quantity::Ratio;
use crate::source::{Span, Spanned};
use crate::space::report::{self, At};
use crate::space::{AttributeValue, Domain, limits};
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// The values a domain stands for.
    pub(super) fn domain(
        &mut self,
        kind: Kind,
        domain: &'a ast::Domain,
    ) -> Option<Domain<AttributeValue>> {
        self.domain_at(kind, domain, At::new(domain.span))
    }

    /// The same of a domain that is mentioned elsewhere.
    pub(super) fn domain_at(
        &mut self,
        kind: Kind,
        domain: &'a ast::Domain,
        at: At,
    ) -> Option<Domain<AttributeValue>> {
        match &domain.kind {
            ast::DomainKind::Name(name) => {
                let named = self.named_domain(name)?;
                self.written_domain(kind, named, At::new(named.span).used_at(name.span))
            }
            _ => self.written_domain(kind, domain, at),
        }
    }

    fn written_domain(
        &mut self,
        kind: Kind,
        domain: &'a ast::Domain,
        at: At,
    ) -> Option<Domain<AttributeValue>> {
        match &domain.kind {
            ast::DomainKind::Set(values) => self.set(kind, values, at),
            ast::DomainKind::Range { low, high, step } => {
                self.range(kind, [Some(low), Some(high), step.as_ref()], at)
            }
            ast::DomainKind::Name(_) => unreachable!("a `let` holds no bare domain name"),
        }
    }

    fn set(
        &mut self,
        kind: Kind,
        values: &'a [ast::Value],
        at: At,
    ) -> Option<Domain<AttributeValue>> {
        if values.is_empty() {
            return self.wrong(report::empty_set(at));
        }
        let length = values.len() as u64;
        if length > limits::DOMAIN {
            return self.wrong(report::domain_too_large(length.into(), at));
        }
        let typed: Vec<Option<Spanned<AttributeValue>>> = values
            .iter()
            .map(|value| self.member(kind, value, at))
            .collect();
        let typed: Vec<Spanned<AttributeValue>> = typed.into_iter().collect::<Option<_>>()?;
        self.check_order(&typed, at)?;
        for member in &typed {
            self.members.insert(*member);
        }
        Domain::new(typed.into_iter().map(|value| value.value).collect())
    }

    /// Numbers ascend; no value occurs twice.
    fn check_order(&mut self, values: &[Spanned<AttributeValue>], at: At) -> Option<()> {
        for (index, value) in values.iter().enumerate() {
            let earlier = values[..index]
                .iter()
                .find(|other| other.value == value.value);
            if let Some(earlier) = earlier {
                let text = self.sources.text(value.span);
                return self.wrong(report::duplicate_value(text, value.span, earlier.span));
            }
        }
        let descent = values
            .windows(2)
            .find(|pair| is_less(pair[1].value, pair[0].value));
        match descent {
            Some(pair) => {
                let sorted = self.sorted_text(values);
                self.wrong(report::not_ascending(
                    pair[0].span,
                    pair[1].span,
                    at.span,
                    sorted,
                ))
            }
            None => Some(()),
        }
    }

    fn sorted_text(&self, values: &[Spanned<AttributeValue>]) -> String {
        let mut sorted = values.to_vec();
        sorted.sort_by(|a, b| is_less(b.value, a.value).cmp(&is_less(a.value, b.value)));
        let texts: Vec<&str> = sorted
            .iter()
            .map(|value| self.sources.text(value.span))
            .collect();
        format!("{{{}}}", texts.join(", "))
    }

    fn range(
        &mut self,
        kind: Kind,
        [low, high, step]: [Option<&'a ast::Value>; 3],
        at: At,
    ) -> Option<Domain<AttributeValue>> {
        if let Form::Word(_) = kind.form {
            return self.wrong(report::range_of_words(kind, &words_of(kind), at));
        }
        let ends = [(kind, low), (kind, high), (kind.step(), step)]
            .map(|(kind, value)| value.map(|value| self.end(kind, value, at)));
        // Both ends are looked at before the first error stops us.
        let [low, high, step] = ends;
        let (low, high) = (low??, high??);
        let step = match step {
            Some(step) => step?,
            None => Spanned::new(ONE, at.span),
        };
        let values = self.sequence(low, high, step, at)?;
        self.check_odd(kind, &values, (low.span, high.span), at)?;
        let typed = values.into_iter().map(|value| match kind.form {
            Form::Ratio { .. } => AttributeValue::Ratio(value),
            _ => AttributeValue::Integer(value.numerator as u32),
        });
        Domain::new(typed.collect())
    }

    /// A value inside a domain.
    fn member(
        &mut self,
        kind: Kind,
        value: &'a ast::Value,
        at: At,
    ) -> Option<Spanned<AttributeValue>> {
        let literal = self.literal(value)?;
        let typed = self.typed(kind, &literal.inside(at))?;
        Some(Spanned::new(typed, value.span()))
    }

    fn end(&mut self, kind: Kind, value: &'a ast::Value, at: At) -> Option<Spanned<Ratio>> {
        self.member(kind, value, at)
            .map(|value| value.map(as_ratio))
    }

    /// `low`, `low + step`, …, `high`.
    fn sequence(
        &mut self,
        low: Spanned<Ratio>,
        high: Spanned<Ratio>,
        step: Spanned<Ratio>,
        at: At,
    ) -> Option<Vec<Ratio>> {
        if step.value.numerator == 0 {
            return self.wrong(report::zero_step(step.span, at));
        }
        let scale = common_denominator([low.value, high.value, step.value]);
        let [from, to, by] = [low.value, high.value, step.value].map(|value| scaled(value, scale));
        if from > to {
            let texts = [low.span, high.span].map(|span| self.sources.text(span));
            let ends = low.span.to(high.span);
            return self.wrong(report::empty_range_domain(texts, ends, at));
        }
        let (count, rest) = ((to - from) / by + 1, (to - from) % by);
        if count > u128::from(limits::DOMAIN) {
            return self.wrong(report::domain_too_large(count, at));
        }
        if rest != 0 {
            let last = lowest_terms(to - rest, scale).expect("it lies between the ends");
            let texts = [low.span, high.span].map(|span| self.sources.text(span));
            return self.wrong(report::step_misses_end(texts, last, high.span, at));
        }
        let value =
            |index| lowest_terms(from + index * by, scale).expect("it lies between the ends");
        Some((0..count).map(value).collect())
    }

    fn check_odd(
        &mut self,
        kind: Kind,
        values: &[Ratio],
        ends: (Span, Span),
        at: At,
    ) -> Option<()> {
        let is_odd = matches!(kind.form, Form::Integer { is_odd: true, .. });
        if is_odd && values.iter().any(|value| value.numerator % 2 == 0) {
            let (low, high) = (self.sources.text(ends.0), self.sources.text(ends.1));
            return self.wrong(report::range_of_even(kind, low, high, at));
        }
        Some(())
    }
}

const ONE: Ratio = Ratio {
    numerator: 1,
    denominator: 1,
};

fn as_ratio(value: AttributeValue) -> Ratio {
    match value {
        AttributeValue::Integer(value) => Ratio {
            numerator: value.into(),
            denominator: 1,
        },
        AttributeValue::Ratio(ratio) => ratio,
        _ => unreachable!("a range has numbers at its ends"),
    }
}

fn common_denominator(values: [Ratio; 3]) -> u128 {
    let denominators = values.map(|value| u128::from(value.denominator));
    denominators.into_iter().fold(1, |common, other| {
        common / common_divisor(common, other) * other
    })
}

fn scaled(value: Ratio, scale: u128) -> u128 {
    u128::from(value.numerator) * (scale / u128::from(value.denominator))
}

/// Whether both are one number or one word; blocks of rows may have another type for a number.
pub(super) fn is_same(a: AttributeValue, b: AttributeValue) -> bool {
    let is_number = |value| matches!(value, AttributeValue::Integer(_) | AttributeValue::Ratio(_));
    a == b || is_number(a) && is_number(b) && as_ratio(a) == as_ratio(b)
}

/// Whether both are numbers and the first is smaller; words have no order.
fn is_less(a: AttributeValue, b: AttributeValue) -> bool {
    match (a, b) {
        (AttributeValue::Integer(a), AttributeValue::Integer(b)) => a < b,
        (AttributeValue::Ratio(a), AttributeValue::Ratio(b)) => {
            let (a, b) = ((a.numerator, a.denominator), (b.numerator, b.denominator));
            u128::from(a.0) * u128::from(b.1) < u128::from(b.0) * u128::from(a.1)
        }
        _ => false,
    }
}
