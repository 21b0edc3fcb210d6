//! The history.

pub(crate) mod seal;
pub(crate) mod verify;
