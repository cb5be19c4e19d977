//! Weights in files: ours, and those of the original code.

mod file;
pub mod names;

pub use file::{Contents, FileError, load, save};
