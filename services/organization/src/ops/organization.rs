//! Verbs on profiles.

pub(crate) mod approve;
pub(crate) mod claim;
pub(crate) mod close;
pub(crate) mod create;
pub(crate) mod decide;
mod license;
pub(crate) mod renew;
pub(crate) mod set_license_status;
pub(crate) mod submit;
pub(crate) mod update;
