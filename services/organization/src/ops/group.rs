//! Verbs on groups.

pub(crate) mod create;
pub(crate) mod update;
