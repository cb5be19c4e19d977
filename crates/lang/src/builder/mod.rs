//! Spaces built by a program instead of written: the same language, check and messages.
//!
//! In: items, one call each. Out: the [`Checked`] space of the text that they make. Messages show that
//! text, and name the line of Rust behind each line of it.
//!
//! ```
//! use creamc_lang::builder::{SpaceBuilder, layer, op, searched, stage};
//!
//! let mb = op("ir").with("kernel", searched([3, 5])).with("expand", searched([2, 4]));
//! let small = SpaceBuilder::new("small")
//!     .image(1, 28)
//!     .classes(10)
//!     .block("mb", mb)
//!     .row(layer("stem", op("conv").with("kernel", 3)).channels(8).stride(2))
//!     .row(stage("s1", op("mb")).channels(16).stride(2).depth(searched(1..=3)))
//!     .row(layer("pool", op("avgpool")))
//!     .row(layer("logits", op("linear")).channels("classes"))
//!     .require("flops", 0..=800_000)
//!     .check()?;
//! assert_eq!(small.ir.rows[1].slots.len(), 3);
//! # Ok::<(), creamc_lang::checked::Rejected>(())
//! ```

mod block;
mod row;
mod value;

pub use block::{Alternative, Block, op};
pub use row::{Bound, Row, at_least, at_most, equal_to, layer, stage};
pub use value::{Domain, Operand, Setting, Value, fitted, number, searched};

use std::collections::BTreeMap;
use std::panic::Location;
use std::path::Path;

use crate::checked::{Checked, Origins, Rejected};
use crate::compile::{self, Overrides};
use crate::source::{FileId, Files, ReadError, Source};
use crate::syntax::{self, ast};
use value::name;

/// A space as far as it is built: its items in order, and the lines of Rust that added them.
///
/// A name that is no name of the language is printed in quotes, where the check finds it.
#[derive(Debug, Clone)]
pub struct SpaceBuilder {
    name: String,
    /// The file, in quotes, and the name of the space that it is derived from.
    base: Option<(String, String)>,
    /// Where it was begun.
    place: &'static Location<'static>,
    items: Vec<Item>,
}

#[derive(Debug, Clone)]
struct Item {
    group: Group,
    text: String,
    place: &'static Location<'static>,
}

/// Items of one group stand together; a blank line comes between groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Ports,
    Names,
    Rows,
    Bounds,
}

impl SpaceBuilder {
    /// A space without items.
    #[track_caller]
    pub fn new(name: &str) -> SpaceBuilder {
        SpaceBuilder {
            name: value::name(name),
            base: None,
            place: Location::caller(),
            items: Vec::new(),
        }
    }

    /// `use "FILE"` and `space NAME of BASE`: the space `base` of a file, to be narrowed line by line.
    /// [`SpaceBuilder::check_with`] reads the file.
    #[track_caller]
    pub fn derived(name: &str, base: &str, file: &str) -> SpaceBuilder {
        SpaceBuilder {
            base: Some((value::quoted(file), value::name(base))),
            ..SpaceBuilder::new(name)
        }
    }

    /// `TARGET = VALUE`, `TARGET in DOMAIN` or `TARGET fit DOMAIN` of a derived space: what is left of `resolution`, a choice,
    /// `STAGE.depth`, `ROW.channels` or `ROW.ATTRIBUTE`.
    #[track_caller]
    pub fn narrow(self, target: &str, setting: impl Into<Setting>) -> SpaceBuilder {
        let text = format!("{} {}", value::dotted(target), setting.into());
        self.item(Group::Rows, text)
    }

    /// `ROW = BLOCK, BLOCK, …` of a derived space: the row is fixed whole, as in an architecture.
    #[track_caller]
    pub fn pin(self, row: &str, blocks: impl IntoIterator<Item = Alternative>) -> SpaceBuilder {
        let blocks: Vec<String> = blocks.into_iter().map(|one| one.to_string()).collect();
        let text = format!("{} = {}", name(row), blocks.join(", "));
        self.item(Group::Rows, text)
    }

