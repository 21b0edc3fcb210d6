//! Asking to join by an organization's page.

pub(crate) mod ask;
pub(crate) mod mail;
pub(crate) mod purge;
pub(crate) mod verify;
