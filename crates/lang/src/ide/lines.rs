//! Places as editors count them: lines from 0, columns from 0 in UTF-16 units.

/// A place in a text, as the language server protocol has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 0.
    pub line: u32,
    /// UTF-16 units before it on its line.
    pub column: u32,
}

/// A text cut into lines: where each begins, and where it ends without its line end. Lines end with
/// `\n`, `\r\n` or a lone `\r`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Lines {
    /// The lines of a text; a last empty one counts.
    pub fn new(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let mut lines = Lines {
            starts: vec![0],
            ends: Vec::new(),
        };
        let mut at = 0;
        while at < bytes.len() {
            let length = match bytes[at..] {
                [b'\r', b'\n', ..] => 2,
                [b'\r' | b'\n', ..] => 1,
                _ => 0,
            };
            if length > 0 {
                lines.ends.push(at);
                lines.starts.push(at + length);
            }
            at += length.max(1);
        }
        lines.ends.push(bytes.len());
        lines
    }

    /// The place of a byte; inside of a line end it is the end of the line, behind the text its end.
    ///
    /// `text` is the one these lines were made of, `offset` on a character boundary.
    pub fn place(&self, text: &str, offset: usize) -> Place {
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let end = offset.min(self.ends[line]);
        let before = &text[self.starts[line]..end];
        Place {
            line: narrow(line),
            column: narrow(before.encode_utf16().count()),
        }
    }

    /// The byte of a place. A column behind its line is the line's end, a line behind the text is
    /// the text's end, a place inside of a character is before the character.
    pub fn offset(&self, text: &str, place: Place) -> usize {
        let line = place.line as usize;
        let (Some(&start), Some(&end)) = (self.starts.get(line), self.ends.get(line)) else {
            return text.len();
        };
        let mut column = 0;
        let characters = text[start..end].char_indices();
        for (at, character) in characters {
            column += character.len_utf16();
            if column > place.column as usize {
                return start + at;
            }
        }
        end
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(line: u32, column: u32) -> Place {
        Place { line, column }
    }

    #[test]
    fn columns_are_utf16_units() {
        // ü is two bytes and one unit, 😀 four bytes and two units.
        let text = "aü😀b\nc";
        let lines = Lines::new(text);
        assert_eq!(lines.place(text, 7), place(0, 4));
        assert_eq!(lines.offset(text, place(0, 4)), 7);
        assert_eq!(lines.offset(text, place(0, 2)), 3);
        // In the middle of 😀.
        assert_eq!(lines.offset(text, place(0, 3)), 3);
        assert_eq!(lines.place(text, 9), place(1, 0));
    }

    #[test]
    fn every_kind_of_line_end_ends_a_line() {
        let text = "a\r\nb\rc\n";
        let lines = Lines::new(text);
        let starts = [0, 3, 5, 7];
        for (line, start) in starts.into_iter().enumerate() {
            assert_eq!(lines.place(text, start), place(line as u32, 0));
            assert_eq!(lines.offset(text, place(line as u32, 0)), start);
        }
        assert_eq!(lines.offset(text, place(0, 9)), 1, "before the line end");
        assert_eq!(lines.place(text, 2), place(0, 1), "inside of it");
    }

    #[test]
    fn places_outside_are_the_nearest_inside() {
        let text = "ab\ncd";
        let lines = Lines::new(text);
        assert_eq!(lines.offset(text, place(0, u32::MAX)), 2);
        assert_eq!(lines.offset(text, place(u32::MAX, 0)), 5);
        assert_eq!(lines.place(text, 99), place(1, 2));
        assert_eq!(Lines::new("").offset("", place(3, 3)), 0);
    }

    proptest! {
        #[test]
        fn a_character_is_found_at_its_own_place(text in "[ab\u{e4}\u{1f600}\n\r]{0,24}") {
            let lines = Lines::new(&text);
            for (at, character) in text.char_indices() {
                let there = lines.offset(&text, lines.place(&text, at));
                let in_line_end = character == '\n' && text[..at].ends_with('\r');
                prop_assert_eq!(there, if in_line_end { at - 1 } else { at });
            }
        }

        #[test]
        fn any_place_is_a_character_boundary(text in ".{0,24}", line in 0_u32..4, column in 0_u32..40) {
            let at = Lines::new(&text).offset(&text, place(line, column));
            prop_assert!(text.is_char_boundary(at));
        }
    }
}
