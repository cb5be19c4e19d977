//! Blocks of one's own: rows of primitives with parameters, and the language's blocks in that form.
//!
//! A [`Recipe`] is checked once, where it is declared, as far as widths do not matter. At a place,
//! with a value for every parameter, [`settle`] makes it primitives, or says which row cannot stand there.

mod exact;
mod prelude;
mod settle;
mod verb;

pub(crate) use prelude::prelude;
pub(crate) use settle::{Place, settle};

pub(super) use exact::Exact;
pub(super) use settle::{Map, Problem, Shown, Trouble};
pub(super) use verb::Slot;
pub use verb::Verb;

use std::sync::Arc;

use super::check::{Form, Kind};
use super::{AttributeName, AttributeValue};
use crate::source::{Name, Span};
use crate::syntax::ast::Sign;

/// A block made of rows. Two are equal that mean the same, wherever they are written.
#[derive(Debug)]
pub struct Recipe {
    /// Its name.
    pub name: Name,
    /// What may be set where it is used, in order.
    pub(super) params: Vec<Param>,
    /// Its rows, in order; at least one.
    pub(super) parts: Vec<Part>,
    /// Primitives it becomes at most.
    pub(super) size: u64,
    /// What a candidate computes and keeps beside primitives: parameters, terms of numbers, values that rows
    /// read beyond the first.
    pub(super) effort: u64,
    /// Letters of all its primitives' names, but for what it is called where it stands: each has those of all rows that
    /// it is inside of.
    pub(super) letters: u64,
    /// How many blocks of rows stand inside of each other, this one counted.
    pub(super) depth: u32,
    /// Whether it is the language's own.
    pub(super) is_prelude: bool,
}

/// A parameter.
#[derive(Debug, PartialEq)]
pub(super) struct Param {
    pub(super) name: AttributeName,
    /// Its value where a use says nothing; `None`: it must be written.
    pub(super) default: Option<AttributeValue>,
    /// What it can be.
    pub(super) kind: Kind,
}

impl Param {
    /// The attribute that it is and is called like: a row that names the block and says nothing of it
    /// takes its own block's.
    pub(super) fn own_word(&self) -> Option<AttributeName> {
        match self.kind.form {
            Form::Word(attribute) => (attribute == self.name).then_some(attribute),
            Form::Integer { .. } | Form::Depth | Form::Ratio { .. } => None,
        }
    }
}

/// A row. Two are equal that mean the same, wherever they are written.
#[derive(Debug)]
pub(super) struct Part {
    /// What its weights are called.
    pub(super) name: String,
    pub(super) what: What,
    /// What it reads, in order.
    pub(super) reads: Vec<Read>,
    pub(super) channels: Option<Number>,
    pub(super) stride: Option<Number>,
    /// Where it is written.
    pub(super) span: Span,
}

/// A value inside a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// What goes into the block.
    Input,
    /// What an earlier row makes.
    Part(usize),
}

/// What a row does.
#[derive(Debug, PartialEq)]
pub(super) enum What {
    Conv {
        kernel: Number,
        /// `None`: each channel by itself.
        groups: Option<Number>,
        padding: Given,
    },
    Norm(Given),
    Act(Given),
    Squeeze(Number),
    Pool {
        /// `None`: over the whole map.
        kernel: Option<Number>,
        is_largest: bool,
    },
    Linear,
    Split {
        part: Number,
        of: Number,
    },
    Concat,
    Shuffle(Number),
    Scale(Number),
    Gate,
    Add,
    Residual,
    Shortcut(Given),
    Block {
        recipe: Arc<Recipe>,
        values: Vec<Given>,
    },
}

/// A value as a row takes it.
#[derive(Debug, PartialEq)]
pub(super) enum Given {
    Value(AttributeValue),
    /// That of the block's parameter with this index.
    Param(usize),
    Number(Number),
}

/// A number as a row computes it. Two are equal that are computed alike, wherever they are written.
#[derive(Debug)]
pub(super) struct Number {
    pub(super) form: NumberForm,
    pub(super) span: Span,
}

/// How it is computed.
#[derive(Debug, PartialEq)]
pub(super) enum NumberForm {
    Constant(Exact),
    /// The block's parameter with this index.
    Param(usize),
    InChannels,
    OutChannels,
    Stride,
    Round8(Box<Number>),
    Chain(Box<Number>, Vec<(Sign, Number)>),
}

impl PartialEq for Recipe {
    fn eq(&self, other: &Recipe) -> bool {
        self.name.value == other.name.value
            && self.params == other.params
            && self.parts == other.parts
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Part) -> bool {
        self.name == other.name
            && self.reads == other.reads
            && self.what == other.what
            && self.channels == other.channels
            && self.stride == other.stride
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.form == other.form
    }
}

impl Number {
    /// Numbers that are added, subtracted, multiplied or divided to make it, beyond the first.
    pub(super) fn terms(&self) -> u64 {
        match &self.form {
            NumberForm::Round8(inner) => inner.terms(),
            NumberForm::Chain(first, others) => {
                let others = others.iter().map(|(_, other)| 1 + other.terms());
                first.terms() + others.sum::<u64>()
            }
            _ => 0,
        }
    }
}

impl Part {
    /// Every number that it computes.
    fn numbers(&self) -> Vec<&Number> {
        let mut numbers: Vec<&Number> = self.channels.iter().chain(&self.stride).collect();
        match &self.what {
            What::Conv { kernel, groups, .. } => numbers.extend([kernel].into_iter().chain(groups)),
            What::Squeeze(number) | What::Shuffle(number) | What::Scale(number) => {
                numbers.push(number);
            }
            What::Pool { kernel, .. } => numbers.extend(kernel),
            What::Split { part, of } => numbers.extend([part, of]),
            What::Block { values, .. } => {
                let given = values.iter().filter_map(|value| match value {
                    Given::Number(number) => Some(number),
                    _ => None,
                });
                numbers.extend(given);
            }
            _ => {}
        }
        numbers
    }

    /// What it computes and keeps beside primitives.
    pub(super) fn effort(&self) -> u64 {
        let terms: u64 = self.numbers().into_iter().map(Number::terms).sum();
        let reads = self.reads.len().saturating_sub(1) as u64;
        let inside = match &self.what {
            What::Block { recipe, .. } => recipe.effort,
            _ => 0,
        };
        inside.saturating_add(terms + reads)
    }
}

impl Recipe {
    /// Whether its rows mean what those of the other one do.
    pub(crate) fn has_rows_of(&self, other: &Recipe) -> bool {
        self.parts == other.parts
    }

    /// The parameters' names, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = AttributeName> + '_ {
        self.params.iter().map(|param| param.name)
    }
}
