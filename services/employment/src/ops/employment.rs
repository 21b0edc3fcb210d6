//! Verbs on employments.

pub(crate) mod employ;
pub(crate) mod employ_director;
pub(crate) mod employ_invitee;
pub(crate) mod end;
pub(crate) mod verify;
