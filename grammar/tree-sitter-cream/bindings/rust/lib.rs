//! The language of creamc for tree-sitter.
//!
//! What is committed is the parser that `tree-sitter generate` made of `grammar.js`; the tests hold
//! it equal to the compiler's own parser.

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_cream() -> *const ();
}

/// The language; a `tree_sitter::Language` can be made of it.
// SAFETY: `src/parser.c` defines the function with this name and type.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_cream) };

/// What highlights a file, by the capture names that editors share.
pub const HIGHLIGHTS: &str = include_str!("../../queries/highlights.scm");
