//! Verbs on reviews.

pub(crate) mod confirm;
pub(crate) mod read;
pub(crate) mod remind;
