//! Cost against worth.

use super::frame::{Frame, WIDE, dot, line, words};
use super::scale::{Scale, Unit};
use crate::report::html::{Html, Tag};
use crate::report::statistics::front;

/// How a point looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dot {
    /// One of those that can be compared with each other; they make the front.
    Full,
    /// One of another time.
    Hollow,
    /// The one that was picked.
    Picked,
    /// One that others have published.
    Published,
}

impl Dot {
    fn class(self) -> &'static str {
        match self {
            Dot::Full => "full",
            Dot::Hollow => "hollow",
            Dot::Picked => "picked",
            Dot::Published => "published",
        }
    }

    fn radius(self) -> f64 {
        match self {
            Dot::Picked => 6.0,
            Dot::Full | Dot::Published => 4.0,
            Dot::Hollow => 3.0,
        }
    }
}

/// One point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub cost: f64,
    pub worth: f64,
    pub dot: Dot,
    /// A word beside it; may be empty.
    pub word: String,
    /// Details for the pointer.
    pub details: String,
}

/// A chart of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter<'a> {
    pub x_name: &'a str,
    pub y_name: &'a str,
    pub points: Vec<Point>,
    /// Costs with a word.
    pub marks: Vec<(f64, String)>,
}

impl Scatter<'_> {
    /// The drawing; `None` without points.
    pub fn draw(&self, says: &str) -> Option<Tag> {
        if self.points.is_empty() {
            return None;
        }
        let costs = self.points.iter().map(|point| point.cost);
        let marked = self.marks.iter().map(|mark| mark.0);
        let x = Scale::new(costs.chain(marked), Unit::Count, 8);
        let y = Scale::new(self.points.iter().map(|one| one.worth), Unit::Plain, 6);
        let frame = Frame::new(WIDE, x, y);
        let drawing = frame.drawing(says, (self.x_name, self.y_name));
        // What is dear is mostly good: there is room at the bottom.
        let height = frame.y.start() - 8.0;
        let marks = self.marks.iter();
        let marks = marks.map(|(x, word)| frame.mark(*x, word, height));
        let drawing = drawing.add(marks.collect::<Html>());
        let drawing = drawing.add(self.front(&frame));
        Some(drawing.add(self.dots(&frame)))
    }

    /// A line through the points that no other beats.
    fn front(&self, frame: &Frame) -> Option<Tag> {
        let is_compared = |dot: Dot| dot != Dot::Hollow;
        let compared = self.points.iter().filter(|point| is_compared(point.dot));
        let pairs: Vec<(f64, f64)> = compared.map(|one| (one.cost, one.worth)).collect();
        let places: Vec<(f64, f64)> = front(&pairs)
            .into_iter()
            .map(|at| (frame.x.at(pairs[at].0), frame.y.at(pairs[at].1)))
            .collect();
        (places.len() > 1).then(|| line(&places).class("line front"))
    }

    fn dots(&self, frame: &Frame) -> Html {
        let mut sorted: Vec<&Point> = self.points.iter().collect();
        // The picked one on top of the others, the hollow ones below.
        sorted.sort_by_key(|point| match point.dot {
            Dot::Hollow => 0,
            Dot::Full | Dot::Published => 1,
            Dot::Picked => 2,
        });
        sorted.iter().map(|point| point.draw(frame)).collect()
    }
}

impl Point {
    fn draw(&self, frame: &Frame) -> Html {
        let (x, y) = (frame.x.at(self.cost), frame.y.at(self.worth));
        let drawn = dot((x, y), self.dot.radius())
            .class(&format!("dot {}", self.dot.class()))
            .with("data-tip", &self.details);
        let is_right = x > (frame.x.start() + frame.x.end()) / 2.0;
        let (shift, anchor) = if is_right {
            (-10.0, "end")
        } else {
            (10.0, "start")
        };
        let word = (!self.word.is_empty()).then(|| {
            words(x + shift, y - 8.0, &self.word)
                .class("dot-word")
                .with("text-anchor", anchor)
        });
        Html::from(drawn).and(word)
    }
}
