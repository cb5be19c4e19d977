//! The search: a supernet trained on one path a step, a board of the best, and
//! the best of those as the result.

pub mod meta;
mod options;
pub mod teacher;

pub use options::SearchOptions;
