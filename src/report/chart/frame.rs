//! What every chart with two axes shares: room, grid, ticks, the names of the axes.

use super::scale::Scale;
use crate::report::html::{Html, Tag, coordinate, tag};

/// The size of a drawing, in units that are about pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

/// One of several beside each other.
pub const SMALL: Size = Size {
    width: 380.0,
    height: 230.0,
};
/// One alone.
pub const WIDE: Size = Size {
    width: 1000.0,
    height: 340.0,
};

/// The room for ticks and names around the plot.
const TOP: f64 = 26.0;
const BOTTOM: f64 = 38.0;
const RIGHT: f64 = 20.0;
/// About the width of a digit.
pub const DIGIT: f64 = 6.4;

/// Two axes laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    pub size: Size,
    pub x: Scale,
    pub y: Scale,
}

impl Frame {
    /// Lays both axes over the drawing.
    pub fn new(size: Size, x: Scale, y: Scale) -> Frame {
        let longest = y.ticks().iter().map(|(_, word)| word.chars().count()).max();
        let left = 14.0 + DIGIT * longest.unwrap_or(0) as f64;
        Frame {
            size,
            x: x.over(left, size.width - RIGHT),
            y: y.over(size.height - BOTTOM, TOP),
        }
    }

    /// The drawing with its axes; `says` is read to those who cannot see it.
    pub fn drawing(&self, says: &str, (x_name, y_name): (&str, &str)) -> Tag {
        drawing(self.size, says)
            .add(self.horizontal())
            .add(self.vertical())
            .add(
                words(2.0, 13.0, y_name)
                    .class("axis-name")
                    .with("text-anchor", "start"),
            )
            .add(
                words(self.x.end(), self.size.height - 5.0, x_name)
                    .class("axis-name")
                    .with("text-anchor", "end"),
            )
    }

    /// Grid lines with the numbers at their left.
    fn horizontal(&self) -> Html {
        let ticks = self.y.ticks();
        let line = |(value, word): &(f64, String)| {
            let y = self.y.at(*value);
            let grid = segment((self.x.start(), y), (self.x.end(), y)).class("grid");
            let number = words(self.x.start() - 6.0, y + 4.0, word)
                .class("tick")
                .with("text-anchor", "end");
            Html::from(grid).and(number)
        };
        ticks.iter().map(line).collect()
    }

    fn vertical(&self) -> Html {
        let bottom = self.y.start();
        let base = segment((self.x.start(), bottom), (self.x.end(), bottom)).class("base");
        let ticks = self.x.ticks();
        let mark = |(value, word): &(f64, String)| {
            let x = self.x.at(*value);
            let tick = segment((x, bottom), (x, bottom + 4.0)).class("base");
            let number = words(x, bottom + 17.0, word)
                .class("tick")
                .with("text-anchor", "middle");
            Html::from(tick).and(number)
        };
        Html::from(base).and(ticks.iter().map(mark).collect::<Html>())
    }

    /// A vertical line at `x` with a word at the height `y` of the drawing.
    pub fn mark(&self, x: f64, word: &str, y: f64) -> Html {
        let place = self.x.at(x);
        let line = segment((place, self.y.end() - 4.0), (place, self.y.start())).class("mark");
        let is_right = place > (self.x.start() + self.x.end()) / 2.0;
        let (shift, anchor) = if is_right {
            (-4.0, "end")
        } else {
            (4.0, "start")
        };
        let word = words(place + shift, y, word)
            .class("mark-word")
            .with("text-anchor", anchor);
        Html::from(line).and(word)
    }
}

/// An empty drawing.
pub fn drawing(size: Size, says: &str) -> Tag {
    let Size { width, height } = size;
    tag("svg")
        .with("viewBox", format!("0 0 {width} {height}"))
        .with("role", "img")
        .with("aria-label", says)
        .class(if width > SMALL.width { "wide" } else { "small" })
}

/// A straight line.
pub fn segment(from: (f64, f64), to: (f64, f64)) -> Tag {
    tag("line")
        .at("x1", from.0)
        .at("y1", from.1)
        .at("x2", to.0)
        .at("y2", to.1)
}

/// Words at a place.
pub fn words(x: f64, y: f64, text: &str) -> Tag {
    tag("text").at("x", x).at("y", y).text(text)
}

/// A rectangle.
pub fn rectangle((x, y): (f64, f64), width: f64, height: f64) -> Tag {
    tag("rect")
        .at("x", x)
        .at("y", y)
        .at("width", width.max(0.0))
        .at("height", height.max(0.0))
}

/// A dot.
pub fn dot((x, y): (f64, f64), radius: f64) -> Tag {
    tag("circle").at("cx", x).at("cy", y).at("r", radius)
}

/// A line through all points; a dot where there is only one.
pub fn line(points: &[(f64, f64)]) -> Tag {
    if let [only] = points {
        return dot(*only, 2.5);
    }
    let place = |&(x, y): &(f64, f64)| format!("{},{}", coordinate(x), coordinate(y));
    let places: Vec<String> = points.iter().map(place).collect();
    tag("polyline").with("points", places.join(" "))
}
