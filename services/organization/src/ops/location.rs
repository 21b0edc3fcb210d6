//! Verbs on locations.

pub(crate) mod create;
pub(crate) mod switch;
pub(crate) mod update;
