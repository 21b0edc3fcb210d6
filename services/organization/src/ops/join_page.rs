//! Join pages.

pub(crate) mod update;
