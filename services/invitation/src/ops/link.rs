//! What the holder of a link does with it.

pub(crate) mod accept;
pub(crate) mod decline;
pub(crate) mod lookup;
mod open;
pub(crate) mod undo_decline;
