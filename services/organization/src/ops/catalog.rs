//! Verbs on the organization's own catalog.

pub(crate) mod add_training;
pub(crate) mod switch;
