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
pub(crate) use lex::{Kind, LONGEST_NAME, Lexed, Token};
pub(crate) use parse::{FILE_ITEMS, ITEMS, is_reserved};
pub use parse::{parse, parse_require};

use crate::source::FileId;

/// The tokens and comments of a file, without messages.
pub(crate) fn lex(file: FileId, text: &str) -> Lexed {
    lex::lex(file, text, &mut reports::Reports::default())
}
