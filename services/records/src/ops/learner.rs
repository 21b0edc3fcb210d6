//! What is done about learners.

pub(crate) mod count_strays;
pub(crate) mod know;
pub(crate) mod learn;
pub(crate) mod place;
