//! Where a setting stands in the text.
//!
//! serde_yaml gives values without places, so the place of a key is looked up in the
//! text: by indentation in block form, by braces in flow form. The text is known to
//! be YAML when this runs; where it is written too strangely to follow, the place of
//! the group around the key is given.

use std::ops::Range;

/// The line and column (from 1, in characters) of the key `path`.
pub(super) fn locate(text: &str, path: &[&str]) -> (usize, usize) {
    let mut area = 0..text.len();
    let mut found = None;
    for name in path {
        let Some(key) = find(text, area, name) else {
            break;
        };
        area = value_of(text, &key);
        found = Some(key.start);
    }
    found.map_or((1, 1), |offset| line_and_column(text, offset))
}

/// A key of the mapping that fills `area`: the name's range in the text.
fn find(text: &str, area: Range<usize>, name: &str) -> Option<Range<usize>> {
    let inside = &text[area.clone()];
    if inside.trim_start().starts_with('{') {
        return find_flow(text, area, name);
    }
    let indent = lines(text, area.clone())
        .map(|line| indent_of(&text[line]))
        .next()?;
    lines(text, area)
        .filter(|line| indent_of(&text[line.clone()]) == indent)
        .find_map(|line| key_at(text, line.start + indent, name))
}

/// The lines of `area` that hold something besides a comment.
fn lines(text: &str, area: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = area.start;
    text[area]
        .split_inclusive('\n')
        .map(move |line| {
            let range = start..start + line.len();
            start = range.end;
            range
        })
        .filter(|line| {
            let line = text[line.clone()].trim();
            !(line.is_empty() || line.starts_with('#') || line == "---")
        })
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// `name`, perhaps quoted, and a colon, exactly at `start`.
fn key_at(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let quoted = text[start..].starts_with(['"', '\'']);
    let start = start + usize::from(quoted);
    let rest = text[start..].strip_prefix(name)?;
    let rest = if quoted {
        rest.strip_prefix(['"', '\''])?
    } else {
        rest
    };
    rest.trim_start_matches(' ')
        .starts_with(':')
        .then(|| start..start + name.len())
}

fn find_flow(text: &str, area: Range<usize>, name: &str) -> Option<Range<usize>> {
    let mut depth = 0;
    for (at, character) in text[area.clone()].char_indices() {
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 1 && matches!(character, '{' | ',') {
            let next = area.start + at + 1;
            let blank = text[next..].len() - text[next..].trim_start().len();
            if let Some(key) = key_at(text, next + blank, name) {
                return Some(key);
            }
        }
    }
    None
}

/// The text that belongs to a key: in flow form from the brace on, in block form the
/// lines below that are indented more.
fn value_of(text: &str, key: &Range<usize>) -> Range<usize> {
    let line_start = text[..key.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[key.end..]
        .find('\n')
        .map_or(text.len(), |at| key.end + at + 1);
    if let Some(brace) = text[key.end..line_end].find('{') {
        return key.end + brace..text.len();
    }
    let indent = indent_of(&text[line_start..]);
    let end = lines(text, line_end..text.len())
        .find(|line| indent_of(&text[line.clone()]) <= indent)
        .map_or(text.len(), |line| line.start);
    line_end..end
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::locate;

    const TEXT: &str = "\
# LR: 5
LR: 0.1
OPTIMIZER:
  # a comment
  LR: 3

  NAME: 'sgd'
NET: {GP: avg, EMA: {USE: True, DECAY: 0.9}}
SUPERNET:
    DEEP:
        LR: 1
    \"POOL\": 4
LAST : 5
";

    #[test]
    fn keys_are_found_by_their_group_and_not_in_comments() {
        assert_eq!(locate(TEXT, &["LR"]), (2, 1));
        assert_eq!(locate(TEXT, &["OPTIMIZER", "LR"]), (5, 3));
        assert_eq!(locate(TEXT, &["OPTIMIZER", "NAME"]), (7, 3));
        assert_eq!(locate(TEXT, &["SUPERNET", "DEEP", "LR"]), (11, 9));
        assert_eq!(locate(TEXT, &["SUPERNET", "POOL"]), (12, 6));
        assert_eq!(locate(TEXT, &["LAST"]), (13, 1));
    }

    #[test]
    fn keys_in_braces_are_found() {
        assert_eq!(locate(TEXT, &["NET", "GP"]), (8, 7));
        assert_eq!(locate(TEXT, &["NET", "EMA"]), (8, 16));
        assert_eq!(locate(TEXT, &["NET", "EMA", "DECAY"]), (8, 33));
    }

    #[test]
    fn a_key_that_cannot_be_followed_gets_the_place_of_its_group() {
        assert_eq!(locate(TEXT, &["OPTIMIZER", "EPS"]), (3, 1));
        assert_eq!(locate(TEXT, &["NOWHERE"]), (1, 1));
        assert_eq!(locate("", &["X"]), (1, 1));
    }
}
