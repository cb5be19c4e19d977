//! HTML and SVG as values: text enters escaped, and what is opened is closed.

use std::fmt::{Display, Write};

/// A piece of a page. All text in it is escaped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Html(String);

impl Html {
    /// Nothing.
    pub fn new() -> Html {
        Html::default()
    }

    /// Text, escaped.
    pub fn text(text: impl Display) -> Html {
        Html(escaped(&text.to_string()))
    }

    /// What we wrote ourselves: style, script.
    pub fn ours(text: &'static str) -> Html {
        Html(text.to_owned())
    }

    /// Puts `more` behind it.
    pub fn push(&mut self, more: impl Into<Html>) {
        self.0 += &more.into().0;
    }

    /// This and `more` behind it.
    pub fn and(mut self, more: impl Into<Html>) -> Html {
        self.push(more);
        self
    }

    /// The markup.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<H: Into<Html>> FromIterator<H> for Html {
    fn from_iter<I: IntoIterator<Item = H>>(parts: I) -> Html {
        parts.into_iter().fold(Html::new(), Html::and)
    }
}

impl<H: Into<Html>> From<Option<H>> for Html {
    fn from(part: Option<H>) -> Html {
        part.map_or_else(Html::new, Into::into)
    }
}

/// An element that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    name: &'static str,
    attributes: String,
    children: Html,
}

/// An empty element.
pub fn tag(name: &'static str) -> Tag {
    Tag {
        name,
        attributes: String::new(),
        children: Html::new(),
    }
}

impl Tag {
    /// Adds an attribute.
    pub fn with(mut self, name: &'static str, value: impl Display) -> Tag {
        let value = escaped(&value.to_string());
        let _ = write!(self.attributes, " {name}=\"{value}\"");
        self
    }

    /// Adds a coordinate or a length, in units of the drawing.
    pub fn at(self, name: &'static str, value: f64) -> Tag {
        let written = coordinate(value);
        self.with(name, written)
    }

    /// Adds its class.
    pub fn class(self, name: &str) -> Tag {
        self.with("class", name)
    }

    /// Adds text.
    pub fn text(self, text: impl Display) -> Tag {
        self.add(Html::text(text))
    }

    /// Adds what stands inside.
    pub fn add(mut self, more: impl Into<Html>) -> Tag {
        self.children.push(more);
        self
    }
}

impl From<Tag> for Html {
    fn from(tag: Tag) -> Html {
        let Tag {
            name,
            attributes,
            children: Html(inside),
        } = tag;
        Html(format!("<{name}{attributes}>{inside}</{name}>"))
    }
}

/// A coordinate, to a hundredth.
///
/// # Panics
/// It is no number: scales map finite values to finite places.
pub fn coordinate(value: f64) -> String {
    assert!(value.is_finite(), "a drawing's coordinates are numbers");
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            // No control letter may stand in a page, escaped or not.
            letter if letter.is_control() && letter != '\n' => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let html: Html = tag("p")
            .with("title", "a\"<b>")
            .text("1 < 2 & 'x'\0")
            .into();
        assert_eq!(
            html.into_string(),
            "<p title=\"a&quot;&lt;b&gt;\">1 &lt; 2 &amp; &#39;x&#39;\u{fffd}</p>"
        );
    }

    #[test]
    fn coordinates_are_short_and_have_no_negative_zero() {
        assert_eq!(coordinate(1.5), "1.5");
        assert_eq!(coordinate(-0.001), "0");
        assert_eq!(coordinate(100.0), "100");
        assert_eq!(coordinate(0.126), "0.13");
    }
}
