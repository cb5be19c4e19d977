//! The creamc language inside Rust, checked when it is compiled. Used from `creamc`, which has both macros.
//!
//! Tokens become text again (`text`), the front end of the tool checks it, and each message becomes
//! an error or a warning of rustc at the tokens it speaks of. What the macros become is the text itself:
//! the program checks it once more where it is first used, which takes no time to speak of.

mod expand;
mod findings;
#[expect(clippy::disallowed_methods, reason = "reads the files a macro names")]
mod folder;
mod text;
mod tokens;

use proc_macro::TokenStream;

/// A space written in Rust: a `&'static Checked`, made when it is first used.
///
/// Inside stands what stands in a `.cream` file: one space and, where wanted, names before it and
/// archs behind it. Comments are those of Rust, and the line `cream 1` may be left out. Files
/// named by `use` are looked for beside the Rust file.
///
/// Every message of `creamc check` is an error or a warning of the compiler, at the words it speaks of.
#[proc_macro]
pub fn space(input: TokenStream) -> TokenStream {
    expand::space(input)
}

/// The space of a `.cream` file: a `&'static Checked`, made when it is first used.
///
/// The path is relative to the Rust file. Cargo builds anew when the file changes, or one that it uses.
/// Every message of `creamc check` is an error or a warning of the compiler, at the path.
#[proc_macro]
pub fn include_space(input: TokenStream) -> TokenStream {
    expand::include_space(input)
}
