//! Verbs on grants.

pub(crate) mod claimed;
pub(crate) mod create;
mod live;
pub(crate) mod request;
pub(crate) mod revoke;
