//! Verbs on assignments.

pub(crate) mod assign;
pub(crate) mod by_hand;
pub(crate) mod cancel;
pub(crate) mod move_progress;
pub(crate) mod report_progress;
pub(crate) mod require;
pub(crate) mod take;
