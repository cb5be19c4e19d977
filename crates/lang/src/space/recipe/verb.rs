//! The words a row of a block begins with, and what each takes.

use std::fmt;

use crate::space::AttributeName;
use crate::space::operator::words;

/// What a row of a block can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Convolution.
    Conv,
    /// Convolution of each channel by itself.
    DwConv,
    /// Norm.
    Norm,
    /// Activation.
    Act,
    /// Squeeze and excitation.
    Squeeze,
    /// Average pool.
    Pool,
    /// Max pool.
    MaxPool,
    /// Fully connected at every pixel.
    Linear,
    /// One of several equal shares of the channels.
    Split,
    /// Channels one behind the other.
    Concat,
    /// Channels in another order.
    Shuffle,
    /// Times a number a channel, or times a gate.
    Scale,
    /// Sum.
    Add,
    /// Plus the block's input where the shape is the same.
    Residual,
    /// The block's input in the shape of its output.
    Shortcut,
}

words!(Verb {
    Conv = "conv",
    DwConv = "dwconv",
    Norm = "norm",
    Act = "act",
    Squeeze = "squeeze",
    Pool = "pool",
    MaxPool = "maxpool",
    Linear = "linear",
    Split = "split",
    Concat = "concat",
    Shuffle = "shuffle",
    Scale = "scale",
    Add = "add",
    Residual = "residual",
    Shortcut = "shortcut",
});

/// What stands behind `=` in a row's parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::space) enum Slot {
    /// An odd whole number.
    Kernel,
    /// A whole number, 1 or more.
    Count,
    /// Any number.
    Number,
    /// A word of this attribute.
    Word(AttributeName),
}

impl Verb {
    /// What can be set in the parentheses, and whether it must be.
    pub(in crate::space) fn attributes(self) -> &'static [(&'static str, Slot, bool)] {
        const KERNEL: (&str, Slot, bool) = ("kernel", Slot::Kernel, true);
        const PADDING: (&str, Slot, bool) = ("padding", Slot::Word(AttributeName::Padding), false);
        match self {
            Verb::Conv => &[KERNEL, ("groups", Slot::Count, false), PADDING],
            Verb::DwConv => &[KERNEL, PADDING],
            Verb::Squeeze => &[("ratio", Slot::Number, true)],
            Verb::Pool | Verb::MaxPool => &[("kernel", Slot::Kernel, false)],
            Verb::Split => &[("part", Slot::Count, true), ("parts", Slot::Count, true)],
            Verb::Shuffle => &[("groups", Slot::Count, true)],
            Verb::Scale => &[("start", Slot::Number, false)],
            Verb::Norm
            | Verb::Act
            | Verb::Linear
            | Verb::Concat
            | Verb::Add
            | Verb::Residual
            | Verb::Shortcut => &[],
        }
    }

    /// The names of what can be set in the parentheses.
    pub(crate) fn attribute_names(self) -> impl Iterator<Item = &'static str> {
        self.attributes().iter().map(|(name, ..)| *name)
    }

    /// The attribute whose words something set in the parentheses is one of; `None` where it is a number.
    pub(crate) fn words_of(self, name: &str) -> Option<AttributeName> {
        let mut attributes = self.attributes().iter();
        let (_, slot, _) = attributes.find(|(attribute, ..)| *attribute == name)?;
        match slot {
            Slot::Word(attribute) => Some(*attribute),
            Slot::Kernel | Slot::Count | Slot::Number => None,
        }
    }

    /// What can be set behind it.
    pub(crate) fn measures(self) -> &'static [&'static str] {
        match self {
            Verb::Conv | Verb::DwConv => &["channels", "stride"],
            Verb::Linear => &["channels"],
            Verb::Pool | Verb::MaxPool => &["stride"],
            _ => &[],
        }
    }

    /// The word that may stand in the parentheses by itself.
    pub(crate) fn word(self) -> Option<AttributeName> {
        match self {
            Verb::Norm | Verb::Shortcut => Some(AttributeName::Norm),
            Verb::Act => Some(AttributeName::Act),
            _ => None,
        }
    }

    /// How many rows it reads, at least and at most.
    pub(crate) fn reads(self) -> (usize, usize) {
        match self {
            Verb::Concat | Verb::Add => (2, usize::MAX),
            Verb::Scale => (1, 2),
            Verb::Shortcut => (0, 0),
            _ => (1, 1),
        }
    }
}
