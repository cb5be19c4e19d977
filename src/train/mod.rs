//! What every training has in common: where tensors live, how the learning rate
//! falls, what is measured, one epoch's loop. `search` and `retrain` build on it.

pub mod checkpoints;
mod device;
pub mod epoch;
mod error;
mod exact;
pub mod loss;
pub mod meter;
mod options;
pub mod prepare;
mod recipe;
mod record;
mod schedule;
pub mod sgd;

pub use device::{DeviceChoice, DeviceError};
pub use error::{Error, Findings, Show};
pub use exact::Exact;
pub use options::{ResumeOptions, RunOptions};
pub use recipe::Recipe;
pub use record::{ArchRecord, EpochRecord};
pub use schedule::{Schedule, Shape};
