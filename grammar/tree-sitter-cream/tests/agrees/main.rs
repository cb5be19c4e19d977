//! The grammars for editors against the compiler's parser and tables.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read the files of the repository"
)]

mod files;
mod generated;
mod indent;
mod textmate;
mod tree;
