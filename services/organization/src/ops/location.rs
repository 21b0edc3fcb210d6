//! Verbs on locations.

pub(crate) mod create;
pub(crate) mod update;
