//! What values an attribute takes, and literals as such values.

use super::Checker;
use super::literal::{Constant, Literal};
use super::number;
use crate::quantity::{Quantity, Ratio, Unit};
use crate::space::resolve::given_meaning;
use crate::space::{Activation, AttributeName, AttributeValue, Norm, Padding, limits, report};

/// The values one attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::space) struct Kind {
    /// The attribute, as written.
    pub(in crate::space) name: &'static str,
    pub(in crate::space) form: Form,
}

/// Which type of value, and how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::space) enum Form {
    /// A whole number `min..=max`.
    Integer { min: u32, max: u32, is_odd: bool },
    /// A number of blocks, from 1.
    Depth,
    /// A number `min..=max` with at most `decimals` places.
    Ratio { min: u32, max: u32, decimals: u32 },
    /// One of the attribute's words.
    Word(AttributeName),
}

pub(super) const fn integer(name: &'static str, min: u32, max: u32) -> Kind {
    Kind {
        name,
        form: Form::Integer {
            min,
            max,
            is_odd: false,
        },
    }
}

pub(super) const fn ratio(name: &'static str, min: u32, max: u32, decimals: u32) -> Kind {
    Kind {
        name,
        form: Form::Ratio { min, max, decimals },
    }
}

pub(super) const CHANNELS: Kind = integer("channels", 1, limits::WIDTH);
pub(super) const STRIDE: Kind = integer("stride", 1, limits::STRIDE);
pub(super) const RESOLUTION: Kind = integer("resolution", 1, limits::RESOLUTION);
pub(super) const CLASSES: Kind = integer("classes", 1, limits::CLASSES);
pub(super) const EPS: Kind = ratio("eps", 0, 1, 18);
pub(super) const MOMENTUM: Kind = ratio("momentum", 0, 1, 18);
pub(super) const DEPTH: Kind = Kind {
    name: "depth",
    form: Form::Depth,
};

impl Kind {
    /// The values of an operator's attribute.
    pub(super) fn of(name: AttributeName) -> Kind {
        match name {
            AttributeName::Kernel => Kind {
                name: "kernel",
                form: Form::Integer {
                    min: 1,
                    max: limits::KERNEL,
                    is_odd: true,
                },
            },
            AttributeName::Groups => integer("groups", 1, limits::WIDTH),
            AttributeName::Expand => ratio("expand", 1, limits::EXPAND, 9),
            AttributeName::Ratio => ratio("ratio", 0, 1, 9),
            AttributeName::Se => ratio("se", 0, 1, 9),
            AttributeName::Own(name) => ratio(name.as_str(), 0, limits::NUMBER, 9),
            AttributeName::Act | AttributeName::Norm | AttributeName::Padding => Kind {
                name: name.as_str(),
                form: Form::Word(name),
            },
        }
    }

    /// Whether a value is of this type.
    pub(super) fn takes(self, value: AttributeValue) -> bool {
        match (self.form, value) {
            (Form::Word(AttributeName::Act), AttributeValue::Act(_))
            | (Form::Word(AttributeName::Norm), AttributeValue::Norm(_))
            | (Form::Word(AttributeName::Padding), AttributeValue::Padding(_)) => true,
            (Form::Word(_), _) => false,
            (_, value) => matches!(value, AttributeValue::Integer(_) | AttributeValue::Ratio(_)),
        }
    }

    /// Of two types for one attribute one that takes what either does.
    pub(super) fn wider(self, other: Kind) -> Kind {
        let form = match (self.form, other.form) {
            (
                Form::Ratio { min, max, decimals },
                Form::Ratio {
                    min: other_min,
                    max: other_max,
                    decimals: other_decimals,
                },
            ) => Form::Ratio {
                min: min.min(other_min),
                max: max.max(other_max),
                decimals: decimals.max(other_decimals),
            },
            (
                Form::Integer { min, max, is_odd },
                Form::Integer {
                    min: other_min,
                    max: other_max,
                    is_odd: other_is_odd,
                },
            ) => Form::Integer {
                min: min.min(other_min),
                max: max.max(other_max),
                is_odd: is_odd && other_is_odd,
            },
            (Form::Integer { .. }, Form::Ratio { .. }) => return other,
            (form, _) => form,
        };
        Kind { form, ..self }
    }

    /// Whether a whole number is one of its values.
    fn holds(self, number: u128) -> bool {
        let is_inside = |min: u32, max: u32| (min.into()..=max.into()).contains(&number);
        match self.form {
            Form::Integer { min, max, is_odd } => {
                is_inside(min, max) && !(is_odd && number.is_multiple_of(2))
            }
            Form::Depth => is_inside(1, limits::STAGE_BLOCKS),
            Form::Ratio { min, max, .. } => is_inside(min, max),
            Form::Word(_) => false,
        }
    }

    /// The same values under another name.
    pub(super) fn called(self, name: &'static str) -> Kind {
        Kind { name, ..self }
    }

    /// The type with its article, for messages.
    pub(in crate::space) fn type_name(self) -> &'static str {
        match self.form {
            Form::Integer { .. } | Form::Depth => "a whole number",
            Form::Ratio { .. } => "a number",
            Form::Word(_) => "a word",
        }
    }

    /// The distance of a range of such values.
    pub(super) fn step(self) -> Kind {
        match self.form {
            Form::Ratio { max, decimals, .. } => ratio("step", 0, max, decimals),
            _ => integer("step", 0, u32::MAX),
        }
    }
}

