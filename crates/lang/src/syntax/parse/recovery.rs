//! Where reading goes on after a fault: at the next item word, so that one typo gives one message.

use super::tokens::Tokens;
use crate::syntax::lex::Kind;

/// Words an item of a space begins with.
pub(crate) const ITEMS: [&str; 11] = [
    "input", "output", "default", "let", "choice", "table", "block", "layer", "stage", "fit",
    "require",
];

/// Words something at file level begins with.
pub(crate) const FILE_ITEMS: [&str; 5] = ["use", "let", "block", "space", "arch"];

/// Whether a token that begins its line is an item word. (`fit` and the others may also stand inside
/// a row, where they mean something else or are names by mistake.)
pub(super) fn begins_item(input: Tokens<'_>) -> bool {
    input.next().first_on_line && is_item_word(input) && !is_read(input)
}

/// `input` and `layer` inside of brackets, as in `add(input, made)` and `norm in {batch, layer}`.
fn is_read(input: Tokens<'_>) -> bool {
    let ends = [Kind::Comma, Kind::RightParen, Kind::RightBrace];
    matches!(input.text(), "input" | "layer") && ends.contains(&input.ahead(1).kind)
}

fn is_item_word(input: Tokens<'_>) -> bool {
    input.is(Kind::Word) && {
        let word = input.text();
        ITEMS.contains(&word) || FILE_ITEMS.contains(&word)
    }
}

/// Goes on from `stop`, inside an item that begins at `start`, to the next item word, to the brace that
/// closes the body around it, or to the end.
pub(super) fn to_next_item<'a>(start: Tokens<'a>, stop: Tokens<'a>) -> Tokens<'a> {
    let stop_at = stop.span().start;
    let mut open_braces = 0_usize;
    // The brace that closes a block's rows stands first on its line, too.
    let rows = start.is_word("block") && matches!(start.ahead(2).kind, Kind::LeftParen);
    let mut input = start;
    while !input.is_end() {
        let first = input.next().first_on_line;
        let passed = input.span().start >= stop_at && input.span().start > start.span().start;
        match input.next().kind {
            Kind::LeftBrace => open_braces += 1,
            Kind::RightBrace if passed && (open_braces == 0 || first && !rows) => return input,
            Kind::RightBrace => open_braces = open_braces.saturating_sub(1),
            Kind::Word if passed && resumes(input, stop_at) => return input,
            _ => {}
        }
        input = input.skip();
    }
    input
}

/// An item word resumes the reading where it begins a line, or, but for `fit`, behind the faulty token.
fn resumes(input: Tokens<'_>, stop_at: u32) -> bool {
    is_item_word(input)
        && (input.next().first_on_line || input.span().start > stop_at && !input.is_word("fit"))
}

/// As [`to_next_item`], for the rows of an arch and of a derived space, which begin with a name and
/// `=`, `.`, `in` or `fit` on a new line.
pub(super) fn to_next_fix<'a>(start: Tokens<'a>, stop: Tokens<'a>) -> Tokens<'a> {
    let stop_at = stop.span().start;
    let mut open_braces = 0_usize;
    let mut input = start;
    while !input.is_end() {
        let first = input.next().first_on_line;
        let passed = input.span().start >= stop_at && input.span().start > start.span().start;
        match input.next().kind {
            Kind::LeftBrace => open_braces += 1,
            Kind::RightBrace if passed && (open_braces == 0 || first) => return input,
            Kind::RightBrace => open_braces = open_braces.saturating_sub(1),
            Kind::Word if passed && (begins_item(input) || begins_fix(input)) => return input,
            _ => {}
        }
        input = input.skip();
    }
    input
}

/// As [`to_next_item`], for the rows of a block: each begins on a new line, with a name.
pub(super) fn to_next_part<'a>(start: Tokens<'a>, stop: Tokens<'a>) -> Tokens<'a> {
    let stop_at = stop.span().start;
    let mut open_braces = 0_usize;
    let mut input = start;
    while !input.is_end() {
        let passed = input.span().start >= stop_at && input.span().start > start.span().start;
        match input.next().kind {
            Kind::LeftBrace => open_braces += 1,
            Kind::RightBrace if open_braces == 0 => return input,
            Kind::RightBrace => open_braces -= 1,
            Kind::Word if passed && input.next().first_on_line => return input,
            _ => {}
        }
        input = input.skip();
    }
    input
}

/// Whether a row of an arch or of a derived space begins here.
pub(super) fn begins_fix(input: Tokens<'_>) -> bool {
    let behind = input.ahead(1);
    let binds = match behind.kind {
        Kind::Equals | Kind::Dot => true,
        Kind::Word => matches!(input.text_of(behind), "in" | "fit"),
        _ => false,
    };
    input.next().first_on_line && input.is_name() && binds
}
