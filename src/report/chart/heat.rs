//! Counts as shades: one strip a row, its cells in groups.

use super::frame::{Size, WIDE, drawing, rectangle, words};
use crate::report::html::{Html, Tag};
use crate::report::number;

/// One count.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub count: u64,
    /// What was counted, for the pointer.
    pub details: String,
}

/// The counts of one row of the space.
#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    pub name: String,
    /// Groups of counts that can be compared with each other.
    pub groups: Vec<Vec<Cell>>,
    /// What stands at the end of the strip.
    pub word: String,
}

const NAME_WIDTH: f64 = 70.0;
const WORD_WIDTH: f64 = 90.0;
const GAP: f64 = 7.0;
const HEIGHT: f64 = 20.0;
const STRIDE: f64 = 28.0;
const HEAD: f64 = 22.0;
/// A cell is never wider.
const WIDEST: f64 = 26.0;

/// Draws strips below each other; `None` without any. `heads` names the groups, the first and
/// the others, and the word at the end.
pub fn draw(strips: &[Strip], heads: [&str; 3], says: &str) -> Option<Tag> {
    let widest = strips
        .iter()
        .map(Strip::cells)
        .max()
        .filter(|&cells| cells > 0)?;
    let gaps = strips.iter().map(|strip| strip.groups.len()).max()?;
    let room = WIDE.width - NAME_WIDTH - WORD_WIDTH - GAP * gaps as f64;
    let cell = (room / widest as f64).min(WIDEST);
    let size = Size {
        width: WIDE.width,
        height: HEAD + STRIDE * strips.len() as f64,
    };
    let most = strips.iter().map(Strip::first_group).max().unwrap_or(0);
    let behind_first = NAME_WIDTH + cell * most as f64 + GAP;
    let layout = Layout { cell, behind_first };
    let end = strips
        .iter()
        .map(|strip| layout.end(strip))
        .fold(0.0, f64::max);
    let [first, others, last] = heads;
    let head = |x: f64, text: &str| words(x, 13.0, text).class("axis-name");
    let mut drawing = drawing(size, says)
        .add(head(NAME_WIDTH, first))
        .add(head(behind_first, others))
        .add(head(end + GAP, last));
    for (at, strip) in strips.iter().enumerate() {
        let top = HEAD + STRIDE * at as f64;
        let middle = top + HEIGHT / 2.0 + 4.0;
        drawing = drawing
            .add(words(0.0, middle, &strip.name).class("strip-name"))
            .add(strip.draw(&layout, top))
            .add(words(end + GAP, middle, &strip.word).class("tick"));
    }
    Some(drawing)
}

struct Layout {
    cell: f64,
    /// Where the second group begins, in all strips.
    behind_first: f64,
}

impl Layout {
    fn start(&self, strip: &Strip, group: usize) -> f64 {
        if group == 0 {
            return NAME_WIDTH;
        }
        let before: usize = strip.groups[1..group].iter().map(Vec::len).sum();
        self.behind_first + before as f64 * self.cell + (group - 1) as f64 * GAP
    }

    fn end(&self, strip: &Strip) -> f64 {
        self.start(strip, strip.groups.len().max(1))
    }
}

impl Strip {
    fn cells(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    fn first_group(&self) -> usize {
        self.groups.first().map_or(0, Vec::len)
    }

    fn draw(&self, layout: &Layout, top: f64) -> Html {
        let groups = self.groups.iter().enumerate();
        let drawn = groups.map(|(at, cells)| {
            let start = layout.start(self, at);
            // The first group counts another thing than the others.
            let peers = if at == 0 {
                &self.groups[..1]
            } else {
                &self.groups[1..]
            };
            let most = peers.iter().flatten().map(|cell| cell.count).max();
            let cells = cells.iter().enumerate().map(|(at, cell)| {
                cell.draw((start + layout.cell * at as f64, top), layout.cell, most)
            });
            cells.collect::<Html>()
        });
        drawn.collect()
    }
}

impl Cell {
    fn draw(&self, place: (f64, f64), width: f64, most: Option<u64>) -> Html {
        let share = self.count as f64 / most.unwrap_or(0).max(1) as f64;
        let shade = rectangle(place, width - 1.0, HEIGHT)
            .class(if self.count == 0 {
                "cell never"
            } else {
                "cell"
            })
            .with("fill-opacity", format!("{:.2}", 0.06 + 0.94 * share))
            .with(
                "data-tip",
                format!(
                    "{}\n{}",
                    self.details,
                    number::plural(self.count as usize, "visit")
                ),
            );
        Html::from(shade)
    }
}
