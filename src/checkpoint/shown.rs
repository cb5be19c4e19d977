//! Words of a file that may be anybody's, as a terminal may see them.

/// More characters than any tensor's name has.
const LONG: usize = 200;

/// A name of a file that may be anybody's: it moves no cursor, turns no line around and fills no screen.
pub(crate) fn shown(name: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let one = |c: char| match c.is_control() || turns(c) {
        true => c.escape_unicode().to_string(),
        false => c.to_string(),
    };
    let shown: String = name.chars().take(LONG).map(one).collect();
    match name.chars().nth(LONG) {
        Some(_) => format!("{shown}…"),
        None => shown,
    }
}
