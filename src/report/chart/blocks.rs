//! A network block by block, each as wide as its share of the cost.

use super::frame::{DIGIT, Size, drawing, rectangle, segment, words};
use crate::report::html::{Html, Tag};

/// What a block is drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tint {
    /// A side of the kernel.
    Kernel(u32),
    /// It has no kernel.
    None,
}

impl Tint {
    /// Its class in the style.
    pub fn class(self) -> &'static str {
        match self {
            Tint::Kernel(1) => "k1",
            Tint::Kernel(3) => "k3",
            Tint::Kernel(5) => "k5",
            Tint::Kernel(7) => "k7",
            Tint::Kernel(_) => "kx",
            Tint::None => "k0",
        }
    }
}

/// One block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its row.
    pub row: String,
    pub tint: Tint,
    /// What stands in it where there is room.
    pub word: String,
    pub cost: u64,
    /// Details for the pointer.
    pub details: String,
}

const WIDTH: f64 = 1000.0;
const LEAST: f64 = 13.0;
const TOP: f64 = 4.0;
const HEIGHT: f64 = 54.0;
const LEVEL: f64 = 15.0;
/// Where the brackets of the rows are.
const BASE: f64 = TOP + HEIGHT + 5.0;
/// Levels of row names below each other.
const LEVELS: usize = 4;

/// Draws the blocks of a network from input to output; `None` without any.
pub fn draw(blocks: &[Block], says: &str) -> Option<Tag> {
    let total: f64 = blocks.iter().map(|block| block.cost as f64).sum();
    let least = LEAST.min(WIDTH / blocks.len().max(1) as f64);
    let free = WIDTH - least * blocks.len() as f64;
    let mut drawn = Html::new();
    let mut left = 0.0;
    let mut rows: Vec<(&str, f64, f64)> = Vec::new();
    for block in blocks {
        let share = if total > 0.0 {
            block.cost as f64 / total
        } else {
            0.0
        };
        let width = least + free * share;
        drawn.push(block.draw(left, width));
        match rows.last_mut() {
            Some((row, _, end)) if *row == block.row => *end = left + width,
            _ => rows.push((&block.row, left, left + width)),
        }
        left += width;
    }
    let (names, levels) = names(&rows);
    let size = Size {
        width: WIDTH,
        height: TOP + HEIGHT + 10.0 + LEVEL * levels as f64,
    };
    (!blocks.is_empty()).then(|| drawing(size, says).add(drawn).add(names))
}

impl Block {
    fn draw(&self, left: f64, width: f64) -> Html {
        let class = self.tint.class();
        let body = rectangle((left + 0.75, TOP), width - 1.5, HEIGHT)
            .class(&format!("block {class}"))
            .with("rx", 2)
            .with("data-tip", &self.details);
        let fits = DIGIT * self.word.chars().count() as f64 + 2.0 <= width;
        let word = fits.then(|| {
            words(left + width / 2.0, TOP + HEIGHT / 2.0 + 4.0, &self.word)
                .class(&format!("block-word {class}"))
                .with("text-anchor", "middle")
        });
        Html::from(body).and(word)
    }
}

/// The names of rows under brackets, each on the first level where it has room; and the levels.
fn names(rows: &[(&str, f64, f64)]) -> (Html, usize) {
    let mut taken = [f64::NEG_INFINITY; LEVELS];
    let mut names = Html::new();
    for &(row, left, right) in rows {
        let half = DIGIT * row.chars().count() as f64 / 2.0;
        let middle = (left + right) / 2.0;
        let at = middle.max(half).min(WIDTH - half);
        let free = taken.iter().position(|end| at - half > end + 4.0);
        let level = free.unwrap_or(LEVELS - 1);
        taken[level] = at + half;
        let bottom = BASE + LEVEL * level as f64;
        names.push(segment((left + 1.5, BASE), (right - 1.5, BASE)).class("base"));
        names.push(segment((middle, BASE), (middle, bottom + 3.0)).class("base"));
        names.push(
            words(at, bottom + 14.0, row)
                .class("tick")
                .with("text-anchor", "middle"),
        );
    }
    let used = taken.iter().filter(|end| end.is_finite()).count();
    (names, used)
}
