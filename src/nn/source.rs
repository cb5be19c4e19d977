//! Where the tensors of a block come from.

use tch::Tensor;

use super::Place;
use super::init::Initial;
use super::stored::Stored;

/// Gives the tensors of operators, by their full names.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// Made anew, with first values of their own.
    Made(Initial),
    /// Slices of stored tensors, which have the same names: what changes the one changes the other.
    Sliced(&'a Stored),
}

impl Source<'_> {
    /// Kind and device of the tensors.
    pub fn place(&self) -> Place {
        match self {
            Source::Made(initial) => initial.place,
            Source::Sliced(stored) => stored.place(),
        }
    }

    /// A convolution's weight, `[out, in / groups, k, k]`.
    pub fn conv(&self, name: &str, shape: [i64; 4], groups: i64) -> Tensor {
        match self {
            Source::Made(initial) => initial.conv(name, shape, groups),
            Source::Sliced(stored) => stored.slice(name, &shape),
        }
    }

    /// A linear layer's weight, `[out, in]`.
    pub fn linear(&self, name: &str, shape: [i64; 2]) -> Tensor {
        match self {
            Source::Made(initial) => initial.linear(name, shape),
            Source::Sliced(stored) => stored.slice(name, &shape),
        }
    }

    /// `width` numbers, of the same `value` first: a bias, or a norm's tensors.
    pub fn constant(&self, name: &str, width: i64, value: f64) -> Tensor {
        match self {
            Source::Made(initial) => initial.constant(width, value),
            Source::Sliced(stored) => stored.slice(name, &[width]),
        }
    }
}
