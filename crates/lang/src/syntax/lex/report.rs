//! What the lexer complains about, one function a message.

use super::LONGEST_NAME;
use crate::diagnostic::{Certainty, Code, Diagnostic, Edit};
use crate::quantity::{Quantity, UNITS};
use crate::source::Span;

/// Characters shown of a long faulty text.
const SHOWN: usize = 24;

/// `length`: how long it is without brackets that were hardly meant as parts of it.
pub(super) fn unclosed_string(span: Span, length: usize) -> Diagnostic {
    let end = Span::new(
        span.file,
        span.range().start + length,
        span.range().start + length,
    );
    Diagnostic::new(
        Code::UnclosedString,
        "a string is not closed on its line",
        span,
        "this string has no second `\"`",
    )
    .guess("add `\"`", end, "\"")
}

pub(super) fn foreign_letter(word: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::StrayCharacter,
        format!("the name `{}` has letters outside ASCII", shown(word)),
        span,
        "a name",
    )
    .note("a name has the letters a to z, A to Z, digits and `_`")
}

pub(super) fn long_name(word: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SpaceTooLarge,
        format!("the name `{}` is too long", shown(word)),
        span,
        format!("{} letters", word.len()),
    )
    .note(format!("a name has at most {LONGEST_NAME} letters"))
}

pub(super) fn malformed_number(text: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        Code::MalformedNumber,
        format!("`{}` is no number", shown(text)),
        span,
        "this begins like a number",
    )
    .note(
        "a number is written `3`, `0.25`, `1e-5`, or with a unit: `K`, `M`, `G`, `us`, `ms`, `s`",
    );
    match repaired_number(text) {
        Some(number) => diagnostic.guess(format!("did you mean `{number}`?"), span, number),
        None => diagnostic,
    }
}

/// The number that was probably meant: `.5` → `0.5`, `5.` → `5`, `600m` → `600M`.
fn repaired_number(text: &str) -> Option<String> {
    if text.len() > SHOWN {
        return None;
    }
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (digits, tail) = text.split_at(digits_end.unwrap_or(text.len()));
    let unit = UNITS
        .iter()
        .find(|(unit, ..)| unit.eq_ignore_ascii_case(tail))
        .map_or("", |(unit, ..)| unit);
    let zero = if digits.starts_with('.') { "0" } else { "" };
    let number = format!("{zero}{}{unit}", digits.trim_end_matches('.'));
    let complete = !unit.is_empty() || tail.is_empty();
    (complete && Quantity::parse(&number).is_ok()).then_some(number)
}

pub(super) fn number_too_large(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NumberTooLarge,
        format!("the number `{}` is out of range", shown(text)),
        span,
        "more than can be held exactly",
    )
    .note("a number has at most 38 digits, and its power of ten is at most 64")
}

pub(super) fn square_bracket(open: Span, close: Option<Span>) -> Diagnostic {
    let mut edits = vec![Edit::new(open, "{")];
    edits.extend(close.map(|span| Edit::new(span, "}")));
    Diagnostic::new(
        Code::StrayCharacter,
        "a set is written in braces",
        open,
        "a square bracket",
    )
    .cure("write `{` and `}`".to_owned(), edits, Certainty::Sure)
}

pub(super) fn bare_comparison(mark: char, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::StrayCharacter,
        format!("`{mark}` is no comparison"),
        span,
        "bounds include both ends",
    )
    // For a depth `< 3` is `<= 2`.
    .guess(format!("write `{mark}=`"), span, format!("{mark}="))
}

pub(super) fn slashes(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::StrayCharacter,
        "a comment begins with `#`",
        span,
        "these slashes begin no comment",
    )
    .fix("write `#`", span, "#")
}

pub(super) fn stray(run: &str, span: Span) -> Diagnostic {
    let what = if run.chars().count() == 1 {
        "a stray character"
    } else {
        "stray characters"
    };
    let diagnostic = Diagnostic::new(
        Code::StrayCharacter,
        format!("`{}` means nothing here", shown(run)),
        span,
        what,
    );
    match run {
        ";" => diagnostic.fix("items and rows end without a mark: leave it out", span, ""),
        ":" => diagnostic.fix("a value is given with `=`", span, " ="),
        "'" | "`" | "“" | "”" => diagnostic.guess("a string stands in `\"`", span, "\""),
        "-" => diagnostic.note("numbers are not negative; a range is written `1..6`"),
        _ if run.chars().all(char::is_whitespace) => {
            diagnostic.fix("write an ordinary blank", span, " ")
        }
        _ if run.chars().all(is_invisible) => {
            diagnostic.fix("nothing of it is seen: leave it out", span, "")
        }
        _ => diagnostic,
    }
}

/// Whether a character is neither drawn nor blank: soft hyphens, marks of no width, of direction and of byte order.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text as it can be printed in a headline: short, what is not seen escaped.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(|c| {
            let plain = !(c.is_control() || c.is_whitespace() && c != ' ' || is_invisible(c));
            let escaped = (!plain).then(|| c.escape_unicode());
            escaped.into_iter().flatten().chain(plain.then_some(c))
        })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
