//! The creamc language: from `.cream` text to plans, paths, networks and exact costs.
//!
//! ```text
//! text ──parse──► Ast ──check──► Space ──lower──► Ir ──plan──► Plan ──► Path ──► Network
//! ```
//!
//! Modules in reading order; imports only go up this list. No tensors and no
//! IO: files are read through the [`source::Files`] trait.

pub mod source;

pub mod quantity;

pub mod diagnostic;

pub mod syntax;

pub mod cure;

pub mod latency;

pub mod space;

pub mod ir;

pub mod cost;

pub mod count;

pub mod plan;

pub mod compile;

pub mod arch;

pub mod checked;

pub mod builder;

pub mod timm;

pub mod diff;

pub mod ide;

pub mod board;

#[cfg(feature = "testing")]
pub mod testing;
