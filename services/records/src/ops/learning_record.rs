//! Verbs on learning records.

pub(crate) mod export;
pub(crate) mod read;
