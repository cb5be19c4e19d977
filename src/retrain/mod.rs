//! Retraining: one architecture trained alone, from new weights, and tested. And testing one
//! that has its weights already.

mod inherit;
mod learner;
mod options;
mod run;
mod scale;
mod test;
mod tester;

pub use learner::clip;
pub use options::RetrainOptions;
pub use run::{Retrained, run};
pub use test::{ClassTested, Confusion, Outcome, Tested};
pub use tester::{TestOptions, TestResult, run as run_test};
