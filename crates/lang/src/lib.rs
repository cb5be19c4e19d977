//! The creamc language.
