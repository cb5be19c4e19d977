//! Charts as SVG: in go numbers with names, out come drawings whose every coordinate is a number.

mod bars;
mod blocks;
mod frame;
mod heat;
mod histogram;
mod lines;
mod scale;
mod scatter;

use super::html::{Html, Tag, tag};

pub use bars::draw as bars;
pub use blocks::{Block, Tint, draw as blocks};
pub use frame::WIDE;
pub use heat::{Cell, Strip, draw as heat};
pub use histogram::{Stretch, draw as histogram};
pub use lines::{Lines, Look, Series};
pub use scatter::{Dot, Point, Scatter};

/// A chart with its title above and what to conclude from it below.
pub fn figure(title: &str, legend: Option<Tag>, drawing: impl Into<Html>, caption: &str) -> Tag {
    tag("figure")
        .add(tag("h3").text(title))
        .add(legend)
        .add(tag("div").class("plot").add(drawing))
        .add(tag("figcaption").text(caption))
}

/// Names beside pieces of what they name, each with its class in the style.
pub fn legend(named: &[(&str, &str)]) -> Tag {
    let entries = named
        .iter()
        .map(|(class, name)| tag("span").add(tag("i").class(class)).text(name));
    tag("p").class("legend").add(entries.collect::<Html>())
}
