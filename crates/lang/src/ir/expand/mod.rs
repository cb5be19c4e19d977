//! Operators written out as primitives: by the rows that a block has, or by a file of its own here.
//!
//! The names of the parts are the original's, because weights are found by them.

mod linear;
mod pool;
mod shuffle;
pub(super) mod sum;
mod unit;
mod xception;

use super::{Input, Op, Primitive, Said};
use crate::space::{
    Activation, Alternative, AttributeName, AttributeValue, Norm, Operator, Recipe, prelude, settle,
};

pub(super) use crate::space::Place;

/// A picked value for every attribute, with whether an arch must say it.
pub(super) type Values = [(AttributeName, AttributeValue, Said)];

/// The primitives of `alternative` with `values` at `place`.
pub(super) fn expand(alternative: &Alternative, values: &Values, place: Place) -> Vec<Op> {
    let operator = alternative.operator;
    let own = alternative.recipe.as_ref();
    if let Some(recipe) = own.or_else(|| prelude(operator)) {
        return of_rows(recipe, values, place);
    }
    let values = Picked(values);
    match operator {
        Operator::Shuffle => shuffle::expand(values, place),
        Operator::Xception => xception::expand(values, place),
        Operator::AvgPool => pool::average(values, place),
        Operator::MaxPool => pool::largest(values, place),
        Operator::Linear => linear::expand(place),
        Operator::Skip | Operator::Zero => Vec::new(),
        Operator::Sum => unreachable!("a sum is made of its branches"),
        other => unreachable!("`{other}` has rows"),
    }
}

fn of_rows(recipe: &Recipe, values: &Values, place: Place) -> Vec<Op> {
    let values: Vec<AttributeValue> = values.iter().map(|&(_, value, _)| value).collect();
    settle(recipe, &values, place).expect("the checker tries every block at its place")
}

/// Typed access to picked values.
#[derive(Clone, Copy)]
struct Picked<'a>(&'a Values);

impl Picked<'_> {
    fn find(self, name: AttributeName) -> Option<AttributeValue> {
        let found = self.0.iter().find(|(other, _, _)| *other == name);
        found.map(|&(_, value, _)| value)
    }

    fn get(self, name: AttributeName) -> AttributeValue {
        self.find(name)
            .expect("the checker fills in every attribute of an operator")
    }

    fn kernel(self) -> u32 {
        integer(self.get(AttributeName::Kernel))
    }

    fn act(self) -> Activation {
        match self.get(AttributeName::Act) {
            AttributeValue::Act(act) => act,
            other => panic!("the checker types attributes: act is {other}"),
        }
    }

    fn norm(self) -> Norm {
        match self.get(AttributeName::Norm) {
            AttributeValue::Norm(norm) => norm,
            other => panic!("the checker types attributes: norm is {other}"),
        }
    }
}

fn integer(value: AttributeValue) -> u32 {
    match value {
        AttributeValue::Integer(number) => number,
        other => panic!("the checker types attributes: {other} is no integer"),
    }
}