    /// `input image(channels …, resolution …)`.
    #[track_caller]
    pub fn image(
        self,
        channels: impl Into<Setting>,
        resolution: impl Into<Setting>,
    ) -> SpaceBuilder {
        let (channels, resolution) = (channels.into(), resolution.into());
        let text = format!("input image(channels {channels}, resolution {resolution})");
        self.item(Group::Ports, text)
    }

    /// `output classes(N)`.
    #[track_caller]
    pub fn classes(self, classes: impl Into<Value>) -> SpaceBuilder {
        let text = format!("output classes({})", classes.into());
        self.item(Group::Ports, text)
    }

    /// `default ATTRIBUTE = VALUE`.
    #[track_caller]
    pub fn default(self, attribute: &str, value: impl Into<Value>) -> SpaceBuilder {
        let text = format!("default {} = {}", name(attribute), value.into());
        self.item(Group::Names, text)
    }

    /// `let NAME = VALUE`.
    #[track_caller]
    pub fn let_value(self, given: &str, value: impl Into<Value>) -> SpaceBuilder {
        let text = format!("let {} = {}", name(given), value.into());
        self.item(Group::Names, text)
    }

    /// `let NAME = {…}` or `let NAME = LOW..HIGH`.
    #[track_caller]
    pub fn let_domain(self, given: &str, domain: impl Into<Domain>) -> SpaceBuilder {
        let text = format!("let {} = {}", name(given), domain.into());
        self.item(Group::Names, text)
    }

    /// `choice NAME in DOMAIN`.
    #[track_caller]
    pub fn choice(self, given: &str, domain: impl Into<Domain>) -> SpaceBuilder {
        let text = format!("choice {} in {}", name(given), domain.into());
        self.item(Group::Names, text)
    }

    /// `table NAME = latency("PATH")`; [`SpaceBuilder::check_with`] reads the file.
    #[track_caller]
    pub fn table(self, given: &str, path: &str) -> SpaceBuilder {
        let text = format!("table {} = latency({})", name(given), value::quoted(path));
        self.item(Group::Names, text)
    }

    /// `block NAME = …`.
    #[track_caller]
    pub fn block(self, given: &str, block: impl Into<Block>) -> SpaceBuilder {
        let text = format!("block {} = {}", name(given), block.into());
        self.item(Group::Names, text)
    }

    /// `block NAME(PARAM, …) { ROW … }`: parameters and rows as they are written in a file.
    #[track_caller]
    pub fn block_of_rows(self, given: &str, params: &[&str], rows: &[&str]) -> SpaceBuilder {
        let params = match params.is_empty() {
            true => String::new(),
            false => format!("({})", params.join(", ")),
        };
        let rows: String = rows.iter().map(|row| format!("    {row}\n")).collect();
        let text = format!("block {}{params} {{\n{rows}}}", name(given));
        self.item(Group::Names, text)
    }

    /// A [`layer`] or a [`stage`].
    #[track_caller]
    pub fn row(self, row: Row) -> SpaceBuilder {
        self.item(Group::Rows, row.to_string())
    }

    /// `fit NAME, NAME, …`: stages in the order they are deepened.
    #[track_caller]
    pub fn fit(self, stages: &[&str]) -> SpaceBuilder {
        let names: Vec<String> = stages.iter().map(|stage| name(stage)).collect();
        self.item(Group::Bounds, format!("fit {}", names.join(", ")))
    }

    /// `require SUBJECT …`: of a metric, of `STAGE.depth` or of `ROW.channels`.
    #[track_caller]
    pub fn require(self, subject: &str, bound: impl Into<Bound>) -> SpaceBuilder {
        let text = format!("require {} {}", value::dotted(subject), bound.into());
        self.item(Group::Bounds, text)
    }

    #[track_caller]
    fn item(mut self, group: Group, text: String) -> SpaceBuilder {
        let place = Location::caller();
        self.items.push(Item { group, text, place });
        self
    }

