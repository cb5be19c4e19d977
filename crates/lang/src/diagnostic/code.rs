//! The names of all messages.

use super::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $severity:ident $name:literal,)+) => {
        /// Which rule a message speaks for; printed as a word code, explained on its own page.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of this list.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The word code, as printed: `unknown-attribute`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// Whether it stops the compilation.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)+ }
            }

            /// The page `docs/diagnostics/<code>.md`.
            pub fn page(self) -> &'static str {
                match self {
                    $(Code::$variant => include_str!(concat!("../../../../docs/diagnostics/", $name, ".md")),)+
                }
            }
        }
    };
}

codes! {
    // Syntax.
    /// Something else stands where a word, a mark or a value must.
    Syntax Error "syntax",
    /// The file does not begin with `cream 1`.
    MissingVersion Error "missing-version",
    /// The file is written in a version this compiler does not know.
    UnknownVersion Error "unknown-version",
    /// A character that begins no token.
    StrayCharacter Error "stray-character",
    /// A string without its second quote.
    UnclosedString Error "unclosed-string",
    /// A brace or parenthesis without its partner.
    UnclosedBracket Error "unclosed-bracket",
    /// A closing brace or parenthesis where nothing is open.
    UnopenedBracket Error "unopened-bracket",
    /// A number written wrongly.
    MalformedNumber Error "malformed-number",
    /// A number too long to be held exactly.
    NumberTooLarge Error "number-too-large",
    /// A word of the language taken for a name.
    ReservedWord Error "reserved-word",
    /// A word that begins no item.
    UnknownItem Error "unknown-item",
    /// An item where its kind cannot stand.
    MisplacedItem Error "misplaced-item",
    /// `=` or `in` is missing, or the one stands for the other.
    BindingWord Error "binding-word",
    /// More than one space in a file.
    SecondSpace Error "second-space",
    /// Groups nested too deep.
    NestedTooDeep Error "nested-too-deep",
}
