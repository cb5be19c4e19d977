//! Weights in files: ours, and those of the original code.

mod file;
pub mod names;
pub mod pth;
mod shown;
mod store;
mod weights;

pub(crate) use shown::shown;

pub use file::{Contents, FileError, TOO_LARGE, file_size, load, save};
pub use store::{Newest, Store, Stored};
pub use weights::{AVERAGED, Misfit, Weights};
