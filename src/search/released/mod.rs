//! The search as the authors' released code runs it, `SUPERNET.VARIANT: released`, to compare with.
//!
//! What is kept as it was, mistakes included, and what is not, docs/paper.md says row by row.

mod depths;
mod meta;
mod step;
mod teacher;

pub use depths::{fixed_depths, with_depths};
pub use meta::update as update_meta;
pub use step::{step, updates_meta};
pub use teacher::{Choice, choose};
