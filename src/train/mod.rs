//! What every training has in common: where tensors live, how the learning rate
//! falls, what is measured, one epoch's loop. `search` and `retrain` build on it.

mod device;
pub mod epoch;
mod error;
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
pub use options::RunOptions;
pub use recipe::Recipe;
pub use record::{ArchRecord, EpochRecord};
pub use schedule::{Schedule, Shape};
