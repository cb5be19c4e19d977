//! Where the marks of arithmetic are tokens: in the rows of a block. Anywhere else they are a slip,
//! and the lexer says what was meant.

use super::Kind;

/// How far a `block` has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Recipe {
    /// Outside of one.
    #[default]
    Outside,
    /// Behind the word `block`.
    Head,
    /// Between the parentheses of its head.
    Params,
    /// Between its braces, and between so many more.
    Rows(u32),
}

impl Recipe {
    /// Behind one more token.
    pub fn behind(self, kind: Kind, text: &str) -> Recipe {
        match (self, kind) {
            (Recipe::Outside | Recipe::Head, Kind::Word) if text == "block" => Recipe::Head,
            (Recipe::Head, Kind::Word) => Recipe::Head,
            (Recipe::Head, Kind::LeftParen) => Recipe::Params,
            (Recipe::Params, Kind::RightParen) => Recipe::Head,
            (Recipe::Head, Kind::LeftBrace) => Recipe::Rows(0),
            (Recipe::Rows(inner), Kind::LeftBrace) => Recipe::Rows(inner.saturating_add(1)),
            (Recipe::Rows(0), Kind::RightBrace) => Recipe::Outside,
            (Recipe::Rows(inner), Kind::RightBrace) => Recipe::Rows(inner - 1),
            (Recipe::Params, _) => Recipe::Params,
            (Recipe::Rows(_), _) => self,
            _ => Recipe::Outside,
        }
    }

    /// The token that a character is here, if it is one.
    pub fn mark(self, character: char) -> Option<Kind> {
        if !matches!(self, Recipe::Rows(_)) {
            return None;
        }
        Some(match character {
            ':' => Kind::Colon,
            '+' => Kind::Plus,
            '-' => Kind::Minus,
            '*' => Kind::Star,
            '/' => Kind::Slash,
            _ => return None,
        })
    }
}
