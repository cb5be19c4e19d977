//! For tests of programs that use creamc: random spaces and paths, costs that must hold, tables for
//! snapshots. Behind the feature `testing`.
//!
//! ```
//! use creamc_lang::testing::{any_path, any_space};
//! use proptest::prelude::*;
//!
//! let few = ProptestConfig::with_cases(8);
//! proptest!(few.clone(), |(space in any_space())| {
//!     let plan = space.plan().expect("every space has a path inside its bounds");
//!     proptest!(few.clone(), |(path in any_path(&plan))| {
//!         prop_assert!(plan.cost(&path).macs <= plan.cost(&path).flops);
//!     });
//! });
//! ```

mod cost;
mod small;
mod strategies;
mod table;

pub use cost::{Expected, assert_cost};
pub use small::{changed_space, small_space};
pub use strategies::{any_path, any_space};
pub use table::table;
