//! Lines of cells, and how the cells of one run of lines line up.
//!
//! A run is a row of lines of one kind without a blank line between. Lines up only
//! what stands in one run, and the columns of rows on stops 4 apart, so that an
//! edit in one line seldom moves another.

/// Which lines line up with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// A comment on its own line: neither lines up nor ends a run.
    Comment,
    /// Lines up with nothing.
    Alone,
    /// `input` and `output`.
    Ports,
    /// `table` and `choice`.
    Tables,
    /// `let`
    Lets,
    /// `block`
    Blocks,
    /// `layer` and `stage`; cells: name, operator, `channels`, `stride`, `depth`, anything else.
    Rows,
    /// Rows of a block; cells: name, primitive, `channels`, `stride`.
    Parts,
    /// `require … in`
    Bounds,
}

/// A line still in cells.
#[derive(Debug)]
pub(super) struct Line {
    pub run: Run,
    pub indent: usize,
    pub cells: Vec<String>,
    /// Whether a blank line comes first.
    pub blank_before: bool,
    /// A comment behind it, and the column it had.
    pub tail: Option<(usize, String)>,
}

/// Blanks that part a comment from the code before it, at least.
const BEFORE_COMMENT: usize = 2;

/// Blanks that part two columns of rows, at least.
const BETWEEN_COLUMNS: usize = 2;

/// Where the stops of a row's columns lie: 4 apart, so that with usual contents four blanks follow:
/// `layer stem`, an operator, `channels = 16`, `stride = 2`, `depth in 1..6`.
const STOPS: [usize; 5] = [10 + 4, 17 + 4, 13 + 4, 10 + 4, 13 + 4];

/// The text of all lines.
pub(super) fn render(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut start = 0;
    while start < lines.len() {
        let end = run_end(lines, start);
        let widths = widths(&lines[start..end]);
        for line in &lines[start..end] {
            push_line(&mut text, line, &widths);
        }
        start = end;
    }
    text
}

/// One past the last line of the run that begins at `start`.
fn run_end(lines: &[Line], start: usize) -> usize {
    let mut run = lines[start].run;
    let mut end = start + 1;
    while end < lines.len() && !lines[end].blank_before {
        match (run, lines[end].run) {
            (_, Run::Comment) => {}
            (Run::Comment, next) => run = next,
            (run, next) if run == next && run != Run::Alone => {}
            _ => break,
        }
        end += 1;
    }
    end
}

/// The width of every column but the last.
fn widths(lines: &[Line]) -> Vec<usize> {
    let columns = lines.iter().map(|line| line.cells.len()).max().unwrap_or(0);
    (0..columns).map(|column| width(lines, column)).collect()
}

/// Wide enough for every cell that has another behind it; 0 where there is none.
fn width(lines: &[Line], column: usize) -> usize {
    lines
        .iter()
        .filter(|line| {
            line.cells
                .iter()
                .skip(column + 1)
                .any(|cell| !cell.is_empty())
        })
        .filter_map(|line| Some((line.run, length(line.cells.get(column)?))))
        .filter(|&(_, length)| length > 0)
        .map(|(run, length)| stop(run, column, length))
        .max()
        .unwrap_or(0)
}

fn stop(run: Run, column: usize, length: usize) -> usize {
    let least = length + BETWEEN_COLUMNS;
    let usual = match run {
        Run::Rows => STOPS.get(column).copied().unwrap_or(0),
        Run::Parts => 0,
        _ => return length + 1,
    };
    least + (usual % 4 + 4 - least % 4) % 4
}

fn push_line(text: &mut String, line: &Line, widths: &[usize]) {
    if line.blank_before {
        text.push('\n');
    }
    let mut row = " ".repeat(line.indent);
    for (cell, &width) in line.cells.iter().zip(widths) {
        let blanks = width.saturating_sub(length(cell));
        row.push_str(cell);
        row.extend(std::iter::repeat_n(' ', blanks));
    }
    let mut row = row.trim_end().to_owned();
    if let Some((column, comment)) = &line.tail {
        let column = (*column).max(length(&row) + BEFORE_COMMENT);
        row.extend(std::iter::repeat_n(' ', column - length(&row)));
        row.push_str(comment);
    }
    text.push_str(&row);
    text.push('\n');
}

fn length(text: &str) -> usize {
    text.chars().count()
}
