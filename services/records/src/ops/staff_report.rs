//! The report on the staff of an organization.

pub(crate) mod read;
