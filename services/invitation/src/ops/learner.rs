//! Whoever an organization has invited or employs.

pub(crate) mod employ;
