//! Join pages.

pub(crate) mod remove_logo;
pub(crate) mod set_logo;
pub(crate) mod update;
