//! Text to syntax tree and back.
//!
//! [`parse`] takes any text; [`format()`] writes a tree in the one form that all
//! files share. `parse(format(x))` equals `parse(x)` up to places.

pub mod ast;
mod format;
mod lex;
mod parse;
mod reports;

pub use format::format;
pub use parse::{parse, parse_require};
