//! What is done about learners.

pub(crate) mod know;
pub(crate) mod learn;
pub(crate) mod place;
pub(crate) mod settle_strays;
