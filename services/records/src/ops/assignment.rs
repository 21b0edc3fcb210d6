//! Verbs on assignments.

pub(crate) mod assign;
pub(crate) mod report_progress;
