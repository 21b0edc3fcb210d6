//! Whoever an organization has invited or employs.

pub(crate) mod adopt;
pub(crate) mod employ;
