//! Verbs on trainings.

pub(crate) mod create;
