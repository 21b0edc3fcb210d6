//! What people do about where they want no further invitation.

pub(crate) mod lift;
pub(crate) mod list;
