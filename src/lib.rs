//! creamc: neural-architecture search spaces as text, compiled, costed and searched.
//!
//! The language itself is the crate [`lang`]; here are tensors, data, search,
//! retraining and the command line. Modules that touch tensors sit behind the
//! feature `torch`.

pub use creamc_lang as lang;

pub mod cli;
pub mod config;
pub mod data;
pub mod disk;
pub mod run;

#[cfg(feature = "torch")]
pub mod nn;

#[cfg(feature = "torch")]
pub mod supernet;

#[cfg(feature = "torch")]
pub mod childnet;

#[cfg(feature = "torch")]
pub mod checkpoint;

#[cfg(feature = "torch")]
pub mod train;

#[cfg(feature = "torch")]
pub mod search;

#[cfg(feature = "torch")]
pub mod retrain;

#[cfg(feature = "torch")]
pub mod tensors;
