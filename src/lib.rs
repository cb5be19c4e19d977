//! creamc: neural-architecture search spaces as text, compiled, costed and searched.

pub use creamc_lang as lang;
