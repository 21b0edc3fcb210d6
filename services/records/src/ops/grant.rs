//! Verbs on grants.

pub(crate) mod create;
pub(crate) mod revoke;