impl<'a> Checker<'a> {
    /// A literal as a value of `kind`.
    pub(super) fn typed(&mut self, kind: Kind, literal: &Literal) -> Option<AttributeValue> {
        match (&literal.constant, kind.form) {
            (Constant::Word(word), Form::Word(name)) => self.word(name, word, literal),
            (Constant::Word(word), _) => self.word_for_number(kind, word, literal),
            (Constant::Number(_), Form::Word(_)) => {
                self.wrong(report::number_for_word(kind, &words_of(kind), literal.at))
            }
            (Constant::Number(number), _) if number.unit != Unit::Bare => {
                let text = self.sources.text(literal.at.span);
                let plain = number::whole(*number).filter(|&plain| kind.holds(plain));
                self.wrong(report::unit_not_wanted(kind, text, plain, literal.at))
            }
            (Constant::Number(number), Form::Integer { min, max, is_odd }) => {
                self.integer(kind, *number, literal, (min, max), is_odd)
            }
            (Constant::Number(number), Form::Depth) => self.depth_value(kind, *number, literal),
            (Constant::Number(number), Form::Ratio { min, max, decimals }) => {
                self.ratio(kind, *number, literal, (min, max), decimals)
            }
        }
    }

    fn word(
        &mut self,
        name: AttributeName,
        word: &str,
        literal: &Literal,
    ) -> Option<AttributeValue> {
        match word_value(name, word) {
            Some(value) => Some(value),
            None => {
                let lets = self.let_names();
                self.wrong(report::unknown_word(name, word, literal.at, &lets))
            }
        }
    }

    pub(super) fn word_for_number<T>(
        &mut self,
        kind: Kind,
        word: &str,
        literal: &Literal,
    ) -> Option<T> {
        let problem = match given_meaning(word) {
            Some(given) => report::word_for_number(kind, word, given, literal.at),
            None => report::unknown_value(kind, word, literal.at, &self.let_names()),
        };
        self.wrong(problem)
    }

    fn integer(
        &mut self,
        kind: Kind,
        number: Quantity,
        literal: &Literal,
        (min, max): (u32, u32),
        is_odd: bool,
    ) -> Option<AttributeValue> {
        if number::is_fraction(number) {
            return self.wrong(report::not_whole(kind, literal.at));
        }
        let value = number::whole(number).and_then(|value| u32::try_from(value).ok());
        let Some(value) = value.filter(|value| (min..=max).contains(value)) else {
            let text = self.sources.text(literal.at.span);
            return self.wrong(report::out_of_range(kind, text, (min, max), literal.at));
        };
        if is_odd && value.is_multiple_of(2) {
            return self.wrong(report::even(kind, value, literal.at));
        }
        Some(AttributeValue::Integer(value))
    }

    fn depth_value(
        &mut self,
        kind: Kind,
        number: Quantity,
        literal: &Literal,
    ) -> Option<AttributeValue> {
        let whole = number::whole(number);
        if !number::is_fraction(number)
            && whole.is_none_or(|value| value > u128::from(limits::STAGE_BLOCKS))
        {
            let text = self.sources.text(literal.at.span);
            return self.wrong(report::stage_too_deep(text, literal.at));
        }
        self.integer(kind, number, literal, (1, limits::STAGE_BLOCKS), false)
    }

    fn ratio(
        &mut self,
        kind: Kind,
        number: Quantity,
        literal: &Literal,
        (min, max): (u32, u32),
        decimals: u32,
    ) -> Option<AttributeValue> {
        let is_inside = |ratio: &Ratio| {
            let (low, high) = (u64::from(min), u64::from(max));
            let (numerator, denominator) =
                (u128::from(ratio.numerator), u128::from(ratio.denominator));
            numerator >= u128::from(low) * denominator
                && numerator <= u128::from(high) * denominator
        };
        match number::ratio(number, decimals) {
            Some(ratio) if is_inside(&ratio) => Some(AttributeValue::Ratio(ratio)),
            None if number::is_too_fine(number, decimals) => {
                self.wrong(report::too_fine(kind, decimals, literal.at))
            }
            _ => {
                let text = self.sources.text(literal.at.span);
                self.wrong(report::out_of_range(kind, text, (min, max), literal.at))
            }
        }
    }

    /// The single value after `=`.
    pub(super) fn fixed(
        &mut self,
        kind: Kind,
        value: &'a crate::syntax::ast::Value,
    ) -> Option<AttributeValue> {
        let literal = self.literal(value)?;
        self.typed(kind, &literal)
    }
}

/// The words of a kind; none for numbers.
pub(super) fn words_of(kind: Kind) -> Vec<&'static str> {
    match kind.form {
        Form::Word(name) => name.words(),
        _ => Vec::new(),
    }
}

fn word_value(name: AttributeName, word: &str) -> Option<AttributeValue> {
    match name {
        AttributeName::Act => Activation::from_word(word).map(AttributeValue::Act),
        AttributeName::Norm => Norm::from_word(word).map(AttributeValue::Norm),
        AttributeName::Padding => Padding::from_word(word).map(AttributeValue::Padding),
        _ => None,
    }
}

/// The whole number inside a value that [`Form::Integer`] or [`Form::Depth`] made.
pub(super) fn as_integer(value: AttributeValue) -> u32 {
    match value {
        AttributeValue::Integer(value) => value,
        _ => unreachable!("an integer kind gives integers"),
    }
}
