//! Retraining: one architecture trained alone, from new weights, and tested once.

mod learner;
mod options;
mod run;
mod test;

pub use options::RetrainOptions;
pub use run::{Retrained, run};
pub use test::Tested;
