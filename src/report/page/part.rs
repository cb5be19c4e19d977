//! Pieces that several sections are made of.

use std::fmt::Display;

use crate::report::html::{Html, Tag, tag};

/// A section with its heading.
pub fn section(id: &'static str, title: &str) -> Tag {
    tag("section").with("id", id).add(tag("h2").text(title))
}

/// A paragraph.
pub fn paragraph(text: impl Display) -> Tag {
    tag("p").text(text)
}

/// Command lines; no line ends between the two hyphens of an option.
pub fn commands(text: &str) -> Tag {
    let mut words = text.split(' ');
    let first = tag("pre").text(words.next().unwrap_or_default());
    words.fold(first, |pre, word| match word.starts_with("--") {
        // The space stays outside: a line may end there.
        true => pre.text(" ").add(tag("span").text(word)),
        false => pre.text(format!(" {word}")),
    })
}

/// A paragraph of less weight: what is missing, and what to know beside.
pub fn aside(text: impl Display) -> Tag {
    tag("p").class("soft").text(text)
}

/// Names with values.
pub fn facts(pairs: &[(&str, String)]) -> Tag {
    let pairs = pairs.iter().map(|(name, value)| {
        tag("div")
            .add(tag("dt").text(name))
            .add(tag("dd").text(value))
    });
    tag("dl").class("facts").add(pairs.collect::<Html>())
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Words, at the left.
    Words(&'static str),
    /// Long words, which may break.
    Long(&'static str),
    /// Paths and code.
    Code(&'static str),
    /// Numbers, at the right.
    Number(&'static str),
}

impl Column {
    fn head(self) -> Tag {
        match self {
            Column::Number(name) => tag("th").class("number").text(name),
            Column::Words(name) | Column::Long(name) | Column::Code(name) => tag("th").text(name),
        }
    }

    fn cell(self, text: &str) -> Tag {
        match self {
            Column::Words(_) => tag("td").text(text),
            Column::Long(_) => tag("td").class("wrap").text(text),
            Column::Code(_) => tag("td").add(tag("code").text(text)),
            Column::Number(_) => tag("td").class("number").text(text),
        }
    }
}

/// A row of a table, with the class of its style.
pub type Row = (&'static str, Vec<String>);

/// A table that scrolls where the page is narrow.
pub fn table(columns: &[Column], rows: &[Row]) -> Tag {
    let heads: Html = columns.iter().map(|column| column.head()).collect();
    let rows = rows.iter().map(|(class, cells)| {
        let cells = columns.iter().zip(cells);
        let cells: Html = cells.map(|(column, text)| column.cell(text)).collect();
        tag("tr").class(class).add(cells)
    });
    let table = tag("table")
        .add(tag("thead").add(tag("tr").add(heads)))
        .add(tag("tbody").add(rows.collect::<Html>()));
    tag("div").class("scroll").add(table)
}

/// What opens on a click.
pub fn details(summary: &str, inside: impl Into<Html>) -> Tag {
    tag("details").add(tag("summary").text(summary)).add(inside)
}
