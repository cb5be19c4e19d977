//! creamc: neural-architecture search spaces as text, compiled, costed and searched.
//!
//! The language itself is the crate [`lang`]; here are tensors, data, search,
//! retraining and the command line. Modules that touch tensors sit behind the
//! feature `torch`.

pub use creamc_lang as lang;
pub use creamc_macros::{include_space, space};

#[cfg(feature = "testing")]
pub use creamc_lang::{assert_flops, testing};

#[expect(clippy::disallowed_methods, reason = "writes results")]
pub mod cli;
#[expect(clippy::disallowed_methods, reason = "reads settings files")]
pub mod config;
#[expect(clippy::disallowed_methods, reason = "reads images")]
pub mod data;
#[expect(
    clippy::disallowed_methods,
    reason = "reads `.cream` files, replaces any"
)]
pub mod disk;
#[expect(clippy::disallowed_methods, reason = "reads run folders")]
pub mod report;
#[expect(clippy::disallowed_methods, reason = "keeps the run folder")]
pub mod run;

#[cfg(feature = "torch")]
pub mod nn;

#[cfg(feature = "torch")]
pub mod supernet;

#[cfg(feature = "torch")]
pub mod childnet;

#[cfg(feature = "torch")]
pub mod latency;

#[cfg(feature = "torch")]
#[expect(clippy::disallowed_methods, reason = "reads and writes weights")]
pub mod checkpoint;

#[cfg(feature = "torch")]
pub mod ranks;

#[cfg(feature = "torch")]
pub mod train;

#[cfg(feature = "torch")]
pub mod search;

#[cfg(feature = "torch")]
pub mod retrain;

#[cfg(feature = "torch")]
pub mod rank;

#[cfg(feature = "torch")]
pub mod tensors;
