//! How well a supernet's ranking predicts how good paths are when each is trained alone.
//!
//! In go paths of a space and the run folder of a search; out comes Kendall's τ between what the
//! supernet says (the judge's loss) and the truth, with three numbers to read it by: its
//! standard error, the ceiling, which is the τ between two trainings of the same paths with
//! different seeds, and the τ of flops alone.
//!
//! **The truth** of a path is its top-1 on the test part after a normal retraining, on all training
//! images as `creamc retrain` has it. The judge part is among those images; that is no leak,
//! because it is only ever *judged* on by the supernet, which never trained on it, and the test
//! part is seen by neither.
//!
//! Of several processes each judges its share of the paths and makes whole trainings of its own, so that what
//! they find is what one process finds, bit by bit, and none waits for another before the end.
//!
//! Promises: whatever is done is in `rank.jsonl` (of rank N: `rank.N.jsonl`) at once; a killed ranking loses the trainings
//! under way and nothing else. Equal seeds give equal results.

mod contenders;
mod deal;
mod entry;
mod options;
mod record;
mod run;
mod statistics;
mod supernet;
mod truth;

pub use options::{COUNT, New, RankOptions, Task};
pub use record::{Agreement, Best, Ranking, Row};
pub use run::{Ranked, run, run_until};
pub use statistics::{ceiling, place, standard_error, tau};
