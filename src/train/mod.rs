//! What every training has in common: where tensors live, how the learning rate
//! falls, what is measured, one epoch's loop. `search` and `retrain` build on it.

pub mod average;
pub mod broken;
pub mod checkpoints;
mod choose;
mod clock;
pub mod course;
mod device;
pub mod epoch;
mod error;
mod exact;
pub mod loss;
pub mod meter;
mod moves;
pub mod optimiser;
mod options;
pub mod prepare;
mod recipe;
mod record;
mod same_file;
mod same_images;
mod schedule;
pub mod sgd;
mod slots;
pub mod state;

pub use choose::{Chosen, NetworkOptions};
pub use clock::Clock;
pub use device::{DeviceChoice, DeviceError};
pub use error::{Error, Findings, Show};
pub use exact::Exact;
pub use options::{ResumeOptions, RunOptions};
pub use recipe::Recipe;
pub use record::{ArchRecord, EpochRecord};
pub use same_file::same_file;
pub use same_images::{PartImages, compare as compare_images};
pub use schedule::{Noise, Per, Schedule, Shape};
