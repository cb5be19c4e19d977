//! What is wrong with a row, and the shapes that messages show.

use super::super::Exact;
use crate::source::Span;

/// A row that cannot stand at a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(in crate::space) trouble: Trouble,
    /// The row, or the part of it that is wrong.
    pub(in crate::space) span: Span,
    /// The rows that lead to it, from the inside out.
    pub(in crate::space) through: Vec<Span>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::space) enum Trouble {
    /// A number that is not whole.
    NotWhole {
        what: &'static str,
        value: Exact,
    },
    /// A number that is too small or too large.
    OutOfRange {
        what: &'static str,
        value: Exact,
        range: (u32, u32),
    },
    /// A number that is not odd.
    Even {
        what: &'static str,
        value: u32,
    },
    DivisionByZero,
    TooLarge,
    /// A number that does not divide the width.
    Undivided {
        what: &'static str,
        by: u32,
        width: u32,
    },
    /// A share that is none of so many.
    NoSuchShare {
        part: u32,
        of: u32,
    },
    /// Values that cannot be joined.
    Unlike {
        how: &'static str,
        shapes: Vec<Shown>,
    },
    /// The block makes another width, or another map, than its place has.
    Output {
        made: Shown,
        wanted: Shown,
    },
}

/// The shape of a value: channels, and its map against the block's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::space) struct Shown {
    pub width: u32,
    pub map: Map,
}

/// How large a map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::space) enum Map {
    /// So many times smaller, a side, than what goes into the outermost block.
    Shrunk(u64),
    /// One pixel.
    Pixel,
}

impl Map {
    pub(super) fn behind(self, stride: u32) -> Map {
        match self {
            Map::Shrunk(times) => Map::Shrunk(times.saturating_mul(stride.into())),
            Map::Pixel => Map::Pixel,
        }
    }
}

pub(super) fn problem(span: Span, trouble: Trouble) -> Problem {
    Problem {
        trouble,
        span,
        through: Vec::new(),
    }
}
