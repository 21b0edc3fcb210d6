//! Verbs on learning records.

pub(crate) mod read;
