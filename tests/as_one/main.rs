//! Processes with a piece of a batch each train as one with the whole batch, and notice where they do not.
//! Ranks are threads here; `tests/resume` has processes.
#![cfg(feature = "torch")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../common/mod.rs"]
mod common;
mod equal;
mod norms;
mod retraining;
mod scene;
