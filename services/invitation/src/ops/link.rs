//! What the invitee does: by a link, or in their own account.

pub(crate) mod accept;
pub(crate) mod decline;
pub(crate) mod list;
pub(crate) mod lookup;
pub(crate) mod open;
pub(crate) mod undo_decline;
