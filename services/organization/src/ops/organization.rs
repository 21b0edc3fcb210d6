//! Verbs on profiles.

pub(crate) mod approve;
pub(crate) mod create;
mod license;
pub(crate) mod submit;
pub(crate) mod update;
