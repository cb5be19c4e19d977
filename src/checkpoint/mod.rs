//! Weights in files: ours, and those of the original code.

mod file;
pub mod names;
pub mod pth;

pub use file::{Contents, FileError, load, save};
