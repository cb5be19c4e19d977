//! One bar an epoch.

use super::frame::{Frame, SMALL, rectangle};
use super::scale::{Scale, Unit};
use crate::report::html::{Html, Tag};
use crate::report::number;

/// Draws values over epochs as bars from 0; `None` without any.
pub fn draw(points: &[(f64, f64)], y_name: &str, says: &str) -> Option<Tag> {
    let (first, last) = (points.first()?.0, points.last()?.0);
    let x = Scale::tight([first - 0.5, last + 0.5].into_iter(), Unit::Whole, 6);
    let y = Scale::new(
        points.iter().map(|point| point.1.max(0.0)).chain([0.0]),
        Unit::Plain,
        4,
    );
    let frame = Frame::new(SMALL, x, y);
    let bottom = frame.y.at(0.0);
    let bar = |&(epoch, value): &(f64, f64)| {
        let (left, right) = (frame.x.at(epoch - 0.4), frame.x.at(epoch + 0.4));
        let top = frame.y.at(value);
        rectangle((left, top), right - left, bottom - top)
            .class("bar")
            .with(
                "data-tip",
                format!("epoch {epoch}\n{}", number::duration(value)),
            )
    };
    let bars: Html = points.iter().map(bar).collect();
    Some(frame.drawing(says, ("epoch", y_name)).add(bars))
}
