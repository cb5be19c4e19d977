//! Tokens as text: what the parser reads is what stands in the Rust file, comments left out.

use std::ops::Range;

/// The version that is read where none is written.
const VERSION: &str = "cream 1";

/// One token, as far as the text depends on it.
#[derive(Debug, Clone)]
pub struct Piece {
    /// As it is written.
    pub text: String,
    /// The file it stands in, its line and its column in characters, both from 1.
    pub place: (String, usize, usize),
    /// The next token belongs to it: both are marks and no blank stands between them.
    pub joint: bool,
}

/// A text and where each piece stands in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub ranges: Vec<Range<usize>>,
}

impl Text {
    /// Every piece at the line and column of the Rust file, so that places in the text are places there.
    /// Pieces that came together from several places (through another macro) stand in one line.
    pub fn of(pieces: &[Piece]) -> Text {
        placed(pieces).unwrap_or_else(|| in_one_line(pieces))
    }

    /// The pieces under a range, first and last; for an empty one the piece before it.
    pub fn pieces(&self, range: Range<usize>) -> Option<(usize, usize)> {
        let last_before = |end: usize| self.ranges.iter().rposition(|piece| piece.start < end);
        let last = last_before(range.end.max(range.start + 1)).or(match self.ranges.len() {
            0 => None,
            _ => Some(0), // in the version line that nobody wrote
        })?;
        let first = self.ranges.iter().position(|piece| piece.end > range.start);
        Some((first.unwrap_or(last).min(last), last))
    }
}

fn has_version(pieces: &[Piece]) -> bool {
    pieces.first().is_some_and(|piece| piece.text == "cream")
}

/// `None` where the pieces do not follow each other in one file.
fn placed(pieces: &[Piece]) -> Option<Text> {
    let mut writer = Writer::default();
    if !has_version(pieces) {
        writer.push(VERSION);
    }
    let is_version_written = !writer.text.is_empty();
    for (at, piece) in pieces.iter().enumerate() {
        let (file, line, column) = &piece.place;
        if *file != pieces[0].place.0 {
            return None;
        }
        let touches = writer.go_to(*line, *column)?;
        if at == 0 && is_version_written && touches {
            return None;
        }
        writer.piece(&piece.text);
    }
    Some(writer.done())
}

fn in_one_line(pieces: &[Piece]) -> Text {
    let mut writer = Writer::default();
    if !has_version(pieces) {
        writer.push(VERSION);
    }
    let mut joint = false;
    for piece in pieces {
        if !joint {
            writer.push(" ");
        }
        joint = piece.joint;
        writer.piece(&piece.text);
    }
    writer.done()
}

struct Writer {
    text: String,
    ranges: Vec<Range<usize>>,
    line: usize,
    column: usize,
}

impl Default for Writer {
    fn default() -> Writer {
        Writer {
            text: String::new(),
            ranges: Vec::new(),
            line: 1,
            column: 1,
        }
    }
}

impl Writer {
    fn push(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '\n' => (self.line, self.column) = (self.line + 1, 1),
                _ => self.column += 1,
            }
        }
        self.text.push_str(text);
    }

    fn piece(&mut self, text: &str) {
        let start = self.text.len();
        self.push(text);
        self.ranges.push(start..self.text.len());
    }

    /// Line ends and blanks up to a place; whether none were needed. `None` where it is behind us.
    fn go_to(&mut self, line: usize, column: usize) -> Option<bool> {
        if (line, column) < (self.line, self.column) {
            return None;
        }
        let touches = (line, column) == (self.line, self.column);
        self.push(&"\n".repeat(line - self.line));
        self.push(&" ".repeat(column - self.column));
        Some(touches)
    }

    fn done(mut self) -> Text {
        self.push("\n");
        Text {
            text: self.text,
            ranges: self.ranges,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Text};

    fn piece(text: &str, line: usize, column: usize, joint: bool) -> Piece {
        Piece {
            text: text.to_owned(),
            place: ("lib.rs".to_owned(), line, column),
            joint,
        }
    }

    #[test]
    fn pieces_stand_where_they_stand_in_rust() {
        let pieces = [
            piece("space", 3, 5, false),
            piece("tiny", 3, 11, false),
            piece("{", 3, 16, false),
            piece("0", 5, 2, false),
            piece(".", 5, 3, true),
            piece(".", 5, 4, false),
            piece("600M", 5, 5, false),
            piece("}", 6, 1, false),
        ];
        let text = Text::of(&pieces);
        assert_eq!(text.text, "cream 1\n\n    space tiny {\n\n 0..600M\n}\n");
        assert_eq!(&text.text[text.ranges[6].clone()], "600M");
    }

    #[test]
    fn a_version_that_is_written_is_not_written_twice() {
        let pieces = [piece("cream", 2, 1, false), piece("2", 2, 7, false)];
        assert_eq!(Text::of(&pieces).text, "\ncream 2\n");
    }

    #[test]
    fn pieces_from_several_places_stand_in_one_line_and_marks_stay_together() {
        let mut pieces = [
            piece("depth", 9, 1, false),
            piece("<", 2, 1, true),
            piece("=", 2, 2, false),
            piece("3", 2, 3, false),
        ];
        assert_eq!(Text::of(&pieces).text, "cream 1 depth <= 3\n");
        // In order, but not in one file: the columns mean nothing.
        pieces[0].place = ("other.rs".to_owned(), 1, 30);
        assert_eq!(Text::of(&pieces).text, "cream 1 depth <= 3\n");
    }

    #[test]
    fn a_first_line_without_room_for_the_version_stands_behind_it() {
        let text = Text::of(&[piece("space", 1, 8, false), piece("s", 1, 14, false)]);
        assert_eq!(text.text, "cream 1 space s\n");
    }

    #[test]
    fn a_range_of_the_text_is_the_pieces_it_touches() {
        let text = Text::of(&[piece("space", 3, 5, false), piece("s", 3, 11, false)]);
        let (space, s) = (text.ranges[0].clone(), text.ranges[1].clone());
        assert_eq!(text.pieces(space.clone()), Some((0, 0)));
        assert_eq!(text.pieces(space.start..s.end), Some((0, 1)));
        let end = text.text.len();
        assert_eq!(text.pieces(end..end), Some((1, 1)));
        assert_eq!(text.pieces(0..7), Some((0, 0)));
        assert_eq!(Text::of(&[]).pieces(0..7), None);
    }
}
