//! Block strings of timm, `ir_r2_k3_s2_e4_c24_se0.25`, as rows of the language and back.
//!
//! In: texts with such strings in any kind of list. Out: [`Blocks`], which say the same, or messages that
//! point at the part of a string that the language cannot say. Nothing is left out in silence.

mod option;
mod read;
mod report;
mod row;
mod word;

pub use read::read;
pub use row::{Frame, rows, space};

use std::fmt;

use crate::quantity::Ratio;
use crate::space::{Activation, Operator};

/// What one string says: equal blocks, of which the first has the stride.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// `conv`, `ds`, `ir` or `er`.
    pub operator: Operator,
    /// How many; 1 to 1,000.
    pub repeat: u32,
    /// Side of the kernel; odd.
    pub kernel: u32,
    /// Stride of the first block.
    pub stride: u32,
    /// Inner width over the width that comes in, 1 or more; 1 for `conv` and `ds`.
    pub expand: Ratio,
    /// Width out, a multiple of 8.
    pub channels: u32,
    /// What squeeze-and-excitation keeps of the width it acts on, 0 to 1; 0 is none.
    pub se: Ratio,
    /// The activation, where it is not the model's.
    pub act: Option<Activation>,
}

/// The types of blocks, and the operators that are the same.
const TYPES: [(&str, Operator); 4] = [
    ("ir", Operator::Ir),
    ("ds", Operator::Ds),
    ("er", Operator::Er),
    ("cn", Operator::Conv),
];

/// The activations a string can name.
const ACTS: [(&str, Activation); 4] = [
    ("re", Activation::Relu),
    ("r6", Activation::Relu6),
    ("hs", Activation::Hswish),
    ("sw", Activation::Swish),
];

/// The string, its parts in timm's order.
impl fmt::Display for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = TYPES
            .iter()
            .find(|(_, operator)| *operator == self.operator);
        let (word, _) = named.expect("no string has another operator");
        let (repeat, kernel, stride) = (self.repeat, self.kernel, self.stride);
        write!(f, "{word}_r{repeat}_k{kernel}_s{stride}")?;
        if self.operator != Operator::Conv {
            write!(f, "_e{}", self.expand)?;
        }
        write!(f, "_c{}", self.channels)?;
        if !self.se.is_zero() {
            write!(f, "_se{}", self.se)?;
        }
        let act = self
            .act
            .and_then(|act| ACTS.iter().find(|(_, one)| *one == act));
        match act {
            Some((word, _)) => write!(f, "_n{word}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
