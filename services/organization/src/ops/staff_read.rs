//! Verbs on looks of registry staff.

pub(crate) mod log;
