//! Retraining: one architecture trained alone, from new weights, and tested once.

mod options;

pub use options::RetrainOptions;
