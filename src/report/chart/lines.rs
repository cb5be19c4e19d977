//! Values over epochs.

use super::frame::{Frame, SMALL, Size, line, rectangle};
use super::scale::{Scale, Unit};
use crate::report::html::{Html, Tag};
use crate::report::number;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// What the chart is about.
    First,
    /// What it is compared with.
    Second,
    /// One of many.
    Faint,
    /// One of many, of less weight.
    Ghost,
}

impl Look {
    /// Its class in the style.
    pub fn class(self) -> &'static str {
        match self {
            Look::First => "first",
            Look::Second => "second",
            Look::Faint => "faint",
            Look::Ghost => "ghost",
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Named lines stand in the legend and in the details of an epoch.
    pub name: Option<String>,
    pub look: Look,
    /// Points further apart in epochs are not joined: what was measured left, and came back.
    pub gap: f64,
    /// Pairs of epoch and value, in order.
    pub points: Vec<(f64, f64)>,
}

impl Series {
    /// A line with a name.
    pub fn named(name: impl Into<String>, look: Look, points: Vec<(f64, f64)>) -> Series {
        Series {
            name: Some(name.into()),
            look,
            gap: f64::INFINITY,
            points,
        }
    }

    /// A line among others.
    pub fn quiet(look: Look, points: Vec<(f64, f64)>) -> Series {
        Series {
            name: None,
            look,
            gap: f64::INFINITY,
            points,
        }
    }
}

/// A chart of lines over epochs.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines<'a> {
    pub size: Size,
    /// What stands at the vertical axis, with its unit.
    pub y_name: &'a str,
    pub series: Vec<Series>,
    /// Epochs with a word.
    pub marks: Vec<(f64, String)>,
    /// Whether the vertical axis begins at 0.
    pub from_zero: bool,
    /// Details of epochs, beside the values of named lines.
    pub details: Vec<(f64, String)>,
}

impl<'a> Lines<'a> {
    /// A small chart.
    pub fn new(y_name: &'a str, series: Vec<Series>) -> Lines<'a> {
        Lines {
            size: SMALL,
            y_name,
            series,
            marks: Vec::new(),
            from_zero: false,
            details: Vec::new(),
        }
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> + Clone {
        self.series
            .iter()
            .flat_map(|one| one.points.iter().copied())
    }

    /// The drawing; `None` where no line has a point.
    pub fn draw(&self, says: &str) -> Option<Tag> {
        self.points().next()?;
        let width = self.size.width;
        let x_ticks = if width > SMALL.width { 12 } else { 6 };
        let x = Scale::tight(self.points().map(|(x, _)| x), Unit::Whole, x_ticks);
        let zero = self.from_zero.then_some(0.0);
        let y = Scale::new(self.points().map(|(_, y)| y).chain(zero), Unit::Plain, 5);
        let frame = Frame::new(self.size, x, y);
        let drawing = frame.drawing(says, ("epoch", self.y_name));
        // Curves fall or rise away from the top.
        let height = frame.y.end() + 5.0;
        let marks = self.marks.iter();
        let marks = marks.map(|(x, word)| frame.mark(*x, word, height));
        let drawing = drawing.add(marks.collect::<Html>());
        let lines = self.series.iter().map(|one| one.draw(&frame));
        let drawing = drawing.add(lines.collect::<Html>());
        Some(drawing.add(self.bands(&frame)))
    }

    /// One band an epoch, which holds its details for the pointer.
    fn bands(&self, frame: &Frame) -> Html {
        let mut epochs: Vec<f64> = self.points().map(|(x, _)| x).collect();
        epochs.sort_by(f64::total_cmp);
        epochs.dedup();
        let (start, end) = (frame.x.start(), frame.x.end());
        let half = 0.5 * (end - start) / epochs.len().saturating_sub(1).max(1) as f64;
        let band = |&epoch: &f64| {
            let (x, top) = (frame.x.at(epoch), frame.y.end());
            let (left, right) = ((x - half).max(start), (x + half).min(end));
            rectangle((left, top), right - left, frame.y.start() - top)
                .class("band")
                .with("data-tip", self.details_of(epoch))
        };
        epochs.iter().map(band).collect()
    }

    fn details_of(&self, epoch: f64) -> String {
        let value = |one: &Series| {
            let point = one.points.iter().find(|point| point.0 == epoch)?;
            Some(format!("{} {}", one.name.as_ref()?, number::short(point.1)))
        };
        let mut lines = vec![format!("epoch {epoch}")];
        lines.extend(self.series.iter().filter_map(value));
        let more = self.details.iter().filter(|one| one.0 == epoch);
        lines.extend(more.map(|one| one.1.clone()));
        lines.join("\n")
    }

    /// The named lines; `None` without any.
    pub fn legend(&self) -> Option<Tag> {
        let named: Vec<(&str, &str)> = self
            .series
            .iter()
            .filter_map(|one| Some((one.look.class(), one.name.as_deref()?)))
            .collect();
        (!named.is_empty()).then(|| super::legend(&named))
    }
}

impl Series {
    fn draw(&self, frame: &Frame) -> Html {
        let place = |&(x, y): &(f64, f64)| (frame.x.at(x), frame.y.at(y));
        let class = format!("line {}", self.look.class());
        let pieces = self.points.chunk_by(|one, next| next.0 - one.0 <= self.gap);
        let drawn = pieces.map(|piece| {
            let places: Vec<_> = piece.iter().map(place).collect();
            line(&places).class(&class)
        });
        drawn.collect()
    }
}
