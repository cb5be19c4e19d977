//! The search: a supernet trained on one path a step, a board of the best, and
//! the best of those as the result.
//!
//! In go a space, settings and images; out comes an architecture, `best.cream` in
//! the run folder. Paper: sections 3.2 and 3.3; docs/paper.md says where the
//! released code differs.

mod archs;
mod bench;
mod disk_use;
mod draws;
mod dry_run;
mod ending;
pub mod equal;
mod evolution;
mod judge;
pub mod meta;
mod options;
mod pick;
pub mod recipe;
mod records;
pub mod released;
mod resume;
mod run;
mod run_time;
pub mod sandwich;
mod state;
pub mod step;
pub mod teacher;
mod text;
mod training;
mod trie;
mod under_way;
mod visits;

pub use disk_use::DiskUse;
pub use draws::{Draws, NotFollowed};
pub use dry_run::{DryRun, Judging, Memory, StepTimes, dry_run};
pub use judge::{Judge, Judged};
pub use options::SearchOptions;
pub use pick::judge_shared;
pub use records::{Found, SearchRecord};
pub use resume::{resume, resume_until};
pub use run::{run, run_until};
pub use run_time::RunTime;
pub use trie::Trie;
pub use visits::{RowVisits, Visits};
