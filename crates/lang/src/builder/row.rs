//! Layers, stages and bounds.

use std::fmt;
use std::ops::RangeInclusive;

use super::block::Block;
use super::value::{Domain, Operand, Setting, Value, name};

/// A layer or a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    word: &'static str,
    name: String,
    first: Block,
    then: Option<Block>,
    attributes: Vec<String>,
}

/// `layer NAME …`: one block.
pub fn layer(name: &str, block: impl Into<Block>) -> Row {
    Row::new("layer", name, block.into())
}

/// `stage NAME …`: as many blocks as its depth.
pub fn stage(name: &str, block: impl Into<Block>) -> Row {
    Row::new("stage", name, block.into())
}

impl Row {
    fn new(word: &'static str, given: &str, first: Block) -> Row {
        Row {
            word,
            name: name(given),
            first,
            then: None,
            attributes: Vec::new(),
        }
    }

    /// What all later blocks are.
    pub fn then(mut self, later: impl Into<Block>) -> Row {
        self.then = Some(later.into());
        self
    }

    /// The width of what comes out.
    pub fn channels(self, setting: impl Into<Setting>) -> Row {
        self.with("channels", setting)
    }

    /// The stride of the first block.
    pub fn stride(self, setting: impl Into<Setting>) -> Row {
        self.with("stride", setting)
    }

    /// The number of blocks.
    pub fn depth(self, setting: impl Into<Setting>) -> Row {
        self.with("depth", setting)
    }

    /// Binds an attribute by its name.
    pub fn with(mut self, attribute: &str, setting: impl Into<Setting>) -> Row {
        let (attribute, setting) = (name(attribute), setting.into());
        self.attributes.push(format!("{attribute} {setting}"));
        self
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.word, self.name, self.first)?;
        if let Some(then) = &self.then {
            write!(f, " then {then}")?;
        }
        self.attributes
            .iter()
            .try_for_each(|attribute| write!(f, " {attribute}"))
    }
}

/// What must hold of a metric or a depth: a range, or a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound(String);

/// `<=`
pub fn at_most(right: impl Into<Operand>) -> Bound {
    Bound(format!("<= {}", right.into()))
}

/// `>=`
pub fn at_least(right: impl Into<Operand>) -> Bound {
    Bound(format!(">= {}", right.into()))
}

/// `==`
pub fn equal_to(right: impl Into<Operand>) -> Bound {
    Bound(format!("== {}", right.into()))
}

impl<T: Into<Value>> From<RangeInclusive<T>> for Bound {
    fn from(range: RangeInclusive<T>) -> Bound {
        Bound(format!("in {}", Domain::from(range)))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
