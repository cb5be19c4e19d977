//! Retraining: one architecture trained alone, from new weights, and tested. And testing one
//! that has its weights already, or asking it what it sees.

mod inherit;
mod learner;
mod options;
mod predictor;
mod records;
mod resume;
mod run;
mod scale;
mod state;
mod test;
mod tester;
mod trained;
mod under_way;

pub use learner::{Learner, clip};
pub use options::RetrainOptions;
pub use predictor::{Input, Likely, PredictOptions, Predicted, Prediction, run as run_predict};
pub use records::{Retrained, broken_text, without_pytorch_text};
pub use resume::{resume, resume_until};
pub use run::{run, run_until};
pub use test::{ClassTested, Confusion, Outcome, Tested};
pub use tester::{TestOptions, TestResult, run as run_test};
pub use trained::TrainedOptions;
