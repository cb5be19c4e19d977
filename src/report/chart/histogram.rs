//! How often numbers lie where.

use super::frame::{Frame, SMALL, rectangle};
use super::scale::{Scale, Unit};
use crate::report::html::{Html, Tag};

/// A stretch of numbers and how many percent lie in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    pub low: f64,
    pub high: f64,
    pub percent: f64,
    /// The stretch in words.
    pub words: String,
}

/// Draws stretches beside each other as bars; `None` without any. Numbers are counts, or else plain.
pub fn draw(bins: &[Stretch], is_count: bool, x_name: &str, says: &str) -> Option<Tag> {
    let ends = bins.iter().flat_map(|bin| [bin.low, bin.high]);
    bins.first()?;
    let unit = if is_count { Unit::Count } else { Unit::Plain };
    let x = Scale::new(ends, unit, 5);
    let percents = bins.iter().map(|bin| bin.percent);
    let y = Scale::new(percents.chain([0.0]), Unit::Plain, 4);
    let frame = Frame::new(SMALL, x, y);
    let bottom = frame.y.at(0.0);
    let bar = |bin: &Stretch| {
        let (left, right) = (frame.x.at(bin.low), frame.x.at(bin.high));
        let top = frame.y.at(bin.percent);
        // A gap of half a pixel at each side; a single number is a line.
        rectangle(
            (left + 0.5, top),
            (right - left - 1.0).max(1.0),
            bottom - top,
        )
        .class("bar")
        .with("data-tip", format!("{}\n{:.1}%", bin.words, bin.percent))
    };
    let bars: Html = bins.iter().map(bar).collect();
    Some(frame.drawing(says, (x_name, "% of paths")).add(bars))
}
