//! The search: a supernet trained on one path a step, a board of the best, and
//! the best of those as the result.

mod options;

pub use options::SearchOptions;
