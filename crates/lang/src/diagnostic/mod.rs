//! What the compiler tells its user: a code, a headline, labelled places, facts and one cure.

mod code;
mod json;
mod nearest;
mod render;

pub use code::Code;
pub use json::json;
pub use nearest::{nearest, nearest_number};
pub use render::{Renderer, render};

use crate::source::Span;

/// Whether compiling can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text means something, probably not what was wanted.
    Warning,
    /// The text cannot be compiled.
    Error,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule speaks.
    pub code: Code,
    /// Error or warning; follows from the code.
    pub severity: Severity,
    /// What is wrong; names in backticks, no full stop.
    pub message: String,
    /// The places, the first one primary.
    pub labels: Vec<Label>,
    /// Facts without a place.
    pub notes: Vec<String>,
    /// One change that would cure it.
    pub help: Option<Help>,
}

/// What a piece of text *is*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What it is; may be empty.
    pub message: String,
}

/// A cure in words and as edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// One sentence.
    pub message: String,
    /// The same change as data; may be empty where the user must choose.
    pub edits: Vec<Edit>,
    /// How sure it is that these edits are what the user wants.
    pub certainty: Certainty,
}

/// How sure an edit is to be what the user wants. A tool makes the sure ones by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// The text can mean only this.
    Sure,
    /// Probably meant; another cure is possible.
    Guess,
    /// Shows the form of a cure; what is right only the user knows.
    Example,
}

impl Certainty {
    /// In one word: `sure`, `guess`, `example`.
    pub fn as_str(self) -> &'static str {
        match self {
            Certainty::Sure => "sure",
            Certainty::Guess => "guess",
            Certainty::Example => "example",
        }
    }
}

/// Replace the text under `span` by `replacement`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub replacement: String,
}

impl Diagnostic {
    /// A message of `code` about the text under `span`; `label` says what that text is.
    pub fn new(
        code: Code,
        message: impl Into<String>,
        span: Span,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: vec![Label {
                span,
                message: label.into(),
            }],
            notes: Vec::new(),
            help: None,
        }
    }

    /// Adds another place.
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Adds a fact without a place.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    /// Sets the cure, in words only.
    pub fn help(self, message: impl Into<String>) -> Diagnostic {
        self.cure(message.into(), Vec::new(), Certainty::Example)
    }

    /// Sets the cure with the edit that surely makes it: the text can mean only this.
    pub fn fix(
        self,
        message: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Diagnostic {
        let edits = vec![Edit::new(span, replacement)];
        self.cure(message.into(), edits, Certainty::Sure)
    }

    /// Sets the cure with the edit that probably makes it: "did you mean".
    pub fn guess(
        self,
        message: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Diagnostic {
        let edits = vec![Edit::new(span, replacement)];
        self.cure(message.into(), edits, Certainty::Guess)
    }

    /// Sets the cure with an edit that shows its form: "for example".
    pub fn example(
        self,
        message: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
    ) -> Diagnostic {
        let edits = vec![Edit::new(span, replacement)];
        self.cure(message.into(), edits, Certainty::Example)
    }

    /// Sets the cure as a whole.
    pub fn cure(mut self, message: String, edits: Vec<Edit>, certainty: Certainty) -> Diagnostic {
        self.help = Some(Help {
            message,
            edits,
            certainty,
        });
        self
    }
}

impl Edit {
    /// `replacement` in the place of the text under `span`.
    pub fn new(span: Span, replacement: impl Into<String>) -> Edit {
        Edit {
            span,
            replacement: replacement.into(),
        }
    }
}