    /// The space as a whole file, formatted.
    pub fn print(&self) -> String {
        self.printed().0
    }

    /// The text as it is printed, and the places behind its lines.
    fn printed(&self) -> (String, Origins) {
        let (text, origins) = self.lines();
        self.formatted(&text).unwrap_or((text, origins))
    }

    /// The same text, formatted; `None` where it cannot be read, or where rows end their block and add to the space.
    fn formatted(&self, text: &str) -> Option<(String, Origins)> {
        let (tree, faults) = syntax::parse(FileId(0), text);
        if !faults.is_empty() {
            return None;
        }
        let text = syntax::format(text, &tree);
        let (tree, _) = syntax::parse(FileId(0), &text);
        let [ast::FileItem::Space(space)] = tree.items.as_slice() else {
            return None;
        };
        if space.items.len() != self.items.len() {
            return None;
        }
        let source = Source::new("", text.as_str());
        let line = |offset: u32| source.position(offset as usize).line;
        // The formatter parts and joins the rows of blocks.
        let mut places = BTreeMap::new();
        for end in [space.span.start, space.span.end - 1] {
            places.insert(line(end), self.place.to_string());
        }
        for (written, item) in space.items.iter().zip(&self.items) {
            let span = written.span();
            let lines = line(span.start)..=line(span.end - 1);
            places.extend(lines.map(|line| (line, item.place.to_string())));
        }
        Some((text, Origins(places)))
    }

    /// The lines up to `space NAME {`.
    fn head(&self) -> Vec<String> {
        let mut lines = vec!["cream 1".to_owned()];
        let mut of = String::new();
        if let Some((file, base)) = &self.base {
            lines.push(format!("use {file}"));
            of = format!(" of {base}");
        }
        lines.extend([String::new(), format!("space {}{of} {{", self.name)]);
        lines
    }

    /// One line an item, but for blocks of rows, and the place behind each line; the braces of the space belong to
    /// where it was begun.
    fn lines(&self) -> (String, Origins) {
        let mut lines = self.head();
        let mut places = BTreeMap::from([(lines.len(), self.place.to_string())]);
        let mut before: Option<Group> = None;
        for item in &self.items {
            if before.is_some_and(|group| group != item.group) {
                lines.push(String::new());
            }
            before = Some(item.group);
            for line in item.text.lines() {
                lines.push(format!("    {line}"));
                places.insert(lines.len(), item.place.to_string());
            }
        }
        lines.push("}\n".to_owned());
        places.insert(lines.len(), self.place.to_string());
        (lines.join("\n"), Origins(places))
    }

    /// Checks the text that the items make. Its messages name the lines of Rust behind their places.
    ///
    /// # Errors
    /// The messages, when one of them is an error.
    pub fn check(&self) -> Result<Checked, Rejected> {
        self.check_with(&NoFiles)
    }

    /// As [`SpaceBuilder::check`], with the files of tables.
    ///
    /// # Errors
    /// The messages, when one of them is an error.
    pub fn check_with(&self, files: &dyn Files) -> Result<Checked, Rejected> {
        let title = format!("{} (built)", self.name);
        let (text, origins) = self.printed();
        let built = Built {
            title: &title,
            text,
            files,
        };
        let unit = compile::load(&built, Path::new(&title), &Overrides::default())
            .expect("a built text can be read");
        Checked::with_origins(unit, origins)
    }
}

/// The text of a builder beside files.
struct Built<'a> {
    title: &'a str,
    text: String,
    files: &'a dyn Files,
}

impl Files for Built<'_> {
    fn read(&self, path: &Path) -> Result<String, ReadError> {
        match path == Path::new(self.title) {
            true => Ok(self.text.clone()),
            false => self.files.read(path),
        }
    }
}

/// None but the text that is built.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path) -> Result<String, ReadError> {
        let why = "a built space reads files with `check_with` only";
        Err(ReadError(why.to_owned()))
    }
}
