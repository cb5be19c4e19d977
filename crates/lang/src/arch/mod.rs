//! Architectures: a path with a name, its text and its index form.

use crate::ir::Path;

/// A named path, valid for the plan it was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arch {
    /// Its name.
    pub name: String,
    /// The resolution it pins, in pixels: the space's where that is fixed; `None` leaves a
    /// `fit` resolution to the plan.
    pub resolution: Option<u32>,
    /// The path.
    pub path: Path,
}
