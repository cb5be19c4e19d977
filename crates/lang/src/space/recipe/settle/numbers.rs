//! What rows compute and say: numbers in their ranges, and words.

use super::super::exact::NoNumber;
use super::super::{Exact, Given, Number, NumberForm, Param};
use super::Block;
use super::problem::{Problem, Trouble, problem};
use crate::quantity::Ratio;
use crate::space::check::Form;
use crate::space::{Activation, AttributeValue, Norm, Padding, limits};

impl Block<'_> {
    fn number(&self, number: &Number) -> Result<Exact, Problem> {
        let failed = |reason| {
            let trouble = match reason {
                NoNumber::DivisionByZero => Trouble::DivisionByZero,
                NoNumber::TooLarge => Trouble::TooLarge,
            };
            problem(number.span, trouble)
        };
        Ok(match &number.form {
            NumberForm::Constant(value) => *value,
            NumberForm::Param(at) => {
                Exact::of(self.values[*at]).expect("the checker types parameters")
            }
            NumberForm::InChannels => Exact::whole(self.place.in_channels),
            NumberForm::OutChannels => Exact::whole(self.place.out_channels),
            NumberForm::Stride => Exact::whole(self.place.stride),
            NumberForm::Round8(of) => self.number(of)?.round8().map_err(failed)?,
            NumberForm::Chain(first, rest) => {
                let mut value = self.number(first)?;
                for (sign, side) in rest {
                    value = value.join(*sign, self.number(side)?).map_err(failed)?;
                }
                value
            }
        })
    }

    /// A whole number in a range.
    pub(super) fn whole(
        &self,
        number: &Number,
        what: &'static str,
        range: (u32, u32),
    ) -> Result<u32, Problem> {
        let value = self.number(number)?;
        let Some(whole) = value.to_whole() else {
            return Err(problem(number.span, Trouble::NotWhole { what, value }));
        };
        let inside = u32::try_from(whole).ok();
        let inside = inside.filter(|whole| (range.0..=range.1).contains(whole));
        inside.ok_or_else(|| problem(number.span, Trouble::OutOfRange { what, value, range }))
    }

    /// A fraction in a range.
    pub(super) fn ratio(
        &self,
        number: &Number,
        what: &'static str,
        range: (u32, u32),
    ) -> Result<Ratio, Problem> {
        let value = self.number(number)?;
        if !value.is_within(range) {
            let trouble = Trouble::OutOfRange { what, value, range };
            return Err(problem(number.span, trouble));
        }
        let ratio = value.to_ratio();
        ratio.ok_or_else(|| problem(number.span, Trouble::TooLarge))
    }

    pub(super) fn kernel(&self, number: &Number) -> Result<u32, Problem> {
        self.odd(number, "kernel", (1, limits::KERNEL))
    }

    fn odd(&self, number: &Number, what: &'static str, range: (u32, u32)) -> Result<u32, Problem> {
        let value = self.whole(number, what, range)?;
        match value % 2 {
            0 => Err(problem(number.span, Trouble::Even { what, value })),
            _ => Ok(value),
        }
    }

    /// What a row gives to a parameter of the block it names, which takes no more from a row than from
    /// a layer.
    pub(super) fn argument(&self, param: &Param, given: &Given) -> Result<AttributeValue, Problem> {
        let number = match given {
            Given::Value(_) | Given::Param(_) => return Ok(self.word(given)),
            Given::Number(number) => number,
        };
        let what = param.name.as_str();
        Ok(match param.kind.form {
            Form::Integer { min, max, is_odd } => AttributeValue::Integer(match is_odd {
                true => self.odd(number, what, (min, max))?,
                false => self.whole(number, what, (min, max))?,
            }),
            Form::Ratio { min, max, .. } => {
                AttributeValue::Ratio(self.ratio(number, what, (min, max))?)
            }
            Form::Depth | Form::Word(_) => panic!("the checker types rows: {what} is a number"),
        })
    }

    /// What is given as a value, or is the block's parameter.
    fn word(&self, given: &Given) -> AttributeValue {
        match given {
            Given::Value(value) => *value,
            Given::Param(at) => self.values[*at],
            Given::Number(_) => panic!("the checker types rows: a word is a number"),
        }
    }

    pub(super) fn norm(&self, given: &Given) -> Norm {
        match self.word(given) {
            AttributeValue::Norm(norm) => norm,
            other => panic!("the checker types rows: norm is {other}"),
        }
    }

    pub(super) fn act(&self, given: &Given) -> Activation {
        match self.word(given) {
            AttributeValue::Act(act) => act,
            other => panic!("the checker types rows: act is {other}"),
        }
    }

    pub(super) fn padding(&self, given: &Given) -> Padding {
        match self.word(given) {
            AttributeValue::Padding(padding) => padding,
            other => panic!("the checker types rows: padding is {other}"),
        }
    }
}
