//! Weights in files: ours, and those of the original code.

pub mod names;
