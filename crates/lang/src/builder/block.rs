//! What may stand in one place: operators with their attributes, joined by `or`.

use std::fmt;

use super::value::{Setting, name};

/// One operator, or the name of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    name: String,
    arguments: Vec<String>,
}

/// Alternatives joined by `or`; one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block(Vec<Alternative>);

/// The operator or block called `operator`, without attributes.
pub fn op(operator: &str) -> Alternative {
    Alternative {
        name: name(operator),
        arguments: Vec::new(),
    }
}

impl Alternative {
    /// Binds an attribute.
    pub fn with(mut self, attribute: &str, setting: impl Into<Setting>) -> Alternative {
        let (attribute, setting) = (name(attribute), setting.into());
        self.arguments.push(format!("{attribute} {setting}"));
        self
    }

    /// Adds a branch of a `sum`.
    pub fn branch(mut self, branch: impl Into<Block>) -> Alternative {
        self.arguments.push(branch.into().to_string());
        self
    }

    /// This one or another.
    pub fn or(self, other: impl Into<Block>) -> Block {
        Block::from(self).or(other)
    }
}

impl Block {
    /// Another alternative.
    pub fn or(mut self, other: impl Into<Block>) -> Block {
        self.0.extend(other.into().0);
        self
    }
}

impl From<Alternative> for Block {
    fn from(only: Alternative) -> Block {
        Block(vec![only])
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.arguments.is_empty() {
            true => f.write_str(&self.name),
            false => write!(f, "{}({})", self.name, self.arguments.join(", ")),
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let alternatives: Vec<String> = self.0.iter().map(Alternative::to_string).collect();
        f.write_str(&alternatives.join(" or "))
    }
}
