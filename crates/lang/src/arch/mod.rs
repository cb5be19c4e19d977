//! Architectures: a path with a name, its text and its index form.
//!
//! In: an `arch` item of the syntax tree, or the original's lists of indices, and
//! the lowered space. Out: an [`Arch`], and the way back. An arch is valid for a
//! space whatever it costs: a bound it does not meet is a warning.

mod bounds;
mod choices;
mod pin;
mod read;
mod report;
mod select;
mod write;

pub use bounds::outside_bounds;
pub use choices::{
    ChoicesError, FromChoices, choices_text, from_choices, has_index_form, parse_choices,
};
pub use pin::pin;
pub use read::read;
pub use write::{write, write_file, write_files};

use crate::ir::Path;
use crate::plan::Plan;

/// A named path, valid for the space it was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arch {
    /// Its name.
    pub name: String,
    /// The resolution it pins, in pixels: the space's where that is fixed, the path's where that is
    /// searched; `None` leaves a `fit` resolution to the plan.
    pub resolution: Option<u32>,
    /// The path.
    pub path: Path,
}

impl Arch {
    /// A path of a plan under a name, with its resolution pinned.
    pub fn of_plan(name: impl Into<String>, path: Path, plan: &Plan) -> Arch {
        Arch {
            name: name.into(),
            resolution: Some(plan.side(&path)),
            path,
        }
    }

    /// Blocks of every row.
    pub fn depths(&self) -> Vec<u32> {
        let rows = self.path.rows.iter();
        rows.map(|blocks| u32::try_from(blocks.len()).expect("a row has at most 1,000 blocks"))
            .collect()
    }
}
